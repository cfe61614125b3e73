"""The OpenAI-compatible backend against a scripted server on the loopback."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.scripted_server import ChatCompletions, ScriptedServer, serve
from workers.backends.completion import (
    BackendGarbage,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
    Completion,
    Delta,
    ModelRequest,
)
from workers.backends.openai_compatible import OpenAICompatible, completion_of

SCHEMA = {
    "type": "object",
    "properties": {"city": {"enum": ["Oslo", "Rome"]}},
    "required": ["city"],
}
CALL = {
    "id": "call-1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
}
OTHER_CALL = {**CALL, "id": "call-2", "function": {"name": "time", "arguments": "{}"}}

Ask = Callable[[OpenAICompatible, ModelRequest], Completion]


def at_once(backend: OpenAICompatible, request: ModelRequest) -> Completion:
    return backend.complete(request)


def streamed(backend: OpenAICompatible, request: ModelRequest) -> Completion:
    last = list(backend.stream(request))[-1].completion
    assert last is not None
    return last


either_way = pytest.mark.parametrize("ask", [at_once, streamed])


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serve() as server:
        yield server


def backend_for(server: ScriptedServer, **changes: Any) -> OpenAICompatible:
    defaults: dict[str, Any] = {
        "base_url": server.base_url,
        "api_key": "secret",
        "model": "small",
        "timeout_s": 5.0,
        "connect_timeout_s": 1.0,
    }
    return OpenAICompatible(**defaults | changes)


def asking(text: str = "one two three", **fields: Any) -> ModelRequest:
    return ModelRequest(({"role": "user", "content": text},), max_tokens=64, **fields)


@either_way
def test_it_returns_the_whole_answer_with_its_usage(server: ScriptedServer, ask: Ask) -> None:
    server.text = "Hello, wide world — 你好"
    assert ask(backend_for(server), asking()) == Completion(
        text="Hello, wide world — 你好",
        model="small",
        finish_reason="stop",
        prompt_tokens=1,
        completion_tokens=5,
    )


def test_it_sends_the_model_the_limit_and_the_key(server: ScriptedServer) -> None:
    backend_for(server).complete(asking("hi"))
    assert server.requests == [
        {"model": "small", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 64}
    ]
    assert server.headers[0]["authorization"] == "Bearer secret"


def test_it_passes_options_through_whether_openai_knows_them_or_not(server: ScriptedServer) -> None:
    options = {"temperature": 0, "stop": ["\n"], "seed": 7, "top_k": 3, "grammar": "root ::= x"}
    backend_for(server).complete(asking(options=options))
    assert server.requests[0].items() >= options.items()


def test_no_option_replaces_the_model_or_the_limit(server: ScriptedServer) -> None:
    backend_for(server).complete(asking(options={"model": "dear", "max_tokens": 9_000}))
    assert (server.requests[0]["model"], server.requests[0]["max_tokens"]) == ("small", 64)


def test_it_asks_openai_itself_for_a_limit_by_the_newer_name(server: ScriptedServer) -> None:
    at_openai = backend_for(server, base_url="https://api.openai.com/v1").body(asking())
    assert (at_openai["max_completion_tokens"], "max_tokens" in at_openai) == (64, False)
    elsewhere = backend_for(server, base_url="https://vllm.example.com/v1").body(asking())
    assert elsewhere["max_tokens"] == 64


@either_way
def test_it_asks_for_the_schema_strictly(server: ScriptedServer, ask: Ask) -> None:
    assert ask(backend_for(server), asking(schema=SCHEMA)).text == '{"city": "Oslo"}'
    assert server.requests[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
    }


@either_way
def test_it_asks_vllm_for_the_schema_by_its_own_parameter(server: ScriptedServer, ask: Ask) -> None:
    schema = {"type": "array", "items": {"type": "number", "multipleOf": 2}, "uniqueItems": True}
    ask(backend_for(server, dialect="vllm"), asking(schema=schema))
    sent = server.requests[0]
    assert sent["structured_outputs"] == {"json": {"type": "array", "items": {"type": "number"}}}
    assert "response_format" not in sent


def test_it_asks_openai_itself_in_its_strict_subset(server: ScriptedServer) -> None:
    schema = SCHEMA | {"minProperties": 1}
    backend = backend_for(server, base_url="https://api.openai.com/v1")
    assert backend.body(asking(schema=schema))["response_format"] == {
        "type": "json_schema",
        "json_schema": {
            "name": "answer",
            "strict": True,
            "schema": SCHEMA | {"additionalProperties": False},
        },
    }
    free = {"type": "object", "additionalProperties": {"type": "string"}}
    loose = backend.body(asking(schema=free))["response_format"]["json_schema"]
    assert loose == {"name": "answer", "strict": False, "schema": free}


def test_it_asks_for_a_json_object(server: ScriptedServer) -> None:
    assert backend_for(server).complete(asking(json_object=True)).text == "{}"
    assert server.requests[0]["response_format"] == {"type": "json_object"}


@either_way
def test_it_returns_tool_calls(server: ScriptedServer, ask: Ask) -> None:
    server.tool_calls = [CALL, OTHER_CALL]
    completion = ask(backend_for(server), asking())
    assert completion.tool_calls == (CALL, OTHER_CALL)
    assert (completion.text, completion.finish_reason) == ("", "tool_calls")


def test_it_streams_tool_calls_in_pieces(server: ScriptedServer) -> None:
    server.tool_calls = [CALL]
    first, second, third, last = backend_for(server).stream(asking())
    assert first.tool_calls[0] == {
        "index": 0,
        "id": "call-1",
        "type": "function",
        "function": {"name": "weather", "arguments": ""},
    }
    assert second.tool_calls == ({"index": 0, "function": {"arguments": '{"city":'}},)
    assert third.tool_calls == ({"index": 0, "function": {"arguments": ' "Oslo"}'}},)
    assert last.completion is not None


def test_it_streams_tokens_as_they_come(server: ScriptedServer) -> None:
    server.delay_s = 0.2
    backend = backend_for(server)
    deltas = backend.stream(asking())
    assert next(deltas) == Delta(text="one")
    first = time.monotonic()
    assert [delta.text for delta in deltas] == [" two", " three", ""]
    assert time.monotonic() - first > server.delay_s  # the others were not there yet


@either_way
def test_it_counts_zero_when_the_server_counts_nothing(server: ScriptedServer, ask: Ask) -> None:
    server.with_usage = False
    completion = ask(backend_for(server), asking())
    assert (completion.prompt_tokens, completion.completion_tokens) == (0, 0)


@either_way
@pytest.mark.parametrize(
    ("mode", "error", "says"),
    [
        ("error500", BackendUnavailable, r"failed \(500\): the model crashed"),
        ("busy429", BackendUnavailable, "rate limit: slow down"),
        ("reject401", BackendUnavailable, "KW_LLM_API_KEY"),
        ("reject400", BackendRejected, "the prompt is longer than the context"),
        ("noimages500", BackendRejected, r"refused the request \(500\): image input is not"),
        ("close", BackendUnavailable, "disconnected"),
        ("garbage", BackendGarbage, "not a completion|not answer in JSON"),
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


def test_the_deadline_holds_for_a_stream_that_does_make_progress(server: ScriptedServer) -> None:
    server.text, server.delay_s = "word " * 100, 0.05
    deltas = backend_for(server, timeout_s=0.3).stream(asking())
    with pytest.raises(BackendTimeout):
        list(deltas)


def test_the_deadline_holds_when_each_piece_is_read_in_another_thread(
    server: ScriptedServer,
) -> None:
    deltas = backend_for(server).stream(asking())
    read: list[Delta] = []
    for _ in range(4):
        thread = threading.Thread(target=lambda: read.append(next(deltas)))
        thread.start()
        thread.join()
    assert read[-1].completion is not None


def test_a_stream_that_breaks_off_is_the_servers_failure(server: ScriptedServer) -> None:
    server.mode = "hangup"
    with pytest.raises(BackendUnavailable):
        list(backend_for(server).stream(asking()))


@dataclass(frozen=True)
class FailingMidway(ChatCompletions):
    error: str = ""

    def events(self, server: ScriptedServer, body: dict[str, Any]) -> Iterator[str]:
        yield next(super().events(server, body))
        yield f"data: {self.error}\n\n"


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ('{"error": {"code": 400, "message": "out of context"}}', BackendRejected),
        ('{"error": {"code": 500, "message": "out of context"}}', BackendUnavailable),
        ('{"error": {"message": "out of context"}}', BackendUnavailable),
    ],
)
def test_it_names_a_failure_in_the_middle_of_a_stream(event: str, error: type[Exception]) -> None:
    with serve(form=FailingMidway(error=event)) as server:
        deltas = backend_for(server).stream(asking())
        assert next(deltas).text == "one"
        with pytest.raises(error, match="out of context"):
            next(deltas)


def test_it_cannot_reach_a_port_where_nothing_listens(server: ScriptedServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        backend = backend_for(server, base_url=address)
        with pytest.raises(BackendUnavailable):
            backend.complete(asking())


def test_it_works_again_after_a_failure(server: ScriptedServer) -> None:
    backend = backend_for(server)
    server.mode = "close"
    with pytest.raises(BackendUnavailable):
        backend.complete(asking())
    server.mode = "ok"
    assert backend.complete(asking("hi")).text == "hi"


def test_a_stream_left_early_lets_its_connection_go(server: ScriptedServer) -> None:
    backend = backend_for(server)
    for _ in range(3):
        deltas = backend.stream(asking())
        next(deltas)
        deltas.close()
    assert backend.complete(asking("hi")).text == "hi"


def test_threads_share_one_backend(server: ScriptedServer) -> None:
    backend, texts = backend_for(server), [f"number {n}" for n in range(16)]
    answers: set[str] = set()
    threads = [
        threading.Thread(target=lambda t=text: answers.add(backend.complete(asking(t)).text))
        for text in texts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == set(texts)


@pytest.mark.parametrize(
    "reply",
    [
        {},
        [],
        None,
        "plain text",
        {"choices": []},
        {"choices": [{"message": {"content": None}, "finish_reason": "stop"}]},
        {"choices": [{"message": {"content": "x"}, "finish_reason": None}]},
        {"choices": [{"message": {"content": "x"}, "finish_reason": "eaten by a cat"}]},
    ],
)
def test_it_takes_nothing_else_for_a_completion(reply: object) -> None:
    with pytest.raises(BackendGarbage):
        completion_of(reply, "small")


def test_a_refusal_is_filtered_content() -> None:
    message = {"content": None, "refusal": "I will not."}
    completion = completion_of({"choices": [{"message": message, "finish_reason": "stop"}]}, "m")
    assert (completion.text, completion.finish_reason) == ("I will not.", "content_filter")
