"""The official OpenAI client, unchanged, against the running stack."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import BaseModel, Field

from tests.scripted_anthropic import Messages
from tests.scripted_server import ScriptedServer, serve
from tests.stack_fixtures import StackProcess

MODEL = "kernelweave"
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Say hello in one word."}]
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"enum": ["Paris", "Rome"]}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


PARIS = {"city": "Paris"}
TOOL_USE: dict[str, Any] = {"id": "call_1", "name": "weather", "input": PARIS}


class Person(BaseModel):
    name: str = Field(max_length=20)
    age: int = Field(ge=0, le=150)


@pytest.fixture
def client(running_stack: StackProcess) -> OpenAI:
    return OpenAI(base_url=running_stack.base_url, api_key=running_stack.api_key, max_retries=0)


@pytest.fixture(scope="module")
def tool_model() -> Iterator[ScriptedServer]:
    """A model server in Anthropic's form that calls tools as told (the embedded model cannot)."""
    with serve(form=Messages()) as server:
        yield server


@pytest.fixture(scope="module")
def tool_client(
    tool_model: ScriptedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenAI]:
    model = {
        "KW_LLM_PROVIDER": "anthropic",
        "KW_LLM_BASE_URL": tool_model.base_url,
        "KW_LLM_API_KEY": "any",
        "KW_LLM_MODEL": "tool-model",
    }
    stack = StackProcess(tmp_path_factory.mktemp("tools"), model)
    try:
        stack.wait_until_ready()
        yield OpenAI(base_url=stack.base_url, api_key=stack.api_key, max_retries=0)
    finally:
        stack.stop()


def extras(reply: Any) -> dict[str, Any]:
    """The `kernelweave` field of a reply."""
    found: dict[str, Any] = reply.model_extra["kernelweave"]
    return found


def test_it_lists_and_retrieves_models(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert MODEL in names
    assert [client.models.retrieve(name).id for name in names] == names


def test_a_chat_has_an_answer_with_usage_and_our_extras(client: OpenAI) -> None:
    reply = client.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=16)
    assert reply.object == "chat.completion"
    assert reply.choices[0].message.content
    assert reply.choices[0].finish_reason in ("stop", "length")
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert extras(reply)["route"] in ("generation", "kernel")


def test_the_request_id_is_the_run(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=HELLO, max_tokens=8
    )
    run_id = UUID(raw.headers["x-request-id"])
    assert raw.parse().id == f"chatcmpl-{run_id.hex}"
    report = client.get(f"../api/runs/{run_id}", cast_to=object)
    assert report["status"] == "done"  # type: ignore[index]
    assert report["response"]["id"] == f"chatcmpl-{run_id.hex}"  # type: ignore[index]


