"""How a challenger is stored: live in place of what it beat, or rejected with the reason."""

from typing import Any, TypeVar

from django.db import transaction

from kernels.learned_models import Learned

Row = TypeVar("Row", bound=Learned)
State = Learned.State


@transaction.atomic
def publish(
    kind: type[Row], *, live: Row | None, reason: str, encoder_digest: str, **fields: Any
) -> Row:
    """Stores a challenger of `live`; `reason` says why it may not go live (empty: it may).

    What went live for the same encoder while it was fitted was not compared with it: then it is
    rejected. What is live for another encoder serves nobody, and gives way.
    """
    rows = kind._default_manager
    current = rows.select_for_update().filter(state=State.LIVE).first()
    beaten = current if current and current.encoder_digest == encoder_digest else None
    if beaten != live:
        reason = reason or f"another {kind._meta.verbose_name} went live meanwhile"
    if not reason:
        rows.filter(state=State.LIVE).update(state=State.RETIRED)
    return rows.create(
        state=State.REJECTED if reason else State.LIVE,
        parent=live,
        reason=reason,
        encoder_digest=encoder_digest,
        **fields,
    )
