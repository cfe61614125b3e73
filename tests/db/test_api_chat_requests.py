"""What the chat endpoint refuses, and in which words."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from trajectories.access import issue_key
from trajectories.models import Client, Run

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/v1/chat/completions"
USER = {"role": "user", "content": "Hello"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


@pytest.fixture
def key() -> str:
    return issue_key(client=Client.objects.create(name="app"), label="test")[1]


@pytest.fixture
def app(key: str) -> Browser:
    return Browser(headers={"authorization": f"Bearer {key}"})


def post(app: Browser, body: Any, content_type: str = "application/json") -> tuple[int, Any]:
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    response = app.post(URL, data=data, content_type=content_type)
    return response.status_code, response.json()["error"]


def chat(**fields: Any) -> dict[str, Any]:
    return {"model": "kernelweave", "messages": [USER], **fields}


def under(schema: dict[str, Any]) -> dict[str, Any]:
    named = {"name": "x", "schema": schema}
    return chat(response_format={"type": "json_schema", "json_schema": named})


def tool(**fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "look", **fields}}


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"messages": [USER]}, "missing_required_parameter", "model"),
        ({"model": "kernelweave"}, "missing_required_parameter", "messages"),
        (chat(messages=[]), "invalid_value", "messages"),
        (chat(messages="Hello"), "invalid_value", "messages"),
        (chat(messages=[{"role": "king", "content": "x"}]), "invalid_value", "messages[0]"),
        (
            chat(messages=[{"role": "user"}]),
            "missing_required_parameter",
            "messages[0].content",
        ),
        (
            chat(messages=[{"role": "user", "content": [{"type": "text"}]}]),
            "missing_required_parameter",
            "messages[0].content[0].text",
        ),
        (chat(messages=[{"role": "assistant"}, USER]), "invalid_value", "messages[0]"),
        (chat(messages=[{"role": "system", "content": "x"}]), "invalid_value", "messages"),
        (
            chat(messages=[USER, {"role": "tool", "content": "1", "tool_call_id": "call_9"}]),
            "invalid_value",
            "messages[1].tool_call_id",
        ),
        (chat(temperature=2.5), "invalid_value", "temperature"),
        (chat(temperature="1"), "invalid_value", "temperature"),
        (chat(max_tokens=0), "invalid_value", "max_tokens"),
        (chat(max_tokens=-1), "invalid_value", "max_tokens"),
        (chat(max_tokens=10**6), "invalid_value", "max_tokens"),
        (chat(max_completion_tokens=10**6), "invalid_value", "max_completion_tokens"),
        (chat(stop=["a", "b", "c", "d", "e"]), "invalid_value", "stop"),
        (chat(stop=["a", 1]), "invalid_value", "stop[1]"),
        (chat(logit_bias={"hello": 1}), "invalid_value", "logit_bias.hello"),
        (chat(logit_bias={"1": 101}), "invalid_value", "logit_bias.1"),
        (chat(logit_bias={"1": "a"}), "invalid_value", "logit_bias.1"),
        (chat(metadata={"a": 1}), "invalid_value", "metadata.a"),
        (chat(metadata={"a": "x" * 513}), "invalid_value", "metadata.a"),
        (chat(metadata={str(n): "x" for n in range(17)}), "invalid_value", "metadata"),
        (chat(model="m" * 201), "invalid_value", "model"),
        (chat(n=2), "unsupported_parameter", "n"),
        (chat(logprobs=True), "unsupported_parameter", "logprobs"),
        (chat(audio={"voice": "x"}), "unsupported_parameter", "audio"),
        (chat(modalities=["audio"]), "unsupported_parameter", "modalities[0]"),
        (chat(temprature=1), "unknown_parameter", "temprature"),
        (chat(stream_options={"x": 1}), "unknown_parameter", "stream_options.x"),
        (chat(tools=[tool(name="a b")]), "invalid_value", "tools[0].function.name"),
        (chat(tools=[tool(name="a\n")]), "invalid_value", "tools[0].function.name"),
        (chat(tools=[tool(name="x" * 65)]), "invalid_value", "tools[0].function.name"),
        (
            chat(tools=[tool(parameters={"$ref": "http://127.0.0.1:1/x"})]),
            "invalid_value",
            "tools[0].function.parameters",
        ),
        (chat(tool_choice="required"), "invalid_value", "tool_choice"),
        (
            chat(tools=[TOOL], tool_choice={"type": "function", "function": {"name": "leap"}}),
            "invalid_value",
            "tool_choice",
        ),
        (under({"type": "nothing"}), "invalid_value", "response_format.json_schema.schema"),
        (under({"enum": []}), "invalid_value", "response_format.json_schema.schema"),
        (
            under({"enum": list(range(10_000))}),
            "invalid_value",
            "response_format.json_schema.schema",
        ),
        (
            chat(tools=[TOOL, tool(parameters={"enum": list(range(10_000))})]),
            "invalid_value",
            "tools[1].function.parameters",
        ),
        (
            chat(kernelweave={"contract": {"conditions": [{"kind": "cel", "expression": "("}]}}),
            "invalid_value",
            "kernelweave.contract.conditions[0].expression",
        ),
    ],
)
def test_it_names_the_parameter_that_is_wrong(
    app: Browser, body: dict[str, Any], code: str, param: str
) -> None:
    status, error = post(app, body)
    assert (status, error["code"], error["param"]) == (400, code, param)
    assert error["type"] == "invalid_request_error"
    assert error["message"]


@pytest.mark.parametrize(
    ("stop", "says"),
    [(["a"] * 5, "at most 4 items"), ([], "at least 1 item"), ("", "at least 1 character")],
)
def test_it_says_how_many_stops_there_may_be(app: Browser, stop: Any, says: str) -> None:
    assert says in post(app, chat(stop=stop))[1]["message"]


@pytest.mark.parametrize(
    "prompt", ["", "   \n\t", "\x01\x02\x1b", "\u200b\u200d", [{"type": "text", "text": " "}]]
)
def test_it_refuses_a_prompt_that_nobody_could_see(app: Browser, prompt: Any) -> None:
    status, error = post(app, chat(messages=[{"role": "user", "content": prompt}]))
    assert status == 400
    assert "no visible text" in error["message"]


@pytest.mark.parametrize(
    "body",
    [
        '{"model": "kernelweave", "messages": [',
        '{"model": NaN}',
        '{"model": Infinity}',
        '{"model": 1e999}',
        '{"model": 123456789012345678901234567890}',
        '{"model": "\\ud800"}',
        '{"messages": [{"role": "user", "content": "\\udc00\\ud83d"}]}',
        '{"messages": [{"role": "user", "content": [{"type": "text", "text": "a\\u0000"}]}]}',
        '{"tools": [{"type": "function", "function": {"name": "a\\u0000"}}]}',
        '{"model": "a\\u0000b"}',
        '{"a\\u0000b": 1}',
        b'{"model": "\xff"}',
        "[" * 100_000 + "]" * 100_000,
        '{"metadata": ' + '{"a":' * 100 + "1" + "}" * 101,
    ],
)
def test_it_refuses_json_that_cannot_be_kept(app: Browser, body: str | bytes) -> None:
    status, error = post(app, body)
    assert (status, error["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("body", ["[]", "3", '"text"', "null"])
def test_it_refuses_a_body_that_is_no_object(app: Browser, body: str) -> None:
    status, error = post(app, body)
    assert status == 400
    assert "JSON object" in error["message"]


def test_it_refuses_an_empty_body(app: Browser) -> None:
    status, error = post(app, "")
    assert status == 400
    assert "empty" in error["message"]


def test_it_refuses_other_content_types(app: Browser) -> None:
    status, error = post(app, chat(), content_type="text/plain")
    assert (status, error["code"]) == (415, "unsupported_media_type")


def test_it_refuses_a_body_above_the_limit(app: Browser, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    status, error = post(app, chat(user="x" * 1000))
    assert (status, error["code"]) == (413, "request_too_large")


def test_it_refuses_more_text_than_the_limit(app: Browser, settings: Settings) -> None:
    settings.KW_MAX_PROMPT_CHARS = 9
    status, error = post(app, chat(messages=[USER, USER]))
    assert (status, error["code"]) == (400, "context_length_exceeded")


def test_it_refuses_longer_tools_than_the_limit(app: Browser, settings: Settings) -> None:
    settings.KW_MAX_PROMPT_CHARS = 900
    status, error = post(app, chat(tools=[tool(description="x" * 500)] * 2))
    assert (status, error["code"]) == (400, "context_length_exceeded")
    assert error["param"] == "tools"


def test_it_refuses_more_messages_than_the_limit(app: Browser, settings: Settings) -> None:
    settings.KW_MAX_MESSAGES = 2
    status, error = post(app, chat(messages=[USER] * 3))
    assert (status, error["param"]) == (400, "messages")


def test_it_does_not_know_other_models(app: Browser) -> None:
    status, error = post(app, chat(model="gpt-9"))
    assert (status, error["code"], error["param"]) == (404, "model_not_found", "model")


def test_a_schema_cannot_make_the_service_read_files(app: Browser, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"type": "object"}')
    body = under({"$ref": secret.as_uri()})
    response = app.post("/api/plan", data=json.dumps(body), content_type="application/json")
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "response_format.json_schema.schema"


def test_it_answers_other_methods_with_405(app: Browser) -> None:
    response = app.get(URL)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert response.json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/embeddings", "/api", "/api/nothing"])
def test_it_answers_unknown_paths_in_the_same_shape(app: Browser, path: str) -> None:
    response = app.post(path)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "unknown_url"


def test_a_refused_request_leaves_nothing_behind(app: Browser) -> None:
    post(app, chat(n=2))
    post(app, chat(messages=[{"role": "user", "content": " "}]))
    assert not Run.objects.exists()
