"""What the routing head is fitted on: the live kernels' exemplars, labelled prompts, verdicts."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kernels.encoder import Vector, embed_layers, encoder_digest
from kernels.head import Ids
from kernels.head_fitting import Exemplars
from kernels.library.guards import guarded_kernels, unguarded
from kernels.library.reading import labelled_prompts, starters
from kernels.models import Exemplar
from kernels.routing import VersionFacts, version_facts
from kernels.spec import KernelSpec, digest_of
from training.routing.recalibration import judged_choices

LEAST_EXEMPLARS = 8  # of a kernel: the folds leave some of them out
MOST_EXEMPLARS = 100
NOBODY = -1


@dataclass(frozen=True)
class Prompt:
    """A prompt, and the position of the kernel that it is for; -1 where that is not known."""

    text: str
    kernel: int


@dataclass(frozen=True, eq=False)
class Material:
    """Everything that one fit looks at. Positions are those in `facts`."""

    facts: tuple[VersionFacts, ...]
    exemplars: tuple[Prompt, ...]
    labelled: tuple[Prompt, ...]  # of earlier traffic and of the library; -1: it was judged wrong
    background: tuple[str, ...]  # for no kernel

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all of it, with the encoder."""
        return digest_of(
            [
                encoder_digest(),
                [str(one.version_id) for one in self.facts],
                [[one.text, one.kernel] for one in (*self.exemplars, *self.labelled)],
                list(self.background),
            ]
        )

    @cached_property
    def specs(self) -> tuple[KernelSpec, ...]:
        """Without the guards: what the head says must hold for kernels that have none."""
        return tuple(unguarded(one.spec) for one in self.facts)

    @property
    def guarded(self) -> list[str]:
        """Ids of the versions that the head leaves alone."""
        return [str(one.version_id) for one in self.facts if one.digest in guarded_kernels()]

    @cached_property
    def layers(self) -> dict[str, Vector]:
        """Each prompt, embedded."""
        prompts = [one.text for one in (*self.exemplars, *self.labelled)]
        texts = list(dict.fromkeys([*prompts, *self.background]))
        return dict(zip(texts, embed_layers(texts), strict=True))

    def rows(self, texts: list[str]) -> Vector:
        """(n, PARTS x 384)."""
        width = len(next(iter(self.layers.values())))
        return np.array([self.layers[text] for text in texts]).reshape(-1, width)

    @cached_property
    def embedded(self) -> Exemplars:
        """The exemplars as the head is fitted on them."""
        return Exemplars(
            self.rows([one.text for one in self.exemplars]),
            positions(self.exemplars),
            tuple(str(one.version_id) for one in self.facts),
            np.array([one.description for one in self.facts]),
        )


def positions(prompts: tuple[Prompt, ...]) -> Ids:
    return np.array([one.kernel for one in prompts], dtype=np.int64)


def gather_material() -> Material:
    """What is there now. Kernels with too few exemplars are left out; there may be none."""
    found: dict[str, list[str]] = defaultdict(list)
    live = Exemplar.objects.filter(live=True, encoder_digest=encoder_digest()).order_by("-pk")
    for version, prompt in live.values_list("version_id", "prompt"):
        if len(found[str(version)]) < MOST_EXEMPLARS and prompt not in found[str(version)]:
            found[str(version)].append(prompt)
    known = sorted(version for version, own in found.items() if len(own) >= LEAST_EXEMPLARS)
    facts = tuple(version_facts(version) for version in known)
    exemplars = tuple(Prompt(p, position) for position, v in enumerate(known) for p in found[v])
    labelled, background = _library(facts)
    places = {version: position for position, version in enumerate(known)}
    judged = [
        Prompt(one.trajectory.prompt, places[one.version] if one.fits else NOBODY)
        for one in judged_choices()
        if one.version in places
    ]
    taken = {one.text for one in exemplars}
    return Material(
        facts,
        exemplars,
        tuple({one.text: one for one in (*labelled, *judged) if one.text not in taken}.values()),
        tuple(text for text in background if text not in taken),
    )


def _library(facts: tuple[VersionFacts, ...]) -> tuple[list[Prompt], list[str]]:
    """The library's labelled prompts for the starters that are live, and those for none."""
    digests = {starter.spec.name: starter.spec.digest for starter in starters()}
    live = {one.digest: position for position, one in enumerate(facts)}
    own = {name: live[digest] for name, digest in digests.items() if digest in live}
    labelled = labelled_prompts()
    return (
        [Prompt(one.prompt, own[one.kernel]) for one in labelled if one.kernel in own],
        [one.prompt for one in labelled if one.kernel is None],
    )
