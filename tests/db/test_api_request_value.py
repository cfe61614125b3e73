"""How a valid body becomes the value that is answered."""

from typing import Any

from pytest_django import Settings

from kwsite.api.chat_body import ChatBody
from kwsite.api.limits import chat_request

USER = {"role": "user", "content": "Hello"}


def chat(**fields: Any) -> ChatBody:
    return ChatBody.model_validate({"model": "kernelweave", "messages": [USER], **fields})


def test_only_parameters_that_were_sent_are_passed_on() -> None:
    request = chat_request(chat(temperature=0, seed=None, user="u1", store=True, stop=["\n"]))
    assert request.options == {"temperature": 0, "stop": ["\n"]}


def test_a_tool_schema_is_passed_on_as_it_came() -> None:
    schema = {"type": "object", "properties": {"a": {"enum": [None, 1], "default": None}}}
    tool = {"type": "function", "function": {"name": "look", "parameters": schema}}
    assert chat_request(chat(tools=[tool])).options == {"tools": [tool]}


def test_an_output_schema_is_kept_under_its_own_name() -> None:
    named = {"name": "x", "schema": {"type": "object"}}
    request = chat_request(chat(response_format={"type": "json_schema", "json_schema": named}))
    assert request.output_schema == {"type": "object"}


def test_a_reply_can_be_sent_back_as_it_came() -> None:
    reply: dict[str, Any] = {
        "role": "assistant",
        "content": "Hi",
        "refusal": None,
        "annotations": [],
        "audio": None,
    }
    request = chat_request(chat(messages=[USER, reply, USER]))
    assert request.messages[1] == {"role": "assistant", "content": "Hi"}


def test_the_newer_name_of_the_token_limit_goes_first(settings: Settings) -> None:
    settings.KW_DEFAULT_MAX_TOKENS = 33
    assert chat_request(chat(max_tokens=5, max_completion_tokens=7)).max_tokens == 7
    assert chat_request(chat(max_tokens=5)).max_tokens == 5
    assert chat_request(chat()).max_tokens == 33


def test_conditions_of_the_app_arrive_typed() -> None:
    conditions = [{"kind": "regex", "pattern": "[a-z]+"}]
    request = chat_request(chat(kernelweave={"contract": {"conditions": conditions}}))
    assert request.contract.conditions[0].kind == "regex"


def test_streaming_is_off_unless_asked_for() -> None:
    assert not chat_request(chat(stream=None)).stream
    streamed = chat_request(chat(stream=True, stream_options={"include_usage": True}))
    assert streamed.stream
    assert streamed.include_usage


def test_a_request_that_bends_what_may_be_written_is_beyond_kernels() -> None:
    assert "stop" in chat_request(chat(stop=["END"])).beyond_kernels
    assert "logit_bias" in chat_request(chat(logit_bias={"50256": -100})).beyond_kernels
    assert chat_request(chat(logit_bias={})).beyond_kernels == ""
