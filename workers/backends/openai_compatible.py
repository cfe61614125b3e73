"""Any server that speaks OpenAI's chat completions: llama.cpp, vLLM, Ollama, OpenAI itself."""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import openai
from pydantic import BaseModel, Field, ValidationError

from kernels.decoding.known import Known
from workers.backends.assembly import Assembly
from workers.backends.calls import answer, events
from workers.backends.completion import BackendGarbage, Completion, Delta, ModelRequest
from workers.backends.deadline import http_client
from workers.backends.dialects import Dialect, constraint, known_bounds
from workers.backends.grammar_schema import for_grammar
from workers.backends.prefix import CONTINUES, Continues, fields_of, messages_of, without_prefix

PATH = "/chat/completions"
FINISH_REASONS = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


class OpenAICompatible:
    """A model behind OpenAI's chat completions API. Threads may share one instance.

    `base_url` ends in the version, as in `http://127.0.0.1:8080/v1`. `timeout_s` bounds a whole
    call, a streamed one included. `dialect` is that of schemas; OpenAI itself is known by
    its address. `fixed` are fields of every call.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        model: str,
        timeout_s: float,
        connect_timeout_s: float,
        dialect: Dialect = "llama.cpp",
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.fixed = dict(fixed or {})
        self.timeout_s = timeout_s
        self.dialect: Dialect = "openai" if at_openai(base_url) else dialect
        self.continues: Continues = CONTINUES[self.dialect]
        self.limit_name = "max_completion_tokens" if self.dialect == "openai" else "max_tokens"
        self.client = openai.OpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            http_client=http_client(timeout_s=timeout_s, connect_timeout_s=connect_timeout_s),
        )

    def complete(self, request: ModelRequest) -> Completion:
        """The whole answer at once."""
        body = self.body(request)
        reply = answer(
            lambda: self.client.post(PATH, cast_to=object, body=body), timeout_s=self.timeout_s
        )
        done = completion_of(reply, self.model)
        return replace(done, text=without_prefix(done.text, request))

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        """The answer in pieces; the last delta carries the whole of it."""
        body = self.body(request) | {"stream": True, "stream_options": {"include_usage": True}}
        stream_cls = openai.Stream[object]
        chunks = events(
            lambda: self.client.post(
                PATH, cast_to=object, body=body, stream=True, stream_cls=stream_cls
            ),
            timeout_s=self.timeout_s,
        )
        with closing(chunks):
            yield from deltas_of(chunks, self.model)

    def known_bounds(self, schema: dict[str, Any]) -> Known:
        """Which bounds of a schema the server's grammar holds."""
        return known_bounds(self.dialect, schema)

    def body(self, request: ModelRequest) -> dict[str, Any]:
        """The JSON body of the call. The request's options go in unchanged, but for schemas."""
        body = {
            **request.options,
            "model": self.model,
            **fields_of(request, self.continues),
            "messages": list(messages_of(request, self.continues)),
            self.limit_name: request.max_tokens,
        }
        if isinstance(tools := request.options.get("tools"), list):
            body["tools"] = for_grammar(tools)
        if request.schema is not None:
            # llama.cpp takes no grammar beside tools.
            plain = self.dialect == "llguidance" and "tools" in body
            body |= constraint("llama.cpp" if plain else self.dialect, request.schema)
        elif request.json_object:
            body["response_format"] = {"type": "json_object"}
        return body | self.fixed


def at_openai(base_url: str) -> bool:
    """Whether it is OpenAI's own server, which refuses what all others know, and the reverse."""
    return urlsplit(base_url).hostname == "api.openai.com"


# What is read of an answer. Everything else a server adds is ignored.


class Function(BaseModel):
    name: str | None = None
    arguments: str | None = None


class ToolCall(BaseModel):
    index: int = 0
    id: str | None = None
    type: str | None = None
    function: Function = Function()


class Message(BaseModel):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(BaseModel):
    index: int = 0
    message: Message
    finish_reason: str


class ChunkChoice(BaseModel):
    index: int = 0
    delta: Message = Message()
    finish_reason: str | None = None


class Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Reply(BaseModel):
    model: str | None = None
    choices: list[Choice] = Field(min_length=1)
    usage: Usage | None = None


class Chunk(BaseModel):
    model: str | None = None
    choices: list[ChunkChoice] = []
    usage: Usage | None = None


def completion_of(reply: object, asked_model: str) -> Completion:
    """The completion in a decoded answer. Raises `BackendGarbage` when there is none."""
    found = _reply(reply)
    choice, usage = found.choices[0], found.usage or Usage()
    message = choice.message
    if message.content is None and not message.tool_calls and message.refusal is None:
        raise BackendGarbage("The model server's answer has neither content nor tool calls.")
    return Completion(
        text=message.content or message.refusal or "",
        model=found.model or asked_model,
        finish_reason=_finish_reason(choice.finish_reason, refused=bool(message.refusal)),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        tool_calls=tuple(_whole_call(call) for call in message.tool_calls or []),
    )


def deltas_of(chunks: Iterator[object], asked_model: str) -> Generator[Delta, None, None]:
    """Deltas of decoded chunks. Raises `BackendGarbage` when they stop before a finish reason."""
    assembly, usage, model, finish_reason, refused = Assembly(), Usage(), asked_model, "", False
    for raw in chunks:
        chunk = _chunk(raw)
        model, usage = chunk.model or model, chunk.usage or usage
        for choice in chunk.choices:
            if choice.index > 0:  # the request asked for more answers than one
                continue
            finish_reason = choice.finish_reason or finish_reason
            refused = refused or bool(choice.delta.refusal)
            delta = _delta(choice.delta)
            assembly.add(delta.text, delta.tool_calls)
            if delta.text or delta.tool_calls:
                yield delta
    if not finish_reason:
        raise BackendGarbage("The model server's stream ended before the answer did.")
    yield Delta(
        completion=Completion(
            text=assembly.text,
            model=model,
            finish_reason=_finish_reason(finish_reason, refused=refused),
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            tool_calls=assembly.tool_calls,
        )
    )


def _reply(reply: object) -> Reply:
    """A checked answer; the SDK leaves a body that is not labelled JSON as text."""
    try:
        return Reply.model_validate(json.loads(reply) if isinstance(reply, str) else reply)
    except ValidationError as error:
        raise BackendGarbage(_not_a_completion(error)) from error
    except ValueError as error:
        raise BackendGarbage(f"The model server did not answer in JSON: {error}") from error


def _chunk(raw: object) -> Chunk:
    try:
        return Chunk.model_validate(raw)
    except ValidationError as error:
        raise BackendGarbage(_not_a_completion(error)) from error


def _not_a_completion(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the answer"
    return f"The model server answered something that is not a completion: {where}: {first['msg']}"


def _delta(message: Message) -> Delta:
    calls = message.tool_calls or []
    return Delta(
        text=message.content or message.refusal or "",
        tool_calls=tuple(call.model_dump(exclude_none=True) for call in calls),
    )


def _whole_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.function.name or "", "arguments": call.function.arguments or ""}
    return {"id": call.id or "", "type": "function", "function": function}


def _finish_reason(said: str, *, refused: bool) -> str:
    if refused:
        return "content_filter"
    if said not in FINISH_REASONS:
        raise BackendGarbage(f"The model server ended its answer for an unknown reason: {said}")
    return FINISH_REASONS[said]
