"""Learns, has the kernels approved, then asks every arm the same test prompts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from kwsite.bench.claim.arms import ABLATIONS, ARMS, Arm, Means, Said, static_threshold
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
from kwsite.bench.claim.outcome import Outcome
from workers.intake import plan
from workers.request import ChatRequest

CALIBRATED, STATIC = "kernels", "calibration off"
ANOTHER = "another"  # a kernel of no family here: a starter


@dataclass(frozen=True)
class Stranger:
    """A prompt that no kernel may take, and the one that took it (empty: none)."""

    arm: str
    prompt: str
    family: str  # whose call it came with; empty: with none
    routed: str


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
    user: User | None,
    say: Callable[[str], Any],
    advance: Callable[[], Any],
) -> Claim:
    """`train` and `test`: prompts a family. Arms take turns by family: load meets all alike."""
    courses = [learn(means.service, family, family.train[:train], advance) for family in families]
    say("Waiting for candidates.")
    wait_for_candidates(courses)
    approved = [approve(course, user) for course in courses]
    learned = tuple(map(_learned, courses, approved))
    for one in learned:
        say(f"{one.family}: {one.accepted} of {one.asked} accepted; {one.said}")
    owners = versions_of(courses)
    outcomes: list[Outcome] = []
    for course in courses:
        course.index.build()
        for name, arm in all_arms().items():
            for sample in course.family.test[:test]:
                said, ms = _timed(arm, means, course, sample.prompt)
                outcomes.append(_outcome(course.family, name, sample, said, ms, owners))
                advance()
    return Claim(
        model,
        command,
        learned,
        tuple(outcomes),
        _strangers(means, families, owners),
    )


def _timed(arm: Arm, means: Means, course: Course, prompt: str) -> tuple[Said, float]:
    """The answer and the milliseconds it took, those of remembered calls of the model included."""
    began, saved = time.perf_counter(), means.backend.saved_ms
    said = arm(means, course.family, course.index, prompt)
    ms = (time.perf_counter() - began) * 1e3
    return said, ms + means.backend.saved_ms - saved


def _outcome(
    family: Family, arm: str, sample: Sample, said: Said, ms: float, owners: dict[str, str]
) -> Outcome:
    return Outcome(
        family=family.name,
        arm=arm,
        prompt=sample.prompt,
        text=said.text,
        right=family.right(sample, parsed(said.text)),
        tokens=said.tokens,
        ms=round(ms, 1),
        routed=owners.get(said.version, ANOTHER) if said.version else "",
        fell_back=said.fell_back,
    )


def _learned(course: Course, approved: Approved) -> Learned:
    accepted = len(course.index.evidence)
    return Learned(
        course.family.name, course.asked, accepted, course.tokens, approved.version, approved.said
    )


def _strangers(
    means: Means, families: Sequence[Family], owners: dict[str, str]
) -> tuple[Stranger, ...]:
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
    means: Means, arm: str, family: str, request: ChatRequest, owners: dict[str, str]
) -> Stranger:
    chosen = plan(client=means.client, request=request).chosen
    routed = owners.get(chosen.version_id, ANOTHER) if chosen else ""
    return Stranger(arm, request.prompt, family, routed)
