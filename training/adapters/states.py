"""How adapters come into service, go out of it, and come back (row OP3)."""

from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify

from training.adapters.models import Adapter, AdapterMove
from training.lora.models import LoraRun
from trajectories.errors import KernelWeaveError

State = Adapter.State
SLUG_CHARS = 80
NEXT: dict[str, tuple[str, ...]] = {
    State.CANDIDATE: (State.SHADOW, State.LIVE, State.REJECTED),
    State.SHADOW: (State.CANARY, State.LIVE, State.REJECTED),
    State.CANARY: (State.LIVE, State.REJECTED),
    State.LIVE: (State.RETIRED, State.ROLLED_BACK),
    State.RETIRED: (State.LIVE,),
    State.REJECTED: (),
    State.ROLLED_BACK: (),
}


class NotTrained(KernelWeaveError):
    """The fine-tuning is not done: it has no adapter yet."""


class MoveRefused(KernelWeaveError):
    """An adapter cannot go from where it stands to there."""


class AnotherRises(MoveRefused):
    """Another adapter of the family is in shadow or canary; one is tried at a time."""


@transaction.atomic
def register_adapter(*, run: LoraRun) -> Adapter:
    """The adapter of a finished run, a candidate at first. Doing it again finds the same row.

    Raises NotTrained.
    """
    run = LoraRun.objects.select_for_update().get(pk=run.pk)
    if found := Adapter.objects.filter(run=run).first():
        return found
    if run.state != LoraRun.State.DONE or not run.artifact:
        raise NotTrained(f"The fine-tuning {run.pk} is {run.state}: it has no adapter.")
    return Adapter.objects.create(
        name=_next_name(run.label, run.signature),
        client_id=run.client_id,
        signature=run.signature,
        label=run.label,
        base_model=settings.KW_LLM_MODEL,
        run=run,
        digest=run.digest,
        archive=run.artifact,
    )


def _next_name(label: str, signature: str) -> str:
    """A name that no adapter had before; holds others up until the transaction ends."""
    slug = slugify(label)[:SLUG_CHARS].strip("-") or "family"
    stem = f"{slug}-{signature[:8]}-v"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [stem])
    names = Adapter.objects.filter(name__startswith=stem).values_list("name", flat=True)
    taken = [int(number) for name in names if (number := name.removeprefix(stem)).isdecimal()]
    return f"{stem}{max(taken, default=0) + 1}"


@transaction.atomic
def move(*, adapter: Adapter, to: str, reason: str, by: str = "") -> Adapter:
    """Puts an adapter into another state, and keeps who did so and why. Raises MoveRefused."""
    locked = Adapter.objects.select_for_update().get(pk=adapter.pk)
    if to not in NEXT[locked.state]:
        raise MoveRefused(f"{locked.name} is {locked.state}: it cannot become {to}.")
    AdapterMove.objects.create(adapter=locked, before=locked.state, after=to, by=by, reason=reason)
    locked.state, locked.reason, locked.state_since = to, reason, timezone.now()
    locked.save(update_fields=["state", "reason", "state_since"])
    return locked


@transaction.atomic
def start_shadow(
    *, adapter: Adapter, metrics: dict[str, Any] | None, reason: str, by: str = ""
) -> Adapter:
    """A candidate that passed the gate answers beside what is live, unheard. Raises MoveRefused."""
    family = _locked_family(adapter)
    rising = family.filter(state__in=Adapter.RISING).exclude(pk=adapter.pk).first()
    if rising is not None:
        raise AnotherRises(f"{rising.name} of the same family is in {rising.state}.")
    _keep(adapter, "gate", metrics, parent=family.filter(state=State.LIVE).first())
    return move(adapter=adapter, to=State.SHADOW, reason=reason, by=by)


@transaction.atomic
def start_canary(
    *, adapter: Adapter, metrics: dict[str, Any] | None, reason: str, by: str = ""
) -> Adapter:
    """From now on it answers a share of its family's requests. Raises MoveRefused."""
    _locked_family(adapter)
    _keep(adapter, "shadow", metrics)
    return move(adapter=adapter, to=State.CANARY, reason=reason, by=by)


@transaction.atomic
def reject(
    *, adapter: Adapter, metrics: dict[str, Any] | None, reason: str, by: str = ""
) -> Adapter:
    """It goes no further. Raises MoveRefused; what is live stays."""
    locked = _locked_family(adapter).get(pk=adapter.pk)
    _keep(adapter, "gate" if locked.state == State.CANDIDATE else locked.state, metrics)
    return move(adapter=adapter, to=State.REJECTED, reason=reason, by=by)


@transaction.atomic
def promote(
    *, adapter: Adapter, reason: str, by: str = "", metrics: dict[str, Any] | None = None
) -> Adapter:
    """It answers its family from now on, and what did retires. Raises MoveRefused."""
    family = _locked_family(adapter)
    live = family.filter(state=State.LIVE).exclude(pk=adapter.pk).first()
    if live is not None:
        move(adapter=live, to=State.RETIRED, reason=f"{adapter.name} took its place", by=by)
    _keep(adapter, "canary", metrics, parent=live)
    return move(adapter=adapter, to=State.LIVE, reason=reason, by=by)


@transaction.atomic
def roll_back(
    *, adapter: Adapter, reason: str, by: str = "", metrics: dict[str, Any] | None = None
) -> Adapter | None:
    """Takes a live adapter out of service for good; what it replaced answers again.

    Returns that; None for the base model. Raises MoveRefused.
    """
    _locked_family(adapter)
    _keep(adapter, "live", metrics)
    out = move(adapter=adapter, to=State.ROLLED_BACK, reason=reason, by=by)
    before = _restorable(out)
    if before is None:
        return None
    why = f"{out.name} was rolled back: {reason}"
    return move(adapter=before, to=State.LIVE, reason=why, by=by)


def _restorable(adapter: Adapter) -> Adapter | None:
    """The nearest of those before it that retired for a successor, and nothing else."""
    seen, before = {adapter.pk}, adapter.parent
    while before is not None and before.pk not in seen:
        if before.state == State.RETIRED:
            return before
        seen.add(before.pk)
        before = before.parent
    return None


def live_in_family(adapter: Adapter) -> Adapter | None:
    """What answers the adapter's family now; None: the base model."""
    return _family(adapter).filter(state=State.LIVE).first()


def _family(adapter: Adapter) -> QuerySet[Adapter]:
    return Adapter.objects.filter(
        client_id=adapter.client_id, signature=adapter.signature, base_model=adapter.base_model
    )


def _locked_family(adapter: Adapter) -> QuerySet[Adapter]:
    """Its family's rows, held until the transaction ends: families change one step at a time."""
    family = _family(adapter)
    list(family.select_for_update().order_by("pk").values_list("pk", flat=True))
    return family


def _keep(
    adapter: Adapter, stage: str, metrics: dict[str, Any] | None, **fields: Adapter | None
) -> None:
    """Stores what a stage counted, and `fields` with it."""
    row = Adapter.objects.get(pk=adapter.pk)
    if metrics is not None:
        row.metrics = {**row.metrics, stage: metrics}
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=["metrics", *fields])
