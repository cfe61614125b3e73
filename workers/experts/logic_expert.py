"""The expert for puzzles and conclusions."""

from collections.abc import Sequence

from kernels.execution import Ask
from workers.experts.answer_keys import statement_key
from workers.experts.answers import answer_of_steps, ends_in_answer
from workers.experts.expert import Expert, StepCheck, Task, Verified
from workers.experts.formal.deciding import decision
from workers.experts.rederiving import rederived
from workers.experts.steps import split_numbered
from workers.experts.verdicts import takes_back

INSTRUCTION = """\
Solve the puzzle step by step. In each step, say in one short paragraph what follows from what. \
Put a blank line between steps. End with a line that states the answer alone, as \
Answer: <the answer>"""

EXAMPLES = (
    "All cats are mammals. Tom is a cat. Is Tom a mammal?",
    "If it rains, the match is cancelled. The match was not cancelled. Did it rain?",
    "Tom is taller than Ann. Ann is taller than Bob. Who is the shortest?",
    "On an island of knights and knaves, Ann says that Bob lies. Who tells the truth?",
    "Does it logically follow that some birds are not fish?",
    "Three friends own a cat, a dog and a fish. Ann is allergic to fur. Who owns the fish?",
    "Is this argument valid: no A are B, all C are B, so no C are A?",
    "Five people sit in a row. Who sits in the middle?",
    "A implies B and not B. What can be concluded about A?",
    "Which of these statements contradict each other?",
    "Monday is two days after the day before yesterday. What day is today?",
    "Exactly one of three boxes holds the prize, and one label is true. Which box is it?",
    "Given: (P -> Q), not Q. What can we conclude from the above?",
    "Is 'some students are tall' the negation of 'no students are tall'?",
)


def check_step(task: Task, steps: Sequence[str]) -> StepCheck:
    """The words of a single step cannot be checked."""
    return StepCheck(None)


def verify(task: Task, steps: Sequence[str], ask: Ask | None) -> Verified:
    """z3 decides where the puzzle could be read with certainty, else deriving it again.

    `ok` says that the answer follows (z3), or that the model comes to it again (re-derived).
    """
    answer = answer_of_steps(steps)
    if not answer:
        return Verified("failed", 0.0, "there is no final answer", "z3")
    decided = decision(task.prompt, answer)
    if decided is None and takes_back(answer):
        return Verified("unverified", 0.5, "it says yes, and then denies it", "z3")
    if decided is None:
        return rederived(task, answer, statement_key, ask)
    return Verified("ok" if decided.holds else "failed", float(decided.holds), decided.reason, "z3")


EXPERT = Expert(
    name="logic",
    title="Logic",
    examples=EXAMPLES,
    instruction=INSTRUCTION,
    depth=6,
    simulations=12,
    cache_threshold=0.88,
    related=("math", "analysis"),
    is_terminal=ends_in_answer,
    final_answer=answer_of_steps,
    closing="Answer:",
    split=split_numbered,
    vote_key=statement_key,
    check_step=check_step,
    verify=verify,
    reminder="Write in this form:\n\nStep 1: ...\n\nStep 2: ...\n\nAnswer: ...",
)
