"""The expert for poems, stories and ideas."""

import re
from collections.abc import Sequence

from kernels.execution import Ask
from workers.experts.expert import Expert, StepCheck, Task, Verified
from workers.experts.judged import judged
from workers.experts.steps import joined

INSTRUCTION = """\
Write the text that is asked for, in exactly the form that is asked for, and nothing else. After \
its last line write [END]."""

QUESTION = (
    "Does the text do what was asked, in the form that was asked for, and is it coherent and"
    " original?"
)

EXAMPLES = (
    "Write a haiku about autumn rain.",
    "Compose a short story about a lighthouse keeper, in three paragraphs.",
    "Give me five slogans for a bicycle shop.",
    "Write a limerick about a cat.",
    "Invent a name for a coffee brand and explain it.",
    "Write a love letter from a robot to a toaster.",
    "Describe a market at dawn without using the word light.",
    "Write a four-line poem with the words moon, river and stone.",
    "Suggest a title for a novel about two rival bakers.",
    "Write a dialogue between the sun and the sea.",
    "Make up a bedtime story for a child who fears thunder.",
    "Write a birthday toast for a colleague.",
    "Rewrite this sentence in the style of a pirate.",
    "Brainstorm ten ideas for a birthday party.",
)

_END = re.compile(r"\[\s*(?:THE )?END\s*\]", re.IGNORECASE)
_PLAN = re.compile(r"\A[\s*#]*plan\b[*]*:", re.IGNORECASE)


def final_answer(steps: Sequence[str]) -> str:
    """The text without the mark of its end, and without a plan before it."""
    kept = steps[1:] if len(steps) > 1 and _PLAN.match(steps[0]) else steps
    return _END.split(_PLAN.sub("", joined(kept), count=1))[0].strip()


def is_terminal(steps: Sequence[str]) -> bool:
    return bool(steps) and bool(_END.search(steps[-1])) and bool(final_answer(steps))


def vote_key(answer: str) -> str:
    """Texts are the same only word by word."""
    return " ".join(re.findall(r"\w+", answer.lower()))


def check_step(task: Task, steps: Sequence[str]) -> StepCheck:
    """The form belongs to the whole; a part of it cannot be checked."""
    return StepCheck(None)


def verify(task: Task, steps: Sequence[str], ask: Ask | None) -> Verified:
    """The form that was asked for, then the judge; `ok` only with its yes."""
    return judged(task, final_answer(steps), QUESTION, ask)


EXPERT = Expert(
    name="creative",
    title="Creative writing",
    examples=EXAMPLES,
    instruction=INSTRUCTION,
    depth=4,
    simulations=5,
    cache_threshold=0.75,
    related=("analysis",),
    is_terminal=is_terminal,
    reply=final_answer,
    final_answer=final_answer,
    vote_key=vote_key,
    check_step=check_step,
    verify=verify,
    temperature=1.0,
    reminder="Write only the text, and [END] after its last line.",
)
