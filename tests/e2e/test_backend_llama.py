"""The OpenAI-compatible backend against a real llama.cpp server with a small model."""

import json
import time
from typing import Any, Protocol

import jsonschema_rs
import pytest
from django.conf import settings

from kernels.execution import run_recipe
from kernels.slots import bind
from kernels.spec import GenerateStep, KernelSpec, Limit
from workers.backends.completion import BackendRejected, BackendUnavailable, ModelRequest
from workers.backends.dialects import Dialect
from workers.backends.held import HeldToSchema
from workers.backends.openai_compatible import OpenAICompatible
from workers.replies import asker

SCHEMA = {
    "type": "object",
    "properties": {
        "mood": {"enum": ["angry", "calm", "happy"]},
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["mood", "score"],
    "additionalProperties": False,
}


class LlamaServer(Protocol):
    base_url: str
    api_key: str
    model: str


@pytest.fixture(params=["llama.cpp", "llguidance"])
def backend(request: pytest.FixtureRequest, llama_server: LlamaServer) -> OpenAICompatible:
    return backend_for(llama_server, api_key=llama_server.api_key, dialect=request.param)


def backend_for(
    server: LlamaServer, *, api_key: str, dialect: Dialect = "llama.cpp"
) -> OpenAICompatible:
    return OpenAICompatible(
        base_url=server.base_url,
        api_key=api_key,
        model=server.model,
        timeout_s=60,
        connect_timeout_s=5,
        dialect=dialect,
    )


def asking(text: str, *, max_tokens: int = 48, **fields: Any) -> ModelRequest:
    options = {"temperature": 0, "seed": 1, **fields.pop("options", {})}
    return ModelRequest(({"role": "user", "content": text},), max_tokens, options=options, **fields)


def test_it_answers_and_counts_tokens(backend: OpenAICompatible) -> None:
    completion = backend.complete(asking("Name three colours."))
    assert completion.text.strip()
    assert completion.finish_reason in ("stop", "length")
    assert completion.prompt_tokens > 5
    assert 0 < completion.completion_tokens <= 48


def test_a_stream_says_what_a_single_answer_says(backend: OpenAICompatible) -> None:
    request = asking("Write one sentence about the sea.")
    whole = backend.complete(request)
    *pieces, last = backend.stream(request)
    assert len(pieces) > 3
    assert "".join(piece.text for piece in pieces) == whole.text
    assert last.completion == whole


@pytest.mark.parametrize("text", ["I love this!", "Go away.", "Write a poem, not JSON."])
def test_the_answer_obeys_the_schema(backend: OpenAICompatible, text: str) -> None:
    completion = backend.complete(asking(text, schema=SCHEMA))
    assert completion.finish_reason == "stop"
    jsonschema_rs.validate(SCHEMA, json.loads(completion.text))


def test_a_streamed_answer_obeys_the_schema(backend: OpenAICompatible) -> None:
    *_, last = backend.stream(asking("Write a poem, not JSON.", schema=SCHEMA))
    assert last.completion is not None
    jsonschema_rs.validate(SCHEMA, json.loads(last.completion.text))


def test_the_answer_stops_at_the_limit(backend: OpenAICompatible) -> None:
    completion = backend.complete(asking("Count to one hundred.", max_tokens=4))
    assert (completion.finish_reason, completion.completion_tokens) == ("length", 4)


def test_the_answer_stops_at_a_stop_text(backend: OpenAICompatible) -> None:
    options = {"stop": [","]}
    completion = backend.complete(asking("Count: one, two, three,", options=options))
    assert "," not in completion.text


def test_a_prompt_beyond_the_context_is_rejected(backend: OpenAICompatible) -> None:
    with pytest.raises(BackendRejected, match="context"):
        backend.complete(asking("word " * 40_000))


@pytest.mark.parametrize("call", ["complete", "stream"])
def test_an_image_for_a_model_of_text_is_rejected(backend: OpenAICompatible, call: str) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    content = [{"type": "text", "text": "What is this?"}, image]
    request = ModelRequest(({"role": "user", "content": content},), 8)
    with pytest.raises(BackendRejected, match="image input is not supported"):
        list([backend.complete(request)] if call == "complete" else backend.stream(request))


def test_a_schema_that_it_cannot_follow_is_rejected(backend: OpenAICompatible) -> None:
    nothing = {"allOf": [{"type": "string"}, {"type": "number"}]}
    schema = {"$ref": "#"} if backend.dialect == "llama.cpp" else nothing
    with pytest.raises(BackendRejected, match=r"[Ss]chema"):
        backend.complete(asking("hi", schema=schema))


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"^\d{4}$", "A year."),
        (r"^[A-Z]{3}-\d{4}$", "A part number."),
        ("[A-Z]{3}", "An airport."),
        ("^a$|^b$", "a or b?"),
        ("^é{2}$", "éé"),
        (r"^(?:ab|cd){2}$", "abcd"),
    ],
)
def test_patterns_and_ranges_hold_while_decoding(
    llama_server: LlamaServer, pattern: str, told: str
) -> None:
    backend = backend_for(llama_server, api_key=llama_server.api_key, dialect="llguidance")
    schema = {
        "type": "object",
        "properties": {
            "text": {"type": "string", "pattern": pattern, "maxLength": 20},
            "share": {"type": "number", "minimum": 10, "maximum": 99},
        },
        "required": ["text", "share"],
        "additionalProperties": False,
    }
    completion = HeldToSchema(backend).complete(asking(told, schema=schema, max_tokens=120))
    jsonschema_rs.validate(schema, json.loads(completion.text))


