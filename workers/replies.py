"""What lower floors may ask of the model: an output under a schema, and a verdict."""

from collections.abc import Sequence
from typing import Any

from kernels.conditions.checks import Judge
from kernels.execution import Ask, Reply
from kernels.verify import NotJson, parse_output
from trajectories.errors import KernelWeaveError
from workers.backends.completion import BackendError, ModelRequest, WholeAnswers


class CutVerdict(KernelWeaveError):
    """The judge's verdict was cut."""


# A model server that fails, or writes what is not as it was asked. A spent budget and a cancelled
# search are not among them: these end more than one question.
UNUSABLE = (BackendError, CutVerdict, NotJson, ValueError, LookupError, TypeError)


def asker(backend: WholeAnswers, *, most_tokens: int | None = None) -> Ask:
    """Asks the model under a schema, for kernels that know nothing of model servers.

    `most_tokens` is what the caller allows, however many the kernel would take.
    """

    def ask(
        messages: Sequence[dict[str, Any]],
        schema: dict[str, Any],
        max_tokens: int,
        temperature: float,
    ) -> Reply:
        allowed = min(max_tokens, most_tokens or max_tokens)
        done = backend.complete(
            ModelRequest(tuple(messages), allowed, schema, options={"temperature": temperature})
        )
        cut = done.finish_reason == "length"
        return Reply(done.text, done.model, done.prompt_tokens, done.completion_tokens, cut)

    return ask


def judge_of(ask: Ask) -> Judge:
    """A judge that asks the model for a verdict under a schema."""
    schema = {
        "type": "object",
        "properties": {"reason": {"type": "string"}, "verdict": {"enum": ["yes", "no"]}},
        "required": ["reason", "verdict"],
        "additionalProperties": False,
    }

    def judge(question: str, given: Any, output: Any) -> tuple[bool, str]:
        content = f"Request:\n{given['prompt']}\n\nAnswer:\n{output}\n\nQuestion: {question}"
        messages = ({"role": "user", "content": content},)
        reply = ask(messages, schema, 200, 0.0)
        if reply.cut:
            raise CutVerdict
        said = parse_output(reply.text)
        return said["verdict"] == "yes", str(said["reason"])

    return judge
