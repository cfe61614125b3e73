"""How things stand that a word on an answer may move, and what has moved between two looks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernels.models import CacheEntry, CacheHit, Exemplar, KernelVersion, NearReuse
from training.feedback.of_workers import worker_deltas
from trajectories.models import Trajectory


@dataclass(frozen=True)
class Standing:
    """States are empty where there is no such thing; `kernel` has state, passes, failures."""

    deltas: Mapping[str, float] = field(default_factory=dict)
    entry: str = ""
    near: Mapping[str, str] = field(default_factory=dict)  # of a worker: on or off
    kernel: tuple[str, int, int] | None = None
    exemplars: int = 0


def standing_of(trajectory: Trajectory) -> Standing:
    """As it is now. Five queries at most."""
    source = trajectory.reused_id or trajectory.pk
    entry = CacheEntry.objects.filter(trajectory=source).values_list("state", flat=True).first()
    hit = CacheHit.objects.filter(trajectory=trajectory, near=True).first()
    rows = NearReuse.objects.filter(worker=hit.worker) if hit else NearReuse.objects.none()
    kernel = None
    if trajectory.kernel_version is not None:
        versions = KernelVersion.objects.filter(pk=trajectory.kernel_version)
        kernel = versions.values_list("state", "passes", "failures").first()
    return Standing(
        dict(worker_deltas().values),
        entry or "",
        {hit.worker: NearReuse.State.ON.value, **dict(rows.values_list("worker", "state"))}
        if hit
        else {},
        kernel,
        Exemplar.objects.filter(trajectory=trajectory).count(),
    )


def what_followed(before: Standing, after: Standing) -> list[str]:
    """In sentences; none where nothing moved."""
    found = [
        f"The delta of {worker} is now {after.deltas.get(worker, 0.0):+.2f} "
        f"(it was {before.deltas.get(worker, 0.0):+.2f})."
        for worker in sorted({*before.deltas, *after.deltas})
        if abs(after.deltas.get(worker, 0.0) - before.deltas.get(worker, 0.0)) > 1e-9
    ]
    if before.entry != after.entry:
        found.append(
            "The stored answer is given to nobody again."
            if after.entry == CacheEntry.State.ENDED
            else "The answer is stored, and given again to who asks the same."
        )
    for worker, state in after.near.items():
        if state == NearReuse.State.OFF and before.near.get(worker) != state:
            found.append(f"Near reuse of {worker} is switched off until somebody releases it.")
    if before.exemplars > after.exemplars:
        found.append(f"Exemplars deleted: {before.exemplars - after.exemplars}.")
    return [*found, *_of_kernel(before, after)]


def _of_kernel(before: Standing, after: Standing) -> list[str]:
    if before.kernel is None or after.kernel is None or before.kernel == after.kernel:
        return []
    state, passes, failures = after.kernel
    found = [f"The kernel's record is now {passes} passed, {failures} failed."]
    if state != before.kernel[0]:
        found.append(f"The kernel is now {state}.")
    return found