@pytest.mark.parametrize("asked", [{}, {"title": "Anything"}])
def test_a_schema_that_says_nothing_can_be_cut(
    backend: OpenAICompatible, asked: dict[str, Any]
) -> None:
    told = asking("Give me a long record in JSON.", schema=asked, max_tokens=20)
    completion = HeldToSchema(backend).complete(told)
    assert completion.finish_reason in ("stop", "length")


def test_a_schema_at_the_limits_is_compiled_in_time(backend: OpenAICompatible) -> None:
    names = [f"a name of some length, number {n}" for n in range(settings.KW_MAX_SCHEMA_CHOICES)]
    started = time.monotonic()
    backend.complete(asking("hi", schema={"enum": names}, max_tokens=1))
    assert time.monotonic() - started < 10  # 0.6 s on an idle machine


LOOPING = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "slug": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
        "names": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "lines": {"type": "array", "items": {"type": "string"}},
        "rows": {
            "type": "array",
            "items": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
        },
    },
    "required": ["text", "slug", "names", "lines", "rows"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("temperature", [0.0, 1.2])
def test_an_answer_without_an_end_in_its_schema_ends(
    backend: OpenAICompatible, temperature: float
) -> None:
    options = {"temperature": temperature, "seed": 3}
    request = asking("1, 1, 1, 1, 1 and so on", max_tokens=256, schema=LOOPING, options=options)
    completion = HeldToSchema(backend).complete(request)
    jsonschema_rs.validate(LOOPING, json.loads(completion.text))
    assert completion.completion_tokens <= 256 * completion.rounds


def test_a_kernels_answer_stays_within_what_its_prompt_binds(backend: OpenAICompatible) -> None:
    prompt = "Ann Lee and Bo Berg fly from Oslo to New York with 3 bags."
    limits = (
        Limit(property="city", how="span", expression="input.prompt"),
        Limit(property="people", how="among", expression="input.names"),
        Limit(property="bags", how="at_most", expression="input.numbers[0]"),
    )
    kernel = KernelSpec(
        name="book",
        family="travel",
        description="Books.",
        output_schema={
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "people": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "bags": {"type": "integer", "minimum": 0},
            },
            "required": ["city", "people", "bags"],
            "additionalProperties": False,
        },
        steps=(GenerateStep(instruction="Answer in JSON.", limits=limits),),
    )
    bound = bind(prompt)
    for temperature in (0.0, 1.5):
        reply = run_recipe(kernel, bound, (), asker(HeldToSchema(backend)), temperature)
        output = json.loads(reply.text)
        assert output["city"] in prompt
        assert set(output["people"]) <= set(bound["names"])
        assert output["bags"] <= 3


def test_a_wrong_key_is_the_operators_problem(llama_server: LlamaServer) -> None:
    with pytest.raises(BackendUnavailable, match="KW_LLM_API_KEY"):
        backend_for(llama_server, api_key="wrong").complete(asking("hi"))
