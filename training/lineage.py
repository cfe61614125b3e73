"""From an answer to everything that shaped it, and to everything that it shaped (row X10)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from kernels.models import CacheEntry, Exemplar, KernelVersion, SkillVector
from kernels.skills.choosing import visible_skill
from training.models import Adapter, RouterOutcome, Snapshot, StepExample
from trajectories.models import AgentTurn, DomainBaseline, SignedReceipt, Trajectory, Weight

MOST = 50  # of each kind
TAUGHT = {Snapshot.Kind.POLICY: RouterOutcome, Snapshot.Kind.PRM: StepExample}


@dataclass(frozen=True)
class Link:
    """`how` is the relation, in words: "compiled from", "given again as"."""

    how: str
    # trajectory | kernel | exemplar | cache entry | snapshot | calibration
    # | skill | skill weight | baseline | adapter
    kind: str
    id: str
    label: str
    at: datetime | None = None


@dataclass(frozen=True)
class Lineage:
    shaped_by: tuple[Link, ...]
    shaped: tuple[Link, ...]


def lineage_of(trajectory: Trajectory) -> Lineage:
    """One step in each direction, and two where a kernel stands between answers."""
    shaped = (*_shaped([trajectory.pk]), *_rewarded(trajectory))
    return Lineage(tuple(_shaped_by(trajectory)), shaped)


def given_again(trajectory_id: UUID) -> list[UUID]:
    """The trajectory and all that repeat its answer, at whatever remove."""
    found, waiting = [trajectory_id], [trajectory_id]
    while waiting:
        again = Trajectory.objects.filter(reused__in=waiting).exclude(pk__in=found)
        waiting = list(again.values_list("pk", flat=True))
        found += waiting
    return found


def snapshots_taught_by(trajectory_ids: Iterable[UUID]) -> list[Snapshot]:
    """The nets that were fitted, or compared, with rows of these trajectories."""
    within = Q(pk__in=())
    for kind, model in TAUGHT.items():
        rows = model._default_manager.filter(trajectory__in=trajectory_ids)
        for pk in rows.values_list("pk", flat=True):
            within |= Q(kind=kind, metadata__rows_from__lte=pk, metadata__rows_to__gte=pk)
    return list(Snapshot.objects.filter(within).order_by("pk"))


def adapters_trained_on(trajectory_ids: Iterable[UUID]) -> list[Adapter]:
    """Those whose lessons, of either side, these trajectories are among."""
    within = Q(pk__in=())
    for pk in trajectory_ids:
        within |= Q(run__sources__contains=[str(pk)])
    return list(Adapter.objects.filter(within).order_by("pk"))


def _shaped_by(trajectory: Trajectory) -> Iterator[Link]:
    if trajectory.reused_id is not None:
        source = Trajectory.objects.defer("embedding").get(pk=trajectory.reused_id)
        yield _answer("the answer of", source)
    if trajectory.kernel_version is not None:
        version = KernelVersion.objects.select_related("kernel").get(pk=trajectory.kernel_version)
        yield _version("served by", version)
        sources = version.sources.defer("embedding").order_by("created_at")
        yield from (_answer("which was compiled from", one) for one in sources[:MOST])
    yield from _skill(trajectory)
    yield from _adapter(trajectory)
    yield from _nets(trajectory)
    calibration = (trajectory.run.decision if trajectory.run else {}).get("calibration")
    if calibration is not None:
        yield Link("routed by", "calibration", str(calibration), f"calibration {calibration}")


def _skill(trajectory: Trajectory) -> Iterator[Link]:
    """What an agent worked by, if it is known here."""
    turn = AgentTurn.objects.filter(pk=trajectory.pk).first()
    found = visible_skill(trajectory.client, turn.skill) if turn and turn.skill else None
    if found is not None:
        yield Link("done by", "skill", str(found.pk), found.name, found.changed_at)


def _adapter(trajectory: Trajectory) -> Iterator[Link]:
    """What wrote it, and what that was trained on."""
    name = trajectory.adapter
    found = Adapter.objects.filter(name=name).select_related("run").first() if name else None
    if found is None:
        return
    yield Link("written by", "adapter", str(found.pk), str(found), found.created_at)
    sources = Trajectory.objects.filter(pk__in=found.run.sources[:MOST]).defer("embedding")
    yield from (_answer("which was trained on", one) for one in sources.order_by("created_at"))


def _nets(trajectory: Trajectory) -> Iterator[Link]:
    """Those that its receipt names."""
    signed = SignedReceipt.objects.filter(trajectory=trajectory).first()
    used = json.loads(signed.file)["receipt"]["search"] if signed else None
    for how, name in (("routed by", "router"), ("scored by", "reward_model")):
        digest = (used or {}).get(name)
        found = Snapshot.objects.filter(digest=digest).order_by("-pk").first() if digest else None
        if found is not None:
            yield Link(how, "snapshot", str(found.pk), str(found), found.created_at)


def _shaped(trajectory_ids: list[UUID]) -> Iterator[Link]:
    made = KernelVersion.objects.filter(sources__in=trajectory_ids).values("pk")
    versions = KernelVersion.objects.filter(pk__in=made).select_related("kernel")
    yield from (_version("a source of", one) for one in versions[:MOST])
    exemplars = Exemplar.objects.filter(trajectory__in=trajectory_ids).select_related(
        "version__kernel"
    )
    for one in exemplars.defer("embedding", "version__description_embedding")[:MOST]:
        yield Link("an exemplar of", "exemplar", str(one.pk), str(one.version))
    for entry in CacheEntry.objects.filter(trajectory__in=trajectory_ids).defer("embedding")[:MOST]:
        yield Link("cached as", "cache entry", str(entry.pk), str(entry), entry.created_at)
    triggers = SkillVector.objects.filter(trajectory__in=trajectory_ids).select_related("skill")
    for trigger in triggers.defer("embedding")[:MOST]:
        yield Link("a trigger of", "skill", str(trigger.skill_id), str(trigger.skill))
    again = Trajectory.objects.filter(reused__in=trajectory_ids).defer("embedding")
    yield from (_answer("given again as", one) for one in again.order_by("created_at")[:MOST])
    for snapshot in snapshots_taught_by(trajectory_ids)[:MOST]:
        yield Link("taught", "snapshot", str(snapshot.pk), str(snapshot), snapshot.created_at)
    for adapter in adapters_trained_on(trajectory_ids)[:MOST]:
        yield Link("trained", "adapter", str(adapter.pk), str(adapter), adapter.created_at)


def _rewarded(trajectory: Trajectory) -> Iterator[Link]:
    """What its reward counts in; that of a retracted one counts no more."""
    counted = (trajectory.reward_parts or {}).get("counted")
    if counted is None or trajectory.retracted_at is not None:
        return
    client = trajectory.client_id
    for baseline in DomainBaseline.objects.filter(client=client, domain=counted["domain"]):
        label = f"{baseline}: mean {baseline.value or 0:.2f} of {baseline.count}"
        yield Link("counted in", "baseline", str(baseline.pk), label)
    if counted["skill"]:
        for weight in Weight.objects.filter(client=client, skill=counted["skill"]):
            yield Link("moved", "skill weight", str(weight.pk), str(weight), weight.changed_at)


def _answer(how: str, found: Trajectory) -> Link:
    return Link(how, "trajectory", str(found.pk), found.prompt[:120], found.created_at)


def _version(how: str, found: KernelVersion) -> Link:
    return Link(how, "kernel", str(found.pk), str(found), found.created_at)
