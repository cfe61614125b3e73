"""A worker for sums and a model that writes what a script says, for tests of the search."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from workers.experts.expert import Expert, StepCheck, Task, Verified
from workers.search.budget import Budget
from workers.search.problem import Draft, Problem

SUM = re.compile(r"(\d+) \+ (\d+) = (\d+)")


def final_answer(steps: Sequence[str]) -> str:
    found = re.search(r"Answer: (\S+)", steps[-1]) if steps else None
    return found[1] if found else ""


def check_step(_: Task, steps: Sequence[str]) -> StepCheck:
    found = SUM.search(steps[-1])
    if not found:
        return StepCheck(None)
    a, b, c = map(int, found.groups())
    return StepCheck(a + b == c, f"{a} + {b} is {a + b}")


def never_sure(task: Task, steps: Sequence[str], _: object) -> Verified:
    return Verified("unverified", 0.5, "nothing to check against", "nobody")


def knows(right: str) -> Callable[[Task, Sequence[str], Any], Verified]:
    """A verifier that knows the answer."""

    def verify(_: Task, steps: Sequence[str], __: object) -> Verified:
        ok = final_answer(steps) == right
        return Verified("ok" if ok else "failed", float(ok), f"it is {right}", "known")

    return verify


def sums(**changed: Any) -> Expert:
    plain: dict[str, Any] = {
        "name": "sums",
        "title": "Sums",
        "examples": ("1 + 1",),
        "instruction": "Add.",
        "depth": 5,
        "simulations": 10,
        "cache_threshold": 0.9,
        "related": (),
        "is_terminal": lambda steps: bool(final_answer(steps)),
        "final_answer": final_answer,
        "vote_key": str,
        "check_step": check_step,
        "verify": never_sure,
    }
    return Expert(**{**plain, **changed})


@dataclass
class Script:
    """Writes the next of `drafts` whatever it is asked, again from the start when all are used."""

    drafts: Sequence[str]
    asked: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    tokens: int = 10
    heats: list[float] = field(default_factory=list)

    def __call__(
        self, steps: Sequence[str], *, max_tokens: int, temperature: float, hint: str
    ) -> Draft:
        with self.lock:
            text = self.drafts[len(self.asked) % len(self.drafts)]
            self.asked.append((tuple(steps), hint))
            self.heats.append(temperature)
        return Draft(tuple(text.split("\n\n")), True, "script", 5, min(self.tokens, max_tokens))


def problem(drafts: Sequence[str], **changed: Any) -> Problem:
    expert = changed.pop("expert", None) or sums()
    task = Task("What is 2 + 3?")
    plain: dict[str, Any] = {
        "task": task,
        "expert": expert,
        "propose": Script(drafts),
        "budget": Budget(100_000),
        "verify": lambda steps: expert.verify(task, steps, None),
        "simulations": 6,
    }
    return Problem(**{**plain, **changed})
