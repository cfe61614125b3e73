"""The expert for comparing, weighing and explaining."""

import re
from collections.abc import Sequence

from kernels.execution import Ask
from workers.experts.expert import Expert, StepCheck, Task, Verified
from workers.experts.judged import judged
from workers.experts.recomputing import equalities
from workers.experts.steps import joined

INSTRUCTION = """\
Analyse the question. Write one point in each paragraph: what it says, and why. Put a blank line \
between paragraphs. The last paragraph starts with Conclusion: and answers the question in one or \
two sentences."""

QUESTION = (
    "Does the analysis answer what was asked, with reasons that support its conclusion and without"
    " contradicting itself?"
)

EXAMPLES = (
    "Compare electric and petrol cars for city driving.",
    "What are the pros and cons of remote work?",
    "Analyse the causes of the First World War.",
    "Why did sales drop in the second quarter, given these figures?",
    "Weigh the arguments for and against a sugar tax.",
    "Summarise this report and name its main risks.",
    "Which of these two job offers should I take, and why?",
    "Explain how inflation affects savings.",
    "Evaluate the strengths and weaknesses of this business plan.",
    "What trends does this table show?",
    "Discuss whether homework should be abolished.",
    "Give a root cause analysis of the server outage.",
    "How does this poem use imagery?",
    "Assess the impact of tourism on small islands.",
)

_CONCLUSION = re.compile(
    r"^[ \t>#*_]*(?:in )?conclusion\b[*_]*[:,.]?[*_]*\s*(?P<said>.*)", re.I | re.M | re.S
)


def is_terminal(steps: Sequence[str]) -> bool:
    return bool(steps) and bool(conclusion(steps[-1]))


def final_answer(steps: Sequence[str]) -> str:
    """The whole analysis, once it has a conclusion."""
    text = joined(steps)
    return text if conclusion(text) else ""


def conclusion(text: str) -> str:
    """What stands behind "Conclusion:"; empty without one."""
    found = _CONCLUSION.search(text)
    return found["said"].strip() if found else ""


def vote_key(answer: str) -> str:
    """The words of the conclusion."""
    return " ".join(re.findall(r"\w+", (conclusion(answer) or answer).lower()))


def check_step(task: Task, steps: Sequence[str]) -> StepCheck:
    """Calculations in the last step; of words, nothing can be checked."""
    found = equalities(steps[-1]) if steps else []
    wrong = [f"{one.text} is {one.right}" for one in found if one.outcome == "wrong"]
    if wrong:
        return StepCheck(False, "; ".join(wrong))
    return StepCheck(True if any(one.outcome == "holds" for one in found) else None)


def verify(task: Task, steps: Sequence[str], ask: Ask | None) -> Verified:
    """The form that was asked for, then the judge; `ok` only with its yes."""
    answer = final_answer(steps)
    if not answer:
        return Verified("failed", 0.0, "there is no conclusion", "structure")
    return judged(task, answer, QUESTION, ask)


EXPERT = Expert(
    name="analysis",
    title="Analysis",
    examples=EXAMPLES,
    instruction=INSTRUCTION,
    depth=5,
    simulations=8,
    cache_threshold=0.82,
    related=("factual", "logic"),
    is_terminal=is_terminal,
    final_answer=final_answer,
    vote_key=vote_key,
    check_step=check_step,
    verify=verify,
    reminder="Write in this form:\n\nPoint 1: ...\n\nPoint 2: ...\n\nConclusion: ...",
)
