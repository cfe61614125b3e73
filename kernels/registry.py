"""Writes kernels: a spec becomes a version with its exemplars, ready to be found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from kernels.encoder import Vector, embed_all, encoder_digest
from kernels.matching import profile
from kernels.models import Exemplar, Kernel, KernelVersion
from kernels.replay_models import CandidateReplay
from kernels.spec import KernelSpec
from trajectories.errors import KernelWeaveError
from trajectories.models import Client, Trajectory

State = KernelVersion.State


@dataclass(frozen=True)
class Sample:
    """A prompt with a good answer, and the trajectory that it came from, if one did."""

    prompt: str
    output: Any
    trajectory_id: UUID | None = None


class NameTaken(KernelWeaveError):
    """A kernel of another client has this name."""


class SameVersion(KernelWeaveError):
    """The kernel has this very version already."""


# A version in one of these is still in use, or may yet be.
IN_USE = (State.CANDIDATE, State.LIVE, State.QUARANTINED)


def propose_version(
    *,
    spec: KernelSpec,
    samples: Sequence[Sample],
    client: Client | None,
    confidence: float,
    evidence: dict[str, Any],
    state: KernelVersion.State = State.CANDIDATE,
    reason: str = "",
) -> KernelVersion:
    """Stores a version with its exemplars in one transaction; the kernel is made if it is new.

    A candidate waits to be replayed on recent traffic. Raises NameTaken, SameVersion.
    """
    vectors = embed_all([sample.prompt for sample in samples])
    description = embed_all([spec.description])[0]
    encoder = encoder_digest()
    with transaction.atomic():
        kernel, _ = Kernel.objects.select_for_update().get_or_create(
            name=spec.name,
            defaults={"client": client, "family": spec.family, "description": spec.description},
        )
        if kernel.client != client:
            raise NameTaken()
        if same := kernel.versions.filter(digest=spec.digest, state__in=IN_USE).first():
            raise SameVersion(f"{SameVersion.__doc__} {same}.")
        last = kernel.versions.order_by("-number").values_list("number", flat=True).first() or 0
        if state == State.LIVE:
            _retire_live(kernel)
        version = KernelVersion.objects.create(
            kernel=kernel,
            number=last + 1,
            state=state,
            spec=spec.model_dump(mode="json"),
            digest=spec.digest,
            profile=profile([sample.prompt for sample in samples]).__dict__,
            description_embedding=description,
            encoder_digest=encoder,
            confidence=confidence,
            evidence=evidence,
            decision_reason=reason,
        )
        _add_exemplars(version, samples, vectors)
        from_traffic = [s.trajectory_id for s in samples if s.trajectory_id is not None]
        version.sources.set(Trajectory.objects.filter(pk__in=from_traffic))
        if state == State.CANDIDATE:
            CandidateReplay.objects.create(version=version)
    return version


def _add_exemplars(
    version: KernelVersion, samples: Sequence[Sample], vectors: Sequence[Vector]
) -> None:
    Exemplar.objects.bulk_create(
        Exemplar(
            version=version,
            prompt=sample.prompt,
            output=sample.output,
            embedding=vector,
            encoder_digest=version.encoder_digest,
            trajectory_id=sample.trajectory_id,
            live=version.state == State.LIVE,
        )
        for sample, vector in zip(samples, vectors, strict=True)
    )


def _retire_live(kernel: Kernel) -> None:
    live = kernel.versions.filter(state=State.LIVE)
    Exemplar.objects.filter(version__in=live).update(live=False)
    live.update(state=State.RETIRED)
