"""What can be checked of an answer whoever gave it: the prompt itself decides, and no model.

A sum is a sum for the worker that analyses, too. Where math, logic or code can read the prompt,
their word goes before a judge's; where they can read it and not the answer, a judge's yes is not
enough.
"""

import re
from collections.abc import Sequence

from kernels.execution import Ask
from workers.experts import code_expert
from workers.experts.answers import answer_of_steps
from workers.experts.code_blocks import last_code
from workers.experts.expert import Expert, Task, Verified
from workers.experts.formal.deciding import problem_in
from workers.experts.formal.problem import decided
from workers.experts.math_claims import asks_one_number, checked_against
from workers.experts.numerals import NUMBER
from workers.experts.prompt_examples import examples_in
from workers.experts.recomputing import equalities
from workers.experts.steps import joined

_LABEL = re.compile(r"^[\s>#*_]*(?:[a-z]+ ){0,2}[a-z]+[*_]*:[*_]*\s*", re.IGNORECASE)
_TAIL = re.compile(r"(?:\b(?:is|equals|be|gives|get|yields)|=)\s*([^=]*)$", re.IGNORECASE)
_NUMBER = re.compile(rf"[-−]?{NUMBER}(?:\s*/\s*\d+)?\s*%?")
_ANY_ANSWER = "0"


def verify_with_all(expert: Expert, task: Task, steps: Sequence[str], ask: Ask | None) -> Verified:
    """The expert's verdict, under what can be checked whoever answered.

    What is refuted so is `failed`, and what is confirmed needs no judge. No model is asked where
    the prompt decides.
    """
    word = checked_by_others(expert, task, steps)
    if word is None:
        return expert.verify(task, steps, ask)
    if word.status == "failed":
        return word
    own = expert.verify(task, steps, None)
    return word if own.passed is None or (own.passed and word.passed) else own


def checked_by_others(expert: Expert, task: Task, steps: Sequence[str]) -> Verified | None:
    """What the verifiers of other experts that ask no model say; None where none reads the prompt.

    `unverified` where one reads the prompt and not the answer.
    """
    if not expert.final_answer(steps):
        return None
    said = _said(steps)
    words = (
        _by_math(task.prompt, steps, said) if expert.name != "math" else None,
        _by_logic(task.prompt, said) if expert.name != "logic" else None,
        _by_code(task, steps) if expert.name != "code" else None,
    )
    return next(filter(None, words), None)


def _said(steps: Sequence[str]) -> tuple[str, ...]:
    """What the answer may be: behind "Answer:", and the last paragraph without its label."""
    last = joined(steps).strip().rpartition("\n\n")[2]
    found = (answer_of_steps(steps), last, _LABEL.sub("", last))
    return tuple(dict.fromkeys(text.strip().rstrip(".!").strip() for text in found if text.strip()))


def _by_math(prompt: str, steps: Sequence[str], said: Sequence[str]) -> Verified | None:
    if checked_against(prompt, _ANY_ANSWER) is None:
        return None
    claims = [claim for text in said if (claim := checked_against(prompt, text))]
    refuted = next((claim.reason for claim in claims if claim.holds is False), "")
    if reason := refuted or _another_number(prompt, said[-1]):
        return Verified("failed", 0.0, reason, "substituted")
    wrong = [one for one in equalities(joined(steps)) if one.outcome == "wrong"]
    if wrong:
        reason = "; ".join(f"{one.text} is wrong: it is {one.right}" for one in wrong)
        return Verified("failed", 0.0, reason[:500], "recomputed")
    confirmed = next((claim.reason for claim in claims if claim.holds), "")
    if confirmed:
        return Verified("ok", 1.0, confirmed, "substituted")
    reason = "the result can be checked, and the answer does not state it alone"
    return Verified("unverified", 0.5, reason, "substituted")


def _another_number(prompt: str, text: str) -> str:
    """Why a sentence that ends in a number is wrong; empty unless no number in it is right."""
    tail = _TAIL.search(text)
    if tail is None or not asks_one_number(prompt):
        return ""
    claim = checked_against(prompt, tail[1].strip("*_` "))
    if claim is None or claim.holds is not False:
        return ""
    named = (checked_against(prompt, found.group().strip()) for found in _NUMBER.finditer(text))
    return "" if any(one and one.holds for one in named) else claim.reason


def _by_logic(prompt: str, said: Sequence[str]) -> Verified | None:
    problem = problem_in(prompt)
    if problem is None:
        return None
    found = [decision for text in said if (decision := decided(problem, text))]
    wrong = [decision for decision in found if not decision.holds]
    if found:
        decision = (wrong or found)[0]
        status = float(decision.holds)
        return Verified("ok" if decision.holds else "failed", status, decision.reason, "z3")
    return Verified("unverified", 0.5, "z3 reads the puzzle, and not the answer", "z3")


def _by_code(task: Task, steps: Sequence[str]) -> Verified | None:
    """Examples alone bind no answer without a program: they may stand in a question about code."""
    if not (task.tests.strip() or examples_in(task.prompt)):
        return None
    if not last_code(steps):
        untested = Verified("unverified", 0.5, "there is no program for the tests", "parsed")
        return untested if task.tests.strip() else None
    return code_expert.verify(task, steps, None)
