"""The expert for calculations and word problems."""

from collections.abc import Sequence

from kernels.execution import Ask
from workers.experts.answers import answer_of_steps, ends_in_answer
from workers.experts.expert import Expert, StepCheck, Task, Verified
from workers.experts.math_claims import checked_against
from workers.experts.numerals import number_key
from workers.experts.recomputing import Equality, equalities
from workers.experts.steps import joined, split_numbered

INSTRUCTION = """\
Solve the problem in short numbered steps, one line each, with the calculation of each step, \
in the form: 1. <what is found>: <calculation> = <result>. Do not use LaTeX. \
The last line is: Answer: <the result alone, without words>"""

EXAMPLES = (
    "What is 17 * 23 + 9?",
    "A baker sells 12 boxes of 6 rolls at $3 a box. How much money does she take?",
    "Solve for x: 3x - 7 = 20",
    "A train covers 180 km in 2.5 hours. What is its average speed?",
    "What is 15% of 240?",
    "Find the greatest common divisor of 84 and 126.",
    "Tom has twice as many marbles as Ann. Together they have 36. How many has Tom?",
    "Simplify the fraction 84/126.",
    "What is the area of a triangle with base 10 and height 7?",
    "Solve x^2 - 5x + 6 = 0.",
    "If 4 workers paint a wall in 6 hours, how long do 3 workers take?",
    "What is the probability of two heads in three tosses of a fair coin?",
    "Calculate the derivative of 3x^2 + 2x at x = 4.",
    "A shirt costs $40 and is reduced by 25%. What does it cost now?",
    "What is the sum of the first 50 odd numbers?",
    "How many minutes are there in 3.5 days?",
)


def check_step(task: Task, steps: Sequence[str]) -> StepCheck:
    """Every equality of numbers in the last step, computed again."""
    found = equalities(steps[-1]) if steps else []
    wrong = _wrong(found)
    if wrong:
        return StepCheck(False, "; ".join(_said(equality) for equality in wrong))
    held = sum(equality.outcome == "holds" for equality in found)
    return StepCheck(True, f"{held} equalities hold") if held else StepCheck(None)


def verify(task: Task, steps: Sequence[str], ask: Ask | None) -> Verified:
    """`ok` only where the answer itself was checked against what the prompt claims.

    Arithmetic that is right throughout does not show that the right things were computed: with
    nothing else to go by, the answer is `unverified`. The score is the share of what held: each
    equality, that all of them did, and the result, which counts as not held where it was not
    checked. No model is asked.
    """
    answer = answer_of_steps(steps)
    if not answer:
        return Verified("failed", 0.0, "there is no final answer", "recomputed")
    found = [one for one in equalities(joined(steps)) if one.outcome != "doubtful"]
    wrong = _wrong(found)
    claim = checked_against(task.prompt, answer)
    holds = claim.holds if claim else None
    held = len(found) - len(wrong)
    score = (held + (not wrong) + (holds is True)) / (len(found) + 2)
    if claim and holds is False:
        return Verified("failed", score, claim.reason, "substituted")
    if wrong:
        return Verified("failed", score, "; ".join(map(_said, wrong)), "recomputed")
    if claim and holds:
        return Verified("ok", 1.0, claim.reason, "substituted")
    reason = claim.reason if claim else "the prompt states nothing that the result can be held to"
    return Verified("unverified", score, f"{len(found)} equalities hold; {reason}", "recomputed")


def _wrong(found: Sequence[Equality]) -> list[Equality]:
    return [equality for equality in found if equality.outcome == "wrong"]


def _said(equality: Equality) -> str:
    return f"{equality.text} is wrong: it is {equality.right}"


EXPERT = Expert(
    name="math",
    title="Mathematics",
    examples=EXAMPLES,
    instruction=INSTRUCTION,
    temperature=0.4,
    depth=6,
    simulations=12,
    cache_threshold=0.90,
    related=("logic", "code"),
    is_terminal=ends_in_answer,
    final_answer=answer_of_steps,
    closing="Answer:",
    split=split_numbered,
    vote_key=number_key,
    check_step=check_step,
    verify=verify,
)
