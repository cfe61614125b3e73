"""Learns, has the kernels approved, then asks every arm the same prompts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import User

from kwsite.bench.claim.arms import ABLATIONS, ARMS, COMPOSED, Arm, Means, static_threshold
from kwsite.bench.claim.composites import PairIndex, pairs, parts_right
from kwsite.bench.claim.evidence import Retrieval
from kwsite.bench.claim.families import STRANGERS
from kwsite.bench.claim.family import Family, Sample
from kwsite.bench.claim.learning import (
    Approved,
    Course,
    approve,
    learn,
    parsed,
    versions_of,
    wait_for_candidates,
)
from kwsite.bench.claim.looking import (
    Look,
    Owners,
    proposed,
    timed,
    why_not_composed,
    why_not_served,
)
from kwsite.bench.claim.outcome import CompositeOutcome, Outcome
from kwsite.bench.claim.said import Said
from workers.intake import plan
from workers.request import ChatRequest

CALIBRATED, STATIC = "kernels", "calibration off"


@dataclass(frozen=True)
class Stranger:
    """A prompt that no kernel may take, and the one that took it (empty: none).

    `proposed`: the families of a composition that was proposed for it.
    """

    arm: str
    prompt: str
    family: str  # whose call it came with; empty: with none
    routed: str
    proposed: str = ""


@dataclass(frozen=True)
class Learned:
    """What a family's train prompts came to. `version`: the approved kernel's, empty for none."""

    family: str
    asked: int
    accepted: int
    tokens: int
    version: str
    said: str


@dataclass(frozen=True)
class Claim:
    """Everything that was measured."""

    model: str
    command: str
    learned: tuple[Learned, ...]
    outcomes: tuple[Outcome, ...]
    strangers: tuple[Stranger, ...]
    composites: tuple[CompositeOutcome, ...] = ()


def all_arms() -> dict[str, Arm]:
    """The arms and the ablations; one that is both is asked once."""
    return ARMS | {name: arm for name, arm in ABLATIONS.items() if arm not in ARMS.values()}


def measure_claim(
    means: Means,
    families: Sequence[Family],
    *,
    model: str,
    command: str,
    train: int,
    test: int,
    composites: int,
    user: User | None,
    say: Callable[[str], Any],
    advance: Callable[[], Any],
) -> Claim:
    """`train` and `test`: prompts a family; `composites`: a pair of families.

    Arms take turns by family: load meets all alike.
    """
    courses = [learn(means.service, family, family.train[:train], advance) for family in families]
    say("Waiting for candidates.")
    wait_for_candidates(courses)
    approved = [approve(course, user) for course in courses]
    learned = tuple(map(_learned, courses, approved))
    for one in learned:
        say(f"{one.family}: {one.accepted} of {one.asked} accepted; {one.said}")
    owners = Owners(versions_of(courses), [one.family for one in learned if one.version])
    outcomes: list[Outcome] = []
    for course in courses:
        course.index.build()
        outcomes += _ask_singles(means, course, test, owners, advance)
    return Claim(
        model,
        command,
        learned,
        tuple(outcomes),
        _strangers(means, families, owners),
        tuple(ask_composites(means, courses, composites, owners, advance)),
    )


def _ask_singles(
    means: Means, course: Course, test: int, owners: Owners, advance: Callable[[], Any]
) -> list[Outcome]:
    """The arm with composition is the kernels arm again wherever no composition is proposed."""
    family, samples = course.family, course.family.test[:test]
    looks = [_look(means, family, sample.prompt, owners) for sample in samples]
    found: dict[str, list[Outcome]] = {}
    for name, arm in all_arms().items():
        found[name] = []
        for number, (sample, look) in enumerate(zip(samples, looks, strict=True)):
            if name == COMPOSED and not look.proposed:
                served = found[CALIBRATED][number]
                outcome = replace(served, arm=name, ms=round(served.ms + look.ms, 1))
            else:
                said, ms = _timed(arm, means, family, course.index, sample.prompt)
                outcome = Outcome(**_fields(family, name, sample, said, ms, owners))
            if name == CALIBRATED:
                outcome = replace(outcome, why=look.why)
            found[name].append(outcome)
            advance()
    return [outcome for outcomes in found.values() for outcome in outcomes]


def ask_composites(
    means: Means,
    courses: Sequence[Course],
    count: int,
    owners: Owners,
    advance: Callable[[], Any],
) -> list[CompositeOutcome]:
    """`count` prompts for each pair of families, whether or not they have kernels.

    Where no composition is proposed, the arm with composition is the kernels arm again.
    """
    indexes = {course.family.name: course.index for course in courses}
    found: dict[tuple[str, str], CompositeOutcome] = {}  # by arm and prompt
    for pair in pairs([course.family for course in courses]):
        family, both = pair.family(count), (pair.one, pair.other)
        index = PairIndex({one.name: indexes[one.name] for one in both})
        looks = [_look_for_both(means, family, s.prompt, both, owners) for s in family.test]
        for name, arm in ARMS.items():
            for sample, look in zip(family.test, looks, strict=True):
                if name == COMPOSED and not look.proposed:
                    served = found[CALIBRATED, sample.prompt]
                    outcome = replace(served, arm=name, ms=round(served.ms + look.ms, 1))
                else:
                    said, ms = _timed(arm, means, family, index, sample.prompt)
                    outcome = CompositeOutcome(
                        **_fields(family, name, sample, said, ms, owners),
                        parts_right=parts_right(both, sample, parsed(said.text)),
                        wording=sample.gold.join.text,
                    )
                if name == COMPOSED:
                    outcome = replace(outcome, why=look.why)
                found[name, sample.prompt] = outcome
                advance()
    return list(found.values())


def _look(means: Means, family: Family, prompt: str, owners: Owners) -> Look:
    decision, ms = timed(lambda: plan(client=means.client, request=family.request(prompt)))
    why = why_not_served(decision, family.name, owners)
    return Look(proposed(decision, owners), why, ms)


def _look_for_both(
    means: Means, family: Family, prompt: str, both: Sequence[Family], owners: Owners
) -> Look:
    decision, ms = timed(lambda: plan(client=means.client, request=family.request(prompt)))
    why = why_not_composed(decision, prompt, [one.name for one in both], owners)
    return Look(proposed(decision, owners), why, ms)


def _timed(
    arm: Arm, means: Means, family: Family, index: Retrieval, prompt: str
) -> tuple[Said, float]:
    """The answer and the milliseconds it took, those of remembered calls of the model included."""
    began, saved = time.perf_counter(), means.backend.saved_ms
    said = arm(means, family, index, prompt)
    ms = (time.perf_counter() - began) * 1e3
    return said, ms + means.backend.saved_ms - saved


def _fields(
    family: Family, arm: str, sample: Sample, said: Said, ms: float, owners: Owners
) -> dict[str, Any]:
    return {
        "family": family.name,
        "arm": arm,
        "prompt": sample.prompt,
        "text": said.text,
        "right": family.right(sample, parsed(said.text)),
        "tokens": said.tokens,
        "ms": round(ms, 1),
        "routed": owners.owner(said.version),
        "fell_back": said.fell_back,
        "proposed": owners.pair(said.composed),
    }


def _learned(course: Course, approved: Approved) -> Learned:
    accepted = len(course.index.evidence)
    return Learned(
        course.family.name, course.asked, accepted, course.tokens, approved.version, approved.said
    )


def _strangers(means: Means, families: Sequence[Family], owners: Owners) -> tuple[Stranger, ...]:
    """Where such prompts would go; nothing is run."""
    asked = [(f.name, f.request(prompt)) for f in families for prompt in f.strangers]
    asked += [("", _bare(prompt)) for prompt in STRANGERS]
    found = [_stranger(means, CALIBRATED, *one, owners) for one in asked]
    with static_threshold():
        found += [_stranger(means, STATIC, *one, owners) for one in asked]
    return tuple(found)


def _bare(prompt: str) -> ChatRequest:
    message = {"role": "user", "content": prompt}
    return ChatRequest(model="kernelweave", messages=(message,), max_tokens=80)


def _stranger(
    means: Means, arm: str, family: str, request: ChatRequest, owners: Owners
) -> Stranger:
    decision = plan(client=means.client, request=request)
    routed = owners.owner(decision.chosen.version_id) if decision.chosen else ""
    return Stranger(arm, request.prompt, family, routed, proposed(decision, owners))
