"""Answers in the form of OpenAI's chat completions, whole and in chunks."""

from functools import lru_cache
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from kernels.spec import digest_of
from trajectories.models import Run

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]


class CalledFunction(BaseModel):
    name: str
    arguments: str


class ToolCall(BaseModel):
    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class AssistantReply(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = Field(default=None, exclude_if=lambda calls: not calls)


class Choice(BaseModel):
    index: int = 0
    message: AssistantReply
    logprobs: None = None
    finish_reason: FinishReason


class Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(BaseModel):
    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    system_fingerprint: str
    kernelweave: dict[str, Any] = Field(
        description="How the answer was made: run, route, kernel and version, checks, reason."
    )

    @classmethod
    def of_run(cls, run: Run, result: dict[str, Any]) -> Self:
        """The answer of a run whose `response` is `result`."""
        message = AssistantReply(content=result["content"], tool_calls=result["tool_calls"])
        return cls(
            id=completion_id(run.id),
            created=int(run.created_at.timestamp()),
            model=result["model"],
            choices=[Choice(message=message, finish_reason=result["finish_reason"])],
            usage=Usage(**result["usage"]),
            system_fingerprint=fingerprint(result["model"]),
            kernelweave=result["kernelweave"],
        )


class ChunkDelta(BaseModel):
    """What a chunk adds; absent fields are left out."""

    role: Literal["assistant"] | None = Field(default=None, exclude_if=lambda role: role is None)
    content: str | None = Field(default=None, exclude_if=lambda text: text is None)
    tool_calls: list[dict[str, Any]] | None = Field(
        default=None, exclude_if=lambda calls: not calls
    )


class ChunkChoice(BaseModel):
    index: int = 0
    delta: ChunkDelta
    logprobs: None = None
    finish_reason: FinishReason | None = None


class Chunk(BaseModel):
    """One event of a streamed answer. `kernelweave` rides on the one with the finish reason.

    Where the trace is asked for, others have no choices and in `kernelweave.tried` what was tried.
    """

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChunkChoice]
    usage: Usage | None = Field(default=None, exclude_if=lambda usage: usage is None)
    kernelweave: dict[str, Any] | None = Field(
        default=None, exclude_if=lambda extras: extras is None
    )


def completion_id(run_id: UUID) -> str:
    """The run's id in OpenAI's form."""
    return f"chatcmpl-{run_id.hex}"


@lru_cache
def fingerprint(model: str) -> str:
    """Tells answers of different models apart, as `system_fingerprint` does."""
    return f"kw_{digest_of({'model': model})[:12]}"
