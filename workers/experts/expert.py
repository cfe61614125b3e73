"""What an expert worker is: how it is asked, the form of its steps, and who checks its answers."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from kernels.execution import Ask
from workers.experts.steps import joined, split_steps

Given = Literal["tests", "evidence"]  # what an app may send for answers to be held to
VerifiedStatus = Literal["ok", "failed", "unverified"]


@dataclass(frozen=True)
class Task:
    """A question as an expert sees it.

    `evidence` are the texts that an answer must rest on, `tests` Python asserts that code must
    pass; both may be empty.
    """

    prompt: str
    system: str = ""
    evidence: tuple[str, ...] = ()
    tests: str = ""


@dataclass(frozen=True)
class Verified:
    """What a verifier says of a whole answer.

    `score` in [0, 1]; `unverified` means that nothing could be checked: it is never a pass. `how`
    names the means (`bubblewrap`, `monty`, `recomputed`, `z3`, `judge`, ...).
    """

    status: VerifiedStatus
    score: float
    reason: str
    how: str

    @property
    def passed(self) -> bool | None:
        return None if self.status == "unverified" else self.status == "ok"

    def as_json(self) -> dict[str, str | float]:
        return {**asdict(self), "score": round(self.score, 4)}


@dataclass(frozen=True)
class StepCheck:
    """What recomputing one step came to; `ok` is None where nothing in it can be checked."""

    ok: bool | None
    reason: str = ""


Verifier = Callable[[Task, Sequence[str], Ask | None], Verified]


@dataclass(frozen=True)
class Expert:
    """One of the workers (row KA5). Steps are joined by blank lines.

    Shapes: all texts. `verify` and `check_step` raise nothing; `ask` is None where no model may be
    asked, and a verifier that needs one then says `unverified`.
    """

    name: str  # one word, lower case; also its place in `registry.EXPERTS`
    title: str  # for people
    examples: tuple[str, ...]  # prompts of its kind: where to start before a router has learned
    instruction: str  # system message, with the form that steps and the final answer have
    depth: int  # steps to the answer, 3-10
    simulations: int  # 5-25
    cache_threshold: float  # row KA2
    related: tuple[str, ...]  # experts that may stand in (row KA4)
    is_terminal: Callable[[Sequence[str]], bool]  # whether these steps end in an answer
    final_answer: Callable[[Sequence[str]], str]  # the answer alone; empty where there is none
    vote_key: Callable[[str], str]  # answers with equal keys are the same (self-consistency)
    check_step: Callable[[Task, Sequence[str]], StepCheck]  # the last of these steps
    verify: Verifier
    temperature: float = 0.7
    reply: Callable[[Sequence[str]], str] = joined  # what the one who asked is given
    split: Callable[[str], tuple[str, ...]] = split_steps  # a text into its steps
    closing: str = ""  # what a line with the answer alone begins with; empty: there is no such line
    held_to: tuple[Given, ...] = ()  # what its verifier holds answers to, where an app sends it
    reminder: str = ""  # of the form, after the prompt: small models forget a system message

    def messages(self, task: Task) -> tuple[dict[str, str], ...]:
        """The conversation that asks for the first step."""
        system = f"{self.instruction}\n\n{task.system}" if task.system else self.instruction
        given = "".join(f"\n\n[{n}] {text}" for n, text in enumerate(task.evidence, 1))
        content = f"{task.prompt}\n\nEvidence:{given}" if given else task.prompt
        reminded = f"{content}\n\n{self.reminder}" if self.reminder else content
        return (
            {"role": "system", "content": system},
            {"role": "user", "content": reminded},
        )
