"""How a challenger is stored: live in place of what it beat, or rejected with the reason."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import transaction

from kernels.learned_models import Learned

Row = TypeVar("Row", bound=Learned)
State = Learned.State
Wanted = Callable[[], bool]
_wanted: ContextVar[Wanted] = ContextVar("wanted", default=lambda: True)


@contextmanager
def published_if(wanted: Wanted) -> Iterator[None]:
    """What is fitted within goes live only if it is still wanted when it is done."""
    before = _wanted.set(wanted)
    try:
        yield
    finally:
        _wanted.reset(before)


@transaction.atomic
def publish(
    kind: type[Row],
    *,
    live: Row | None,
    reason: str,
    encoder_digest: str,
    slot: Mapping[str, Any] | None = None,
    winner: str = State.LIVE,
    **fields: Any,
) -> Row:
    """Stores a challenger of `live`; `reason` says why it may not go live (empty: it may).

    What went live for the same encoder while it was fitted was not compared with it: then it is
    rejected. What is live for another encoder serves nobody, and gives way. `slot` are the fields
    of which each combination has a live one of its own; `winner` is the state of one that may go
    live, which displaces nothing unless that is "live".
    """
    rows = kind._default_manager.filter(**(slot or {}))
    current = rows.select_for_update().filter(state=State.LIVE).first()
    beaten = current if current and current.encoder_digest == encoder_digest else None
    if beaten != live:
        reason = reason or f"another {kind._meta.verbose_name} went live meanwhile"
    if not _wanted.get()():
        reason = reason or "it was cancelled meanwhile"
    state = State.REJECTED if reason else winner
    if state == State.LIVE:
        rows.filter(state=State.LIVE).update(state=State.RETIRED)
    return kind._default_manager.create(
        state=state,
        parent=live,
        reason=reason,
        encoder_digest=encoder_digest,
        **(slot or {}),
        **fields,
    )
