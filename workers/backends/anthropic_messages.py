"""Anthropic's messages API as a backend."""

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import anthropic
from pydantic import BaseModel, ValidationError

from kernels.decoding.known import NO_BOUNDS, Known
from workers.backends.anthropic_request import body_of
from workers.backends.assembly import Assembly
from workers.backends.calls import answer, events
from workers.backends.completion import BackendGarbage, Completion, Delta, ModelRequest
from workers.backends.deadline import http_client

PATH = "/v1/messages"
DEFAULT_BASE_URL = "https://api.anthropic.com"
FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class AnthropicMessages:
    """A model behind Anthropic's messages API. Threads may share one instance.

    `base_url` is without a version; empty means Anthropic's own. `timeout_s` bounds a whole call,
    a streamed one included.
    """

    def __init__(
        self, *, base_url: str, api_key: str, model: str, timeout_s: float, connect_timeout_s: float
    ) -> None:
        self.model = model
        self.timeout_s = timeout_s
        self.client = anthropic.Anthropic(
            base_url=base_url or DEFAULT_BASE_URL,
            api_key=api_key or "none",
            max_retries=0,
            timeout=timeout_s,
            http_client=http_client(timeout_s=timeout_s, connect_timeout_s=connect_timeout_s),
        )

    def complete(self, request: ModelRequest) -> Completion:
        """The whole answer at once."""
        body = body_of(request, self.model)
        reply = answer(
            lambda: self.client.post(PATH, cast_to=object, body=body), timeout_s=self.timeout_s
        )
        return completion_of(reply)

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        """The answer in pieces; the last delta carries the whole of it."""
        body = body_of(request, self.model) | {"stream": True}
        stream_cls = anthropic.Stream[object]
        found = events(
            lambda: self.client.post(
                PATH, cast_to=object, body=body, stream=True, stream_cls=stream_cls
            ),
            timeout_s=self.timeout_s,
        )
        with closing(found):
            yield from deltas_of(found, self.model)

    def known_bounds(self, schema: dict[str, Any]) -> Known:
        """None: the API's grammars hold no lengths, counts or patterns."""
        return NO_BOUNDS


# What is read of an answer. Thinking and the blocks of server-side tools are ignored.


class Usage(BaseModel):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None

    @property
    def prompt_tokens(self) -> int:
        written, read = self.cache_creation_input_tokens, self.cache_read_input_tokens
        return (self.input_tokens or 0) + (written or 0) + (read or 0)


class Block(BaseModel):
    type: str
    text: str = ""
    id: str = ""
    name: str = ""
    input: dict[str, Any] = {}


class Reply(BaseModel):
    model: str
    content: list[Block]
    stop_reason: str
    usage: Usage = Usage()


class Started(BaseModel):
    model: str
    usage: Usage = Usage()


class Piece(BaseModel):
    """The `delta` of a block or of the message."""

    type: str = ""
    text: str = ""
    partial_json: str = ""
    stop_reason: str | None = None


class Event(BaseModel):
    type: str
    index: int = 0
    message: Started | None = None
    content_block: Block | None = None
    delta: Piece = Piece()
    usage: Usage = Usage()


def completion_of(reply: object) -> Completion:
    """The completion in a decoded answer. Raises `BackendGarbage` when there is none."""
    found = _reply(reply)
    return Completion(
        text="".join(block.text for block in found.content if block.type == "text"),
        model=found.model,
        finish_reason=_finish_reason(found.stop_reason),
        prompt_tokens=found.usage.prompt_tokens,
        completion_tokens=found.usage.output_tokens or 0,
        tool_calls=tuple(_tool_call(block) for block in found.content if block.type == "tool_use"),
    )


def deltas_of(found: Iterator[object], asked_model: str) -> Generator[Delta, None, None]:
    """Deltas of decoded events. Raises `BackendGarbage` when they stop before a stop reason."""
    streamed = _StreamedAnswer(model=asked_model)
    for raw in found:
        delta = streamed.take(_event(raw))
        if delta.text or delta.tool_calls:
            yield delta
    yield Delta(completion=streamed.completion())


@dataclass
class _StreamedAnswer:
    """The answer as far as its events have arrived."""

    model: str
    stop_reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    assembly: Assembly = field(default_factory=Assembly)
    call_indexes: dict[int, int] = field(default_factory=dict)  # block index -> tool call index

    def take(self, event: Event) -> Delta:
        if event.message is not None:
            self.model = event.message.model
            self._count(event.message.usage)
        self._count(event.usage)
        self.stop_reason = event.delta.stop_reason or self.stop_reason
        delta = Delta(text=self._text(event), tool_calls=self._calls(event))
        self.assembly.add(delta.text, delta.tool_calls)
        return delta

    def completion(self) -> Completion:
        if not self.stop_reason:
            raise BackendGarbage("The model server's stream ended before the answer did.")
        return Completion(
            text=self.assembly.text,
            model=self.model,
            finish_reason=_finish_reason(self.stop_reason),
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            tool_calls=self.assembly.tool_calls,
        )

    def _count(self, usage: Usage) -> None:
        """Counts are cumulative: the latest that is given holds."""
        self.prompt_tokens = usage.prompt_tokens or self.prompt_tokens
        self.completion_tokens = usage.output_tokens or self.completion_tokens

    def _text(self, event: Event) -> str:
        if event.content_block is not None and event.content_block.type == "text":
            return event.content_block.text
        return event.delta.text

    def _calls(self, event: Event) -> tuple[dict[str, Any], ...]:
        if event.content_block is not None and event.content_block.type == "tool_use":
            index = self.call_indexes[event.index] = len(self.call_indexes)
            return ({"index": index, **_tool_call(event.content_block, arguments="")},)
        if event.index not in self.call_indexes:
            return ()
        index = self.call_indexes[event.index]
        arguments = event.delta.partial_json or self._absent_arguments(event, index)
        return ({"index": index, "function": {"arguments": arguments}},) if arguments else ()

    def _absent_arguments(self, event: Event, index: int) -> str:
        """A tool without parameters streams no JSON at all; OpenAI's clients expect an object."""
        said = self.assembly.calls[index]["function"]["arguments"]
        return "{}" if event.type == "content_block_stop" and not said else ""


def _reply(reply: object) -> Reply:
    """A checked answer; the SDK leaves a body that is not labelled JSON as text."""
    try:
        return Reply.model_validate(json.loads(reply) if isinstance(reply, str) else reply)
    except ValidationError as error:
        raise BackendGarbage(_not_a_message(error)) from error
    except ValueError as error:
        raise BackendGarbage(f"The model server did not answer in JSON: {error}") from error


def _event(raw: object) -> Event:
    try:
        return Event.model_validate(raw)
    except ValidationError as error:
        raise BackendGarbage(_not_a_message(error)) from error


def _not_a_message(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the answer"
    return f"The model server answered something that is not a message: {where}: {first['msg']}"


def _tool_call(block: Block, arguments: str | None = None) -> dict[str, Any]:
    said = json.dumps(block.input) if arguments is None else arguments
    function = {"name": block.name, "arguments": said}
    return {"id": block.id, "type": "function", "function": function}


def _finish_reason(said: str) -> str:
    if said not in FINISH_REASONS:
        raise BackendGarbage(f"The model server ended its answer for an unknown reason: {said}")
    return FINISH_REASONS[said]
