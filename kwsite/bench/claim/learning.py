"""The train prompts go through the running service until operators have kernels to approve."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from kernels.models import KernelVersion
from kernels.review import WeakContract, approve_candidate
from kwsite.bench.claim.evidence import Evidence, Index
from kwsite.bench.claim.family import Family, Sample
from kwsite.commandline.client import ServiceClient
from kwsite.demo.standing import Standing, standing_of
from trajectories.models import Trajectory

WAIT_S = 90.0
POLL_S = 1.0


@dataclass(frozen=True)
class Course:
    """What a family's train prompts came to."""

    family: Family
    asked: int
    index: Index
    tokens: int
    example: str  # id of one of its runs

    @property
    def standing(self) -> Standing:
        found = Trajectory.objects.select_related("client").get(run_id=self.example)
        return standing_of(client=found.client, signature=found.signature)


@dataclass(frozen=True)
class Approved:
    """The version that went live (empty: none), and how it answers or why there is none."""

    version: str
    said: str


def learn(
    service: ServiceClient, family: Family, samples: tuple[Sample, ...], advance: Callable[[], Any]
) -> Course:
    """Asks the service each sample; an app that judges sends its verdict at once."""
    kept: list[Evidence] = []
    tokens, run_id = 0, ""
    for sample in samples:
        reply = service.chat(family.body(sample.prompt))
        extras, text = reply["kernelweave"], reply["choices"][0]["message"]["content"]
        tokens, run_id = tokens + reply["usage"]["total_tokens"], extras["run_id"]
        output = parsed(text)
        accepted = extras["verified"] is True
        if family.judges:
            right = family.right(sample, output)
            verdict = "correct" if right else "incorrect"
            service.feedback({"run_id": run_id, "verdict": verdict})
            accepted = accepted and right
        if accepted:
            kept.append(Evidence(sample.prompt, output))
        advance()
    return Course(family, len(samples), Index(tuple(kept)), tokens, run_id)


def wait_for_candidates(courses: list[Course]) -> None:
    """Returns when no family is about to get a candidate, at the latest after a minute and a half.

    A family whose candidate the gate refused is not waited for: it would be refused again.
    """
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        standings = [course.standing for course in courses]
        if not any(standing.may_settle and not standing.versions for standing in standings):
            return
        time.sleep(POLL_S)


def approve(course: Course, user: User | None) -> Approved:
    """Approves the family's newest candidate, if it has one and its contract is not weak."""
    standing = course.standing
    if not standing.candidates:
        return Approved("", f"no kernel: {standing.obstacle}")
    try:
        version = approve_candidate(version=standing.candidates[0], user=user, reason="benchmark")
    except WeakContract as error:
        return Approved("", f"no kernel: {error.detail}")
    return Approved(str(version.pk), _recipe(version))


def _recipe(version: KernelVersion) -> str:
    """How its answers come about, in words."""
    steps = version.spec["steps"]
    names = [b["property"] for s in steps if s["kind"] == "compute" for b in s["bindings"]]
    model = any(step["kind"] == "generate" for step in steps)
    computed = f"{', '.join(names)} from the prompt" if names else ""
    how = version.evidence["replay"]["recipe"]
    return " and ".join(filter(None, (computed, f"the model with {how}" if model else "")))


def versions_of(courses: list[Course]) -> dict[str, str]:
    """Version id -> family."""
    return {
        str(version.pk): course.family.name
        for course in courses
        for version in course.standing.versions
    }


def parsed(text: str | None) -> Any:
    """The JSON of an answer; None when it is none."""
    try:
        return json.loads(text or "")
    except ValueError:
        return None