def test_a_stream_is_the_whole_answer_in_pieces(client: OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model=MODEL,
            messages=HELLO,
            max_tokens=16,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert len({(chunk.id, chunk.model, chunk.system_fingerprint) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    pieces = [c.choices[0].delta.content for c in chunks if c.choices]
    run_id = UUID(chunks[0].id.removeprefix("chatcmpl-"))
    run: Any = client.get(f"../api/runs/{run_id}", cast_to=object)
    assert (
        "".join(piece or "" for piece in pieces)
        == (run["response"]["choices"][0]["message"]["content"])
    )
    assert sum(bool(piece) for piece in pieces) > 1
    *_, last, usage = chunks
    assert last.choices[0].finish_reason in ("stop", "length")
    assert extras(last)["route"] in ("generation", "kernel")
    assert usage.choices == []
    assert usage.usage is not None
    assert usage.usage.completion_tokens > 0


def test_a_stream_has_no_usage_unless_asked_for(client: OpenAI) -> None:
    stream = client.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=8, stream=True)
    assert all(chunk.usage is None for chunk in stream)


def test_the_clients_stream_helper_accumulates_the_answer(client: OpenAI) -> None:
    with client.chat.completions.stream(
        model=MODEL, messages=HELLO, temperature=0, stop=[".", "!"]
    ) as stream:
        pieces = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()
    assert "".join(pieces) == final.choices[0].message.content


def test_it_remembers_earlier_turns(client: OpenAI) -> None:
    messages: list[Any] = [{"role": "system", "content": "Be brief."}, *HELLO]
    first = client.chat.completions.create(model=MODEL, messages=messages, max_tokens=16)
    messages += [first.choices[0].message, {"role": "user", "content": "Say it again."}]
    second = client.chat.completions.create(model=MODEL, messages=messages, max_tokens=16)
    assert second.usage is not None
    assert first.usage is not None
    assert second.usage.prompt_tokens > first.usage.prompt_tokens


def test_tools_go_to_the_model_and_back(tool_model: ScriptedServer, tool_client: OpenAI) -> None:
    tool_model.tool_calls = [TOOL_USE]
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
    asked = tool_client.chat.completions.create(
        model=MODEL, messages=messages, tools=[WEATHER], tool_choice="required"
    )
    choice = asked.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls
    call = choice.message.tool_calls[0]
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", PARIS)

    tool_model.tool_calls, tool_model.text = [], "It is sunny."
    messages += [
        choice.message,
        {"role": "tool", "tool_call_id": call.id, "content": "Sunny, 21 C"},
    ]
    told = tool_client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
    assert told.choices[0].message.content == "It is sunny."
    said, heard = (json.dumps(turn) for turn in tool_model.requests[-1]["messages"][-2:])
    assert call.id in said
    assert call.id in heard
    assert "Sunny, 21 C" in heard


def test_tool_calls_can_be_streamed(tool_model: ScriptedServer, tool_client: OpenAI) -> None:
    tool_model.tool_calls = [TOOL_USE]
    stream = tool_client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
        tools=[WEATHER],
        stream=True,
    )
    name = arguments = ""
    for chunk in stream:
        for call in chunk.choices[0].delta.tool_calls or ():
            assert call.index == 0
            assert call.function is not None
            name += call.function.name or ""
            arguments += call.function.arguments or ""
    assert (name, json.loads(arguments)) == ("weather", PARIS)


def test_the_parse_helper_returns_a_model(client: OpenAI) -> None:
    parsed = client.chat.completions.parse(
        model=MODEL,
        messages=[{"role": "user", "content": "Ann is 31 years old. Who is it about?"}],
        response_format=Person,
        temperature=0,
        max_tokens=256,
    )
    assert isinstance(parsed.choices[0].message.parsed, Person)


def test_the_async_client_works_too(running_stack: StackProcess) -> None:
    async def ask() -> list[Any]:
        async with AsyncOpenAI(
            base_url=running_stack.base_url, api_key=running_stack.api_key, max_retries=0
        ) as client:
            ask_once = client.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=8)
            stream = await client.chat.completions.create(
                model=MODEL, messages=HELLO, max_tokens=8, stream=True
            )
            return [await ask_once, *[chunk async for chunk in stream]]

    reply, *chunks = asyncio.run(ask())
    assert reply.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason in ("stop", "length")


def test_it_can_be_told_not_to_wait(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL,
        messages=HELLO,
        max_tokens=8,
        extra_headers={"Prefer": "respond-async"},
    )
    assert raw.status_code == 202
    accepted = json.loads(raw.text)
    assert raw.headers["Location"] == accepted["url"] == f"/api/runs/{accepted['id']}"
    assert raw.headers["Preference-Applied"] == "respond-async"


def test_conditions_ride_in_the_extra_body(client: OpenAI) -> None:
    conditions = [
        {"kind": "regex", "label": "says something", "pattern": "(?s).+"},
        {"kind": "regex", "label": "says nothing", "pattern": "^$"},
    ]
    reply = client.chat.completions.create(
        model=MODEL,
        messages=HELLO,
        max_tokens=8,
        extra_body={"kernelweave": {"contract": {"conditions": conditions}}},
    )
    found = {check["label"]: check["status"] for check in extras(reply)["checks"]}
    assert found == {"says something": "ok", "says nothing": "failed"}
    assert extras(reply)["verified"] is False


def test_a_wrong_key_is_an_authentication_error(running_stack: StackProcess) -> None:
    stranger = OpenAI(base_url=running_stack.base_url, api_key="kw-wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as refused:
        stranger.chat.completions.create(model=MODEL, messages=HELLO)
    assert refused.value.code == "invalid_api_key"


def test_an_unknown_model_is_a_not_found_error(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="gpt-9", messages=HELLO)
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize("stream", [False, True])
def test_a_bad_parameter_is_a_bad_request_error(client: OpenAI, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=MODEL, messages=HELLO, temperature=9, stream=stream)
    assert refused.value.param == "temperature"
