"""Writes kernels: a spec becomes a version with its exemplars, ready to be found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from kernels.encoder import embed_all, encoder_digest
from kernels.matching import profile
from kernels.models import Exemplar, Kernel, KernelVersion
from kernels.spec import KernelSpec
from trajectories.errors import KernelWeaveError
from trajectories.models import Client, Trajectory


@dataclass(frozen=True)
class Example:
    """A prompt with a good answer, and the trajectory that it came from, if one did."""

    prompt: str
    output: Any
    trajectory: Trajectory | None = None


class NameTaken(KernelWeaveError):
    """A kernel of another client has this name."""


def propose_version(
    *,
    spec: KernelSpec,
    examples: Sequence[Example],
    client: Client | None,
    confidence: float,
    evidence: dict[str, Any],
    state: KernelVersion.State = KernelVersion.State.CANDIDATE,
) -> KernelVersion:
    """Stores a version with its exemplars in one transaction; the kernel is made if it is new.

    Raises NameTaken.
    """
    vectors = embed_all([example.prompt for example in examples])
    description = embed_all([spec.description])[0]
    encoder = encoder_digest()
    with transaction.atomic():
        kernel, _ = Kernel.objects.select_for_update().get_or_create(
            name=spec.name,
            defaults={"client": client, "family": spec.family, "description": spec.description},
        )
        if kernel.client != client:
            raise NameTaken()
        last = kernel.versions.order_by("-number").values_list("number", flat=True).first() or 0
        if state == KernelVersion.State.LIVE:
            _retire_live(kernel)
        version = KernelVersion.objects.create(
            kernel=kernel,
            number=last + 1,
            state=state,
            spec=spec.model_dump(mode="json"),
            digest=spec.digest,
            profile=profile([example.prompt for example in examples]).__dict__,
            description_embedding=description,
            encoder_digest=encoder,
            confidence=confidence,
            evidence=evidence,
        )
        Exemplar.objects.bulk_create(
            Exemplar(
                version=version,
                prompt=example.prompt,
                output=example.output,
                embedding=vector,
                encoder_digest=encoder,
                trajectory=example.trajectory,
                live=state == KernelVersion.State.LIVE,
            )
            for example, vector in zip(examples, vectors, strict=True)
        )
        version.sources.set([e.trajectory for e in examples if e.trajectory is not None])
    return version


def _retire_live(kernel: Kernel) -> None:
    live = kernel.versions.filter(state=KernelVersion.State.LIVE)
    Exemplar.objects.filter(version__in=live).update(live=False)
    live.update(state=KernelVersion.State.RETIRED)
