"""Has the model derive an answer again, without its first one, and compares the two."""

from collections.abc import Callable

from kernels.execution import Ask
from kernels.verify import parse_output
from workers.experts.expert import Task, Verified
from workers.replies import UNUSABLE

TIMES = 2
MOST_TOKENS = 400
TEMPERATURE = 0.7
SCHEMA = {
    "type": "object",
    "properties": {"reasoning": {"type": "string"}, "answer": {"type": "string"}},
    "required": ["reasoning", "answer"],
    "additionalProperties": False,
}
HOW = "re-derived"
_INSTRUCTION = (
    "Solve the problem anew, step by step. Give the reasoning in a few sentences, and then the"
    " answer alone: yes or no, an option's letter, a name, or a short statement."
)


def rederived(task: Task, answer: str, key: Callable[[str], str], ask: Ask | None) -> Verified:
    """`ok` where all derivations agree with the answer, `failed` where none does.

    Else, or where the model could not be asked, `unverified`. A model may repeat its own mistake:
    this is consistency, not truth.
    """
    if ask is None:
        return Verified("unverified", 0.5, "no model may be asked to derive it again", HOW)
    found = []
    for _ in range(TIMES):
        try:
            found.append(key(_derived(task, ask)))
        except UNUSABLE as error:
            return Verified("unverified", 0.5, f"it was not derived again: {error}"[:300], HOW)
    agreed = sum(one == key(answer) for one in found)
    reason = f"{agreed} of {TIMES} derivations come to the same"
    if agreed == TIMES:
        return Verified("ok", 1.0, reason, HOW)
    return Verified("unverified" if agreed else "failed", agreed / TIMES, reason, HOW)


def _derived(task: Task, ask: Ask) -> str:
    content = "\n\n".join((task.prompt, *task.evidence))
    messages = (
        {"role": "system", "content": _INSTRUCTION},
        {"role": "user", "content": content},
    )
    reply = ask(messages, SCHEMA, MOST_TOKENS, TEMPERATURE)
    if reply.cut:
        raise ValueError("the tokens ended it")
    return str(parse_output(reply.text)["answer"])
