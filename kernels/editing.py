"""An edited contract is a new candidate with the old one's exemplars and sources.

It is compiled and linted here; the regression gate and the mutation score take a worker, and the
candidate cannot be approved before both are known. The version that was edited stays as it is.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from pydantic import TypeAdapter, ValidationError

from kernels.conditions.kinds import Condition
from kernels.models import Exemplar, KernelVersion, ReviewAction
from kernels.registry import IN_USE, SameVersion
from kernels.replay_models import CandidateReplay
from kernels.review import ReviewError, locked, record, require_reason
from kernels.spec import KernelSpec

State = KernelVersion.State
EDITED = ("preconditions", "postconditions")
_CONDITIONS: TypeAdapter[tuple[Condition, ...]] = TypeAdapter(tuple[Condition, ...])


class NothingChanged(ReviewError):
    """The contract is the same as before."""


def mistakes_in(conditions: object) -> list[str]:
    """What is wrong with a list of conditions, each with its place; empty: it compiles."""
    try:
        _CONDITIONS.validate_python(conditions)
    except ValidationError as error:
        return [f"{_place(one['loc'])}: {one['msg']}" for one in error.errors()]
    return []


@transaction.atomic
def edit_contract(
    *,
    version: KernelVersion,
    preconditions: Sequence[dict[str, Any]],
    postconditions: Sequence[dict[str, Any]],
    user: User | None,
    reason: str,
) -> KernelVersion:
    """Stores a new candidate with these conditions; the gate and the replay wait in the queue.

    Raises NothingChanged, SameVersion, ReasonMissing, and pydantic's ValidationError.
    """
    require_reason(reason)
    old = locked(version)
    changed = {"preconditions": preconditions, "postconditions": postconditions}
    before = KernelSpec.model_validate(old.spec)
    spec = KernelSpec.model_validate({**old.spec, **changed})
    if spec.digest == before.digest:
        raise NothingChanged
    if same := old.kernel.versions.filter(digest=spec.digest, state__in=IN_USE).first():
        raise SameVersion(f"{SameVersion.__doc__} {same}.")
    new = KernelVersion.objects.create(
        kernel=old.kernel,
        number=_next_number(old),
        spec=spec.model_dump(mode="json"),
        digest=spec.digest,
        profile=old.profile,
        description_embedding=old.description_embedding,
        encoder_digest=old.encoder_digest,
        confidence=old.confidence,
        evidence=_evidence(old),
        edited_from=old,
    )
    _copy_exemplars(old, new)
    new.sources.set(old.sources.all())
    CandidateReplay.objects.create(version=new, asked_by=user)
    made = {"version": str(new.pk), "number": new.number, "was": State.REJECTED, "now": new.state}
    record(new, ReviewAction.Action.EDIT, user, f"Of v{old.number}. {reason}", [made])
    return new


def _evidence(old: KernelVersion) -> dict[str, Any]:
    """What holds for the recipe still holds; the contract is yet to be tried."""
    kept = {name: old.evidence[name] for name in ("confidence", "origin") if name in old.evidence}
    return {**kept, "gate": {"passed": None, "pending": True, "checks": []}}


def _next_number(version: KernelVersion) -> int:
    numbers = version.kernel.versions.order_by("-number").values_list("number", flat=True)
    return int(numbers[0]) + 1


def _copy_exemplars(old: KernelVersion, new: KernelVersion) -> None:
    Exemplar.objects.bulk_create(
        Exemplar(
            version=new,
            prompt=one.prompt,
            output=one.output,
            embedding=one.embedding,
            encoder_digest=one.encoder_digest,
            trajectory_id=one.trajectory_id,
        )
        for one in old.exemplars.order_by("pk")
    )


def _place(loc: Sequence[int | str]) -> str:
    """`2.expression`: conditions are counted from 1; pydantic names the kind in between."""
    number, *rest = loc or ("?",)
    first = f"condition {number + 1}" if isinstance(number, int) else str(number)
    return ".".join([first, *map(str, rest[1:])])
