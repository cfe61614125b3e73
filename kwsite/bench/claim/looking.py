"""Where the router would send a prompt, and why it goes nowhere else; nothing is run."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from kernels.decision import RouteDecision
from kernels.splitting import splits
from kwsite.bench.claim.composites import pair_name

NO_KERNEL = "the family has no kernel"
NOT_NEAR = "none of its kernel's examples is among the nearest"
ANOTHER = "another"  # a kernel of no family here: a starter


@dataclass(frozen=True)
class Look:
    """What a decision says of a prompt of a family, and the milliseconds it took."""

    proposed: str
    why: str
    ms: float


@dataclass(frozen=True)
class Owners:
    """Version id -> family, and the families with a live kernel."""

    versions: Mapping[str, str]
    with_kernel: Collection[str]

    def owner(self, version: str) -> str:
        """Empty for no version."""
        return self.versions.get(version, ANOTHER) if version else ""

    def pair(self, versions: Collection[str]) -> str:
        """The families of a composition's kernels."""
        return pair_name(*map(self.owner, versions)) if versions else ""


def timed(decide: Callable[[], RouteDecision]) -> tuple[RouteDecision, float]:
    began = time.perf_counter()
    return decide(), (time.perf_counter() - began) * 1e3


def proposed(decision: RouteDecision, owners: Owners) -> str:
    """The families whose kernels a composition is proposed of; empty for none."""
    parts = decision.proposal.parts if decision.proposal else ()
    return owners.pair([part.kernel.version_id for part in parts])


def why_not_served(decision: RouteDecision, family: str, owners: Owners) -> str:
    """What keeps the family's own kernel from a prompt; empty when it serves."""
    chosen = decision.chosen
    if chosen is not None:
        mine = owners.owner(chosen.version_id) == family
        return "" if mine else f"{chosen.kernel} takes it"
    if family not in owners.with_kernel:
        return NO_KERNEL
    own = (c for c in decision.candidates if owners.owner(c.version_id) == family)
    return next((candidate.obstacle for candidate in own), NOT_NEAR)


def why_not_composed(
    decision: RouteDecision, prompt: str, families: Collection[str], owners: Owners
) -> str:
    """What keeps two families' kernels from a prompt that asks both tasks."""
    if decision.proposal is not None:
        return ""
    if set(families) - set(owners.with_kernel):
        return "a family has no kernel"
    if not splits(prompt):
        return "it is not read as two requests"
    return "no two kernels clear the bar on its parts and together"
