"""How a run's messages become server-sent events."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.utils import timezone

from kwsite.api import streaming
from kwsite.api.errors import AnswerTakesLonger, RunFailed
from kwsite.api.streaming import streamed_reply, with_keep_alive
from trajectories.models import Run
from workers.mailbox import Message, NoAnswerInTime
from workers.request import ChatRequest
from workers.search.options import SearchOptions

CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
FAILURE = {
    "status": 502,
    "type": "server_error",
    "code": "model_server_unavailable",
    "message": "The model server cannot be reached.",
    "retry_after_s": 5,
}


def delta(
    text: str = "", *, attempt: int = 1, calls: list[dict[str, Any]] | None = None
) -> Message:
    return Message(kind="delta", attempt=attempt, text=text, tool_calls=calls or [], result=None)


def done(content: str | None, *, attempt: int = 1, calls: list[Any] | None = None) -> Message:
    result = {
        "content": content,
        "tool_calls": calls or [],
        "finish_reason": "tool_calls" if calls else "stop",
        "model": "scripted",
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        "kernelweave": {"route": "generation"},
    }
    return Message(kind="done", attempt=attempt, text="", tool_calls=[], result=result)


def failed() -> Message:
    return Message(kind="failed", attempt=1, text="", tool_calls=[], result=FAILURE)


async def sent(*messages: Message | Exception) -> AsyncIterator[Message]:
    for message in messages:
        if isinstance(message, Exception):
            raise message
        yield message


def stream(*messages: Message | Exception, include_usage: bool = False) -> list[Any]:
    """The data of every event, parsed."""
    run = Run(id=uuid.uuid4(), created_at=timezone.now())
    request = ChatRequest(
        model="kernelweave", messages=(), max_tokens=9, stream=True, include_usage=include_usage
    )

    async def collect() -> str:
        response = await streamed_reply(run, request, sent(*messages))
        return b"".join([part async for part in response]).decode()

    events = asyncio.run(collect()).removesuffix("\n\n").split("\n\n")
    data = [event.removeprefix("data: ") for event in events]
    return [item if item == "[DONE]" else json.loads(item) for item in data]


def text_of(events: list[Any]) -> str:
    chunks = [event for event in events if event != "[DONE]" and event.get("choices")]
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)


def test_an_answer_starts_with_a_role_and_ends_with_a_reason() -> None:
    events = stream(delta("Hel"), delta("lo"), done("Hello"))
    assert events[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert text_of(events) == "Hello"
    assert events[-2]["choices"][0]["finish_reason"] == "stop"
    assert events[-2]["kernelweave"] == {"route": "generation"}
    assert events[-1] == "[DONE]"


def test_every_chunk_says_whose_it_is_alike() -> None:
    *chunks, _ = stream(delta("Hel"), delta("lo"), done("Hello"), include_usage=True)
    assert len(chunks) == 5
    for name in ("id", "created", "model", "system_fingerprint"):
        assert len({chunk[name] for chunk in chunks}) == 1
    assert chunks[0]["model"] == "kernelweave"


def test_usage_comes_last_and_only_when_asked_for() -> None:
    assert not any("usage" in event for event in stream(done("Hello"))[:-1])
    usage = stream(done("Hello"), include_usage=True)[-2]
    assert usage["choices"] == []
    assert usage["usage"]["total_tokens"] == 5


def test_an_answer_without_deltas_is_sent_whole() -> None:
    assert text_of(stream(done("Hello"))) == "Hello"


def test_what_the_deltas_lacked_comes_with_the_end() -> None:
    assert text_of(stream(delta("Hel"), done("Hello"))) == "Hello"


def test_tool_calls_are_sent_with_their_index() -> None:
    deltas = [event["choices"][0]["delta"] for event in stream(done(None, calls=[CALL]))[:-1]]
    assert deltas[1]["tool_calls"] == [{"index": 0, **CALL}]


def test_tool_calls_that_were_streamed_are_not_sent_again() -> None:
    events = stream(delta(calls=[{"index": 0, **CALL}]), done(None, calls=[CALL]))
    assert sum("tool_calls" in event["choices"][0]["delta"] for event in events[:-1]) == 1


def test_another_worker_that_says_the_same_continues_the_stream() -> None:
    later = [delta(text, attempt=2) for text in ("He", "llo th", "ere")]
    events = stream(delta("Hello"), *later, done("Hello there", attempt=2))
    assert text_of(events) == "Hello there"
    assert events[-1] == "[DONE]"


@pytest.mark.parametrize("retold", ["Good day", "Hel"])
def test_another_worker_that_says_something_else_ends_the_stream(retold: str) -> None:
    events = stream(delta("Hello"), delta(retold, attempt=2), done(retold, attempt=2))
    assert events[-1]["error"]["code"] == "answer_diverged"
    assert "/api/runs/" in events[-1]["error"]["message"]
    assert text_of(events[:-1]) == "Hello"


def test_a_worker_that_was_given_up_is_not_listened_to() -> None:
    events = stream(delta("Hello", attempt=2), delta(" you", attempt=1), done("Hello", attempt=2))
    assert text_of(events) == "Hello"


def test_a_failure_before_the_first_word_is_raised() -> None:
    with pytest.raises(RunFailed):
        stream(failed())
    with pytest.raises(AnswerTakesLonger):
        stream(NoAnswerInTime())


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (failed(), "model_server_unavailable"),
        (NoAnswerInTime(), "answer_takes_longer"),
        (RuntimeError("secret detail"), "internal_error"),
    ],
)
def test_a_later_failure_ends_the_stream_with_an_error(
    failure: Message | Exception, code: str
) -> None:
    events = stream(delta("Hel"), failure)
    assert events[-1]["error"]["code"] == code
    assert "secret" not in events[-1]["error"]["message"]


def test_a_silent_stream_is_kept_alive() -> None:
    async def slow() -> AsyncIterator[Message]:
        await asyncio.sleep(0.05)
        yield delta("Hello")

    async def collect() -> list[Message | None]:
        return [message async for message in with_keep_alive(slow(), first_s=0.02, every_s=0.02)]

    collected = asyncio.run(collect())
    assert collected[0] is None
    assert collected[-1] == delta("Hello")


def test_the_stream_of_a_search_begins_before_its_first_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that its run is known while it works; a failure after that is an event."""
    monkeypatch.setattr(streaming, "BEGIN_S", 0.01)
    run = Run(id=uuid.uuid4(), created_at=timezone.now())
    request = ChatRequest(
        model="kernelweave", messages=(), max_tokens=9, stream=True, search=SearchOptions()
    )

    async def late(last: Message) -> AsyncIterator[Message]:
        await asyncio.sleep(0.05)
        yield last

    async def collect(last: Message) -> list[bytes]:
        response = await streamed_reply(run, request, late(last))
        return [part async for part in response]

    answered = asyncio.run(collect(done("It is so.")))
    assert answered[1] == b": keep-alive\n\n"
    assert any(b"It is so." in part for part in answered)
    assert b"model_server_unavailable" in asyncio.run(collect(failed()))[-1]


def test_what_a_search_tries_is_told_without_choices() -> None:
    tried = Message("delta", 1, tried={"worker": "math", "answer": "42"})
    events = stream(tried, done("42"))
    (told,) = [
        one for one in events if one != "[DONE]" and "tried" in (one.get("kernelweave") or {})
    ]
    assert (told["choices"], told["kernelweave"]["tried"]["answer"]) == ([], "42")
