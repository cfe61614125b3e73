"""The Anthropic backend: its requests, and its answers from a scripted endpoint."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.scripted_anthropic import Messages
from tests.scripted_server import ScriptedServer, serve
from workers.backends.anthropic_messages import AnthropicMessages, completion_of, deltas_of
from workers.backends.anthropic_request import body_of
from workers.backends.completion import (
    BackendGarbage,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
    Completion,
    ModelRequest,
)

CALL = {
    "id": "call-1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
}
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}

Ask = Callable[[AnthropicMessages, ModelRequest], Completion]


def at_once(backend: AnthropicMessages, request: ModelRequest) -> Completion:
    return backend.complete(request)


def streamed(backend: AnthropicMessages, request: ModelRequest) -> Completion:
    last = list(backend.stream(request))[-1].completion
    assert last is not None
    return last


either_way = pytest.mark.parametrize("ask", [at_once, streamed])


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serve(form=Messages()) as server:
        server.text = "Hello, wide world"
        yield server


def backend_for(server: ScriptedServer, timeout_s: float = 5.0) -> AnthropicMessages:
    return AnthropicMessages(
        base_url=server.base_url,
        api_key="secret",
        model="small",
        timeout_s=timeout_s,
        connect_timeout_s=1.0,
    )


def asking(*messages: dict[str, Any], **fields: Any) -> ModelRequest:
    return ModelRequest(messages or ({"role": "user", "content": "hi"},), max_tokens=64, **fields)


def body(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return body_of(asking(*messages, **fields), "small")


@either_way
def test_it_returns_the_whole_answer_with_its_usage(server: ScriptedServer, ask: Ask) -> None:
    assert ask(backend_for(server), asking()) == Completion(
        text="Hello, wide world",
        model="small",
        finish_reason="stop",
        prompt_tokens=10,
        completion_tokens=5,
    )
    assert server.headers[0]["authorization"] == "Bearer secret"


@either_way
def test_it_returns_tool_calls(server: ScriptedServer, ask: Ask) -> None:
    server.tool_calls = [
        {"id": "call-1", "name": "weather", "input": {"city": "Oslo"}},
        {"id": "call-2", "name": "time", "input": {}},
    ]
    completion = ask(backend_for(server), asking())
    no_arguments = {"name": "time", "arguments": "{}"}
    assert completion.tool_calls == (CALL, {**CALL, "id": "call-2", "function": no_arguments})
    assert completion.finish_reason == "tool_calls"


def test_it_streams_text_in_pieces(server: ScriptedServer) -> None:
    deltas = list(backend_for(server).stream(asking()))
    assert [delta.text for delta in deltas] == ["Hello,", " wide", " world", ""]


@either_way
@pytest.mark.parametrize(
    ("said", "means"),
    [("max_tokens", "length"), ("stop_sequence", "stop"), ("refusal", "content_filter")],
)
def test_it_translates_the_stop_reason(ask: Ask, said: str, means: str) -> None:
    with serve(form=Messages(stop_reason=said)) as server:
        assert ask(backend_for(server), asking()).finish_reason == means


@either_way
@pytest.mark.parametrize(
    ("mode", "error", "says"),
    [
        ("error500", BackendUnavailable, "the model crashed"),
        ("busy429", BackendUnavailable, "slow down"),
        ("reject401", BackendUnavailable, "KW_LLM_API_KEY"),
        ("reject400", BackendRejected, "the prompt is longer than the context"),
        ("close", BackendUnavailable, "disconnected"),
        ("garbage", BackendGarbage, "not a message|not answer in JSON"),
        ("html", BackendGarbage, "not answer in JSON|stream ended"),
        ("cut", BackendGarbage, "not answer in JSON|stream ended"),
    ],
)
def test_it_names_each_failure(
    server: ScriptedServer, ask: Ask, mode: str, error: type[Exception], says: str
) -> None:
    server.mode = mode
    with pytest.raises(error, match=says):
        ask(backend_for(server), asking())


@either_way
@pytest.mark.parametrize("mode", ["slow", "drip", "drip_headers"])
def test_it_gives_up_at_the_deadline(server: ScriptedServer, ask: Ask, mode: str) -> None:
    server.mode = mode
    started = time.monotonic()
    with pytest.raises(BackendTimeout):
        ask(backend_for(server, timeout_s=0.3), asking())
    assert time.monotonic() - started < 10


def test_a_stream_that_breaks_off_is_the_servers_failure(server: ScriptedServer) -> None:
    server.mode = "hangup"
    with pytest.raises(BackendUnavailable):
        list(backend_for(server).stream(asking()))


class FailingMidway(Messages):
    def events(self, server: ScriptedServer, body: dict[str, Any]) -> Iterator[str]:
        yield next(super().events(server, body))
        error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        yield f"event: error\ndata: {json.dumps(error)}\n\n"


def test_an_error_in_the_middle_of_a_stream_is_the_servers_failure() -> None:
    with serve(form=FailingMidway()) as server, pytest.raises(BackendUnavailable, match="Overload"):
        list(backend_for(server).stream(asking()))


def test_it_takes_system_and_developer_messages_out_of_the_turns() -> None:
    sent = body(
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": "hi"},
    )
    assert [block["text"] for block in sent["system"]] == ["Be brief.", "Be kind."]
    assert sent["messages"] == [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]


def test_tool_results_answer_the_calls_in_one_user_turn() -> None:
    other = {**CALL, "id": "call-2"}
    _, assistant, user = body(
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": [CALL, other]},
        {"role": "tool", "tool_call_id": "call-1", "content": "rain"},
        {"role": "tool", "tool_call_id": "call-2", "content": "sun"},
        {"role": "user", "content": "so?"},
    )["messages"]
    use = {"type": "tool_use", "id": "call-1", "name": "weather", "input": {"city": "Oslo"}}
    assert assistant["content"] == [use, {**use, "id": "call-2"}]
    assert [block["type"] for block in user["content"]] == ["tool_result", "tool_result", "text"]
    assert user["content"][0] == {
        "type": "tool_result",
        "tool_use_id": "call-1",
        "content": [{"type": "text", "text": "rain"}],
    }


def test_it_sends_images_by_address_or_by_value() -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
    ]
    by_address, by_value = body({"role": "user", "content": parts})["messages"][0]["content"]
    assert by_address["source"] == {"type": "url", "url": "https://example.com/a.png"}
    assert by_value["source"] == {"type": "base64", "media_type": "image/png", "data": "aGk="}


def test_it_rejects_a_message_part_the_api_does_not_know() -> None:
    with pytest.raises(BackendRejected, match="input_audio"):
        body({"role": "user", "content": [{"type": "input_audio"}]})


def test_it_rejects_tool_call_arguments_that_are_not_json() -> None:
    broken = {**CALL, "function": {"name": "weather", "arguments": "{oops"}}
    with pytest.raises(BackendRejected, match="call-1"):
        body({"role": "assistant", "content": None, "tool_calls": [broken]})


def test_it_converts_tools() -> None:
    sent = body(options={"tools": [TOOL], "parallel_tool_calls": False})
    assert sent["tools"] == [
        {
            "name": "weather",
            "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
            "description": "Weather in a city.",
        }
    ]
    assert sent["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        (
            {"type": "function", "function": {"name": "weather"}},
            {"type": "tool", "name": "weather"},
        ),
    ],
)
def test_it_converts_the_tool_choice(asked: Any, sent: dict[str, str]) -> None:
    assert body(options={"tools": [TOOL], "tool_choice": asked})["tool_choice"] == sent


def test_it_renames_converts_and_drops_options() -> None:
    options = {"stop": "END", "user": "u-1", "seed": 7, "temperature": 0.2, "top_k": 5}
    assert body(options=options) == {
        **body(),
        "stop_sequences": ["END"],
        "metadata": {"user_id": "u-1"},
        "temperature": 0.2,
        "top_k": 5,
    }


def test_it_asks_for_the_schema_as_structured_output() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}
    sent = body(schema=schema)["output_config"]["format"]
    assert sent["type"] == "json_schema"
    assert sent["schema"]["additionalProperties"] is False
    assert "minimum: 1" in sent["schema"]["properties"]["n"]["description"]


def test_it_can_only_ask_for_a_json_object() -> None:
    assert "JSON object" in body(json_object=True)["system"][-1]["text"]


@pytest.mark.parametrize(
    "reply",
    [
        {},
        None,
        "plain text",
        {"model": "m", "content": None, "stop_reason": "end_turn"},
        {"model": "m", "content": [], "stop_reason": None},
        {"model": "m", "content": [], "stop_reason": "eaten by a cat"},
    ],
)
def test_it_takes_nothing_else_for_a_completion(reply: object) -> None:
    with pytest.raises(BackendGarbage):
        completion_of(reply)


def test_events_that_stop_early_are_no_completion() -> None:
    with pytest.raises(BackendGarbage):
        list(deltas_of(iter([{"type": "ping"}]), "m"))
