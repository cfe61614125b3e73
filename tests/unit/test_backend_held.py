"""A model server whose answers are held to their schema."""

import json
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from kernels.decoding.known import ALL, NO_BOUNDS, Known
from workers.backends.completion import Completion, Delta, ModelRequest
from workers.backends.held import HeldToSchema

SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
MESSAGES = ({"role": "user", "content": "Say a."},)


class Server:
    """Answers with these, and remembers what it was asked."""

    def __init__(self, *said: tuple[str, str], known: Known = ALL) -> None:
        self.said, self.requests, self.known = list(said), list[ModelRequest](), known

    def known_bounds(self, schema: dict[str, Any]) -> Known:
        return self.known

    def complete(self, request: ModelRequest) -> Completion:
        self.requests.append(request)
        text, reason = self.said.pop(0)
        return Completion(text, "m", reason, 7, 11)

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        done = self.complete(request)
        yield Delta(text=done.text)
        yield Delta(completion=done)


def asked(**fields: Any) -> ModelRequest:
    return ModelRequest(MESSAGES, 10, **fields)


def test_a_request_without_a_schema_goes_through() -> None:
    server = Server(("hello", "length"))
    assert HeldToSchema(server).complete(asked()) == Completion("hello", "m", "length", 7, 11)
    assert server.requests == [asked()]


def test_the_server_is_given_bounds_that_the_schema_has_not() -> None:
    server = Server(('{"a": "x"}', "stop"))
    done = HeldToSchema(server).complete(asked(schema=SCHEMA))
    assert done == Completion('{"a": "x"}', "m", "stop", 7, 11)
    (request,) = server.requests
    assert request.schema is not None
    assert request.schema["properties"]["a"] == {"type": "string", "maxLength": 58}


def test_the_tokens_of_all_rounds_are_counted() -> None:
    server = Server(('{"a": "x', "length"), ('{"a": "y"}', "stop"))
    done = HeldToSchema(server).complete(replace(asked(schema=SCHEMA), max_tokens=40))
    assert done == Completion('{"a": "y"}', "m", "stop", 14, 22, rounds=2)


def test_an_answer_at_a_bound_that_only_the_tokens_set_ends_by_length() -> None:
    text = json.dumps({"a": "x" * 58})
    assert HeldToSchema(Server((text, "stop"))).complete(asked(schema=SCHEMA)).finish_reason == (
        "length"
    )
    *_, last = HeldToSchema(Server((text, "stop"))).stream(asked(schema=SCHEMA))
    assert last.completion is not None
    assert last.completion.finish_reason == "length"


def test_a_stream_has_one_round_under_bounds() -> None:
    server = Server(('{"a": "x', "length"))
    first, last = HeldToSchema(server).stream(asked(schema=SCHEMA))
    assert (first.text, last.completion) == (
        '{"a": "x',
        Completion('{"a": "x', "m", "length", 7, 11),
    )
    assert server.requests[0].schema != SCHEMA


def test_calls_of_tools_are_left_alone() -> None:
    server = Server(("", "tool_calls"))
    request = asked(schema=SCHEMA, options={"tools": [{"type": "function"}]})
    assert HeldToSchema(server).complete(request).finish_reason == "tool_calls"
    assert server.requests == [request]


@pytest.mark.parametrize(
    ("known", "characters"),
    [
        (ALL, 1800),  # prose: 390 of 512 tokens
        (Known(frozenset({"maxItems"})), 3070),  # as long as a bound that was not sent
        (NO_BOUNDS, 3070),
    ],
)
def test_an_answer_that_ends_by_itself_is_whole(known: Known, characters: int) -> None:
    text = json.dumps({"a": "x" * characters})
    request = replace(asked(schema=SCHEMA), max_tokens=512)
    server = Server((text, "stop"), (text, "stop"), known=known)
    assert HeldToSchema(server).complete(request).finish_reason == "stop"
    *_, last = HeldToSchema(server).stream(request)
    assert last.completion is not None
    assert last.completion.finish_reason == "stop"
    for sent in server.requests:
        assert sent.schema is not None
        assert ("maxLength" in sent.schema["properties"]["a"]) == (known is ALL)
