"""The expert for questions of fact, which rests on the evidence that it is given."""

from collections.abc import Sequence

from kernels.execution import Ask
from workers.experts.answer_keys import statement_key
from workers.experts.answers import answer_of_steps, ends_in_answer
from workers.experts.expert import Expert, StepCheck, Task, Verified
from workers.experts.grounding import TooLong, declines, evidence_in, supported
from workers.experts.numerals import number_in, number_key

INSTRUCTION = """\
Answer only from the evidence that is given. First quote the sentences that matter. Then, after a \
blank line, end with the line Answer: <the answer, in the words of the evidence> If the evidence \
does not say, write Answer: unknown"""

HOW = "evidence"

EXAMPLES = (
    "Who wrote Pride and Prejudice?",
    "When was the Eiffel Tower built?",
    "What is the capital of Australia?",
    "According to the text, how many people attended the meeting?",
    "Context: The bridge opened in 1932. Question: When did the bridge open?",
    "What does the report say about sales in March?",
    "Which planet is the largest in the solar system?",
    "Where was Marie Curie born?",
    "What is the boiling point of ethanol?",
    "Who is the current owner, as the contract states?",
    "Name the author of the passage below.",
    "How long is the river Danube?",
    "What language is spoken in Brazil?",
    "In which year did the company open its second office, according to the article?",
)


def vote_key(answer: str) -> str:
    """Numbers by value, else by words."""
    return number_key(answer) if number_in(answer) is not None else statement_key(answer)


def check_step(task: Task, steps: Sequence[str]) -> StepCheck:
    """Whether each sentence of the last step is in the evidence; None without evidence."""
    evidence = _evidence(task)
    if not evidence or not steps:
        return StepCheck(None)
    answer = answer_of_steps(steps[-1:])
    try:
        found = supported(answer or steps[-1], evidence)
    except TooLong:
        return StepCheck(None)
    lacking = [one for one in found if one.missing]
    if not lacking and any(one.doubt for one in found):
        return StepCheck(None)
    if lacking and declines(answer or steps[-1]):
        return StepCheck(None)
    return StepCheck(
        not lacking, "; ".join(f"{one.sentence}: {one.missing}" for one in lacking)[:500]
    )


def verify(task: Task, steps: Sequence[str], ask: Ask | None) -> Verified:
    """`ok` where each sentence of the answer rests on the evidence; the score is their share.

    That it answers the question, nobody checks. Without evidence, where the answer is that the
    evidence does not say, where a sentence has nothing to look up, and where a word may turn it
    ("before", "more than", a first word that may be a name), it is `unverified`. No model is asked.
    """
    answer = answer_of_steps(steps)
    if not answer:
        return Verified("failed", 0.0, "there is no final answer", HOW)
    evidence = _evidence(task)
    if not evidence:
        return Verified("unverified", 0.5, "no evidence was given", HOW)
    if declines(answer):
        return Verified("unverified", 0.5, "it says that the evidence does not say", HOW)
    try:
        found = supported(answer, evidence)
    except TooLong as error:
        return Verified("unverified", 0.5, str(error), HOW)
    lacking = [one for one in found if one.missing]
    share = 1 - len(lacking) / len(found) if found else 0.0
    if lacking or not found:
        reason = "; ".join(f"{one.sentence}: {one.missing}" for one in lacking)
        return Verified("failed", share, reason[:500] or "it says nothing", HOW)
    if doubts := [one for one in found if one.doubt]:
        reason = "; ".join(f"{one.sentence}: {one.doubt}" for one in doubts)
        return Verified("unverified", 0.5, reason[:500], HOW)
    return Verified("ok", 1.0, f"{len(found)} of {len(found)} sentences are in the evidence", HOW)


def _evidence(task: Task) -> tuple[str, ...]:
    return (*task.evidence, *evidence_in(task.prompt))


EXPERT = Expert(
    name="factual",
    title="Facts",
    examples=EXAMPLES,
    instruction=INSTRUCTION,
    depth=3,
    simulations=6,
    cache_threshold=0.80,
    related=("analysis", "logic"),
    is_terminal=ends_in_answer,
    final_answer=answer_of_steps,
    closing="Answer:",
    vote_key=vote_key,
    check_step=check_step,
    verify=verify,
    held_to=("evidence",),
    temperature=0.3,
    reminder="Write in this form:\n\nQuote: ...\n\nAnswer: ...",
)
