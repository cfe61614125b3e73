"""The validator: a model says whether a stored answer really answers another phrasing (row KA2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from kernels.execution import Ask
from kernels.verify import NotJson, parse_output
from workers.backends.completion import BackendError

MOST_TOKENS = 16
SCHEMA = {
    "type": "object",
    "properties": {"answers_it": {"enum": ["yes", "no"]}},
    "required": ["answers_it"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Validated:
    """What the validator said; `answers` is None where it could not be asked."""

    answers: bool | None
    reason: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


def validate(asked: str, stored: str, text: str, evidence: Sequence[str], ask: Ask) -> Validated:
    """Whether `text`, the answer to the prompt `stored`, is right and whole for `asked`, too."""
    given = "\n\n".join(("", "Evidence:", *evidence)) if evidence else ""
    content = (
        f"Question that was answered:\n{stored}\n\nIts answer:\n{text}\n\n"
        f"New question:\n{asked}{given}\n\n"
        "Does the new question ask exactly the same, so that this answer is right and complete "
        "for it, too? If anything that matters differs, say no."
    )
    try:
        reply = ask(({"role": "user", "content": content},), SCHEMA, MOST_TOKENS, 0.0)
    except BackendError as error:
        return Validated(None, f"the validator could not be asked: {error.detail}")
    spent = reply.prompt_tokens, reply.completion_tokens
    try:
        said = parse_output(reply.text)
    except NotJson as error:
        return Validated(None, f"the validator gave no verdict: {error}", *spent)
    word = said.get("answers_it") if isinstance(said, dict) else None
    if reply.cut or word not in ("yes", "no"):
        return Validated(None, "the validator gave no verdict", *spent)
    reason = f"the validator says {word}: the stored answer {_SAYS[word]} this question"
    return Validated(word == "yes", reason, *spent)


_SAYS = {"yes": "answers", "no": "does not answer"}
