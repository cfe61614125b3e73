"""From outcomes to the figures of the prompts that ask two tasks at once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from kwsite.bench.claim.arms import COMPOSED
from kwsite.bench.claim.figures import Against, arm_names, best_retrieval
from kwsite.bench.claim.measure import CALIBRATED, Claim
from kwsite.bench.claim.outcome import CompositeOutcome
from kwsite.bench.intervals import Interval, bootstrap, draws, mean, share


@dataclass(frozen=True)
class Composing:
    """How often a composition was proposed, and of whose kernels.

    `precision`: of all prompts for which one was proposed, single ones and strangers included,
    those that ask both tasks of the pair. `recall`: of the composite prompts whose families both
    have a kernel, those that got theirs; `reach`: of all composite prompts. `failed`: plans that
    ended without an output.
    """

    prompts: int
    proposed: int
    precision: Interval
    recall: Interval
    reach: Interval
    wrong_splits: int
    singles: int
    strangers_split: int
    strangers: int
    failed: int


@dataclass(frozen=True)
class Wording:
    """Of the prompts in one wording whose families both have a kernel."""

    text: str
    prompts: int
    right_pair: int


def composite_claim(claim: Claim) -> Claim:
    """The same claim on composite prompts, in every arm."""
    return replace(claim, outcomes=claim.composites, composites=())


def where(claim: Claim, keep: Callable[[CompositeOutcome], bool]) -> Claim:
    """The claim on the composite prompts whose outcome with composition is kept, in every arm.

    The router decides about a composition before anybody answers.
    """
    kept = {(one.family, one.prompt) for one in _composed(claim) if keep(one)}
    left = (one for one in claim.composites if (one.family, one.prompt) in kept)
    return replace(claim, composites=tuple(left))


def both_have_kernels(claim: Claim) -> Claim:
    pairs = _pairs_with_kernels(claim)
    return where(claim, lambda one: one.family in pairs)


def half_points(claim: Claim) -> dict[str, Interval]:
    """By arm, the share of all answers that are right: half a point for each of two."""
    found = {}
    for arm in arm_names(composite_claim(claim)):
        outcomes = [one for one in claim.composites if one.arm == arm]
        drawn = draws([one.family for one in outcomes])
        found[arm] = bootstrap(drawn, mean, [one.parts_right / 2 for one in outcomes])
    return found


def against_retrieval(claim: Claim) -> Against:
    """Kernels with composition against the better retrieval, on composite prompts."""
    return best_retrieval(composite_claim(claim), COMPOSED)


def composing(claim: Claim) -> Composing:
    asked = _composed(claim)
    singles = [one for one in claim.outcomes if one.arm == COMPOSED]
    strangers = [one for one in claim.strangers if one.arm == CALIBRATED]
    split, strayed = (sum(bool(one.proposed) for one in some) for some in (singles, strangers))
    right = sum(one.proposed == one.family for one in asked)
    proposed = sum(bool(one.proposed) for one in asked)
    pairs = _pairs_with_kernels(claim)
    return Composing(
        prompts=len(asked),
        proposed=proposed,
        precision=share(right, proposed + split + strayed),
        recall=share(right, sum(one.family in pairs for one in asked)),
        reach=share(right, len(asked)),
        wrong_splits=split,
        singles=len(singles),
        strangers_split=strayed,
        strangers=len(strangers),
        failed=sum(bool(one.proposed) and one.fell_back for one in asked),
    )


def wordings(claim: Claim) -> list[Wording]:
    asked = _composed(both_have_kernels(claim))
    counted = Counter(one.wording for one in asked)
    right = Counter(one.wording for one in asked if one.proposed == one.family)
    return [Wording(text, count, right[text]) for text, count in sorted(counted.items())]


def refusals(claim: Claim) -> list[tuple[str, int]]:
    """Why no composition was proposed, the most frequent first."""
    return Counter(one.why for one in _composed(claim) if one.why).most_common()


def _composed(claim: Claim) -> list[CompositeOutcome]:
    return [one for one in claim.composites if one.arm == COMPOSED]


def _pairs_with_kernels(claim: Claim) -> set[str]:
    with_kernel = {learned.family for learned in claim.learned if learned.version}
    names = {one.family for one in claim.composites}
    return {name for name in names if set(name.split(" + ")) <= with_kernel}
