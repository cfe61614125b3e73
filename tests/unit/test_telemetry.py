"""Answers as OpenTelemetry spans, with the attributes that its conventions name."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from trajectories.models import Event, Run
from workers import telemetry
from workers.answer import Answer
from workers.request import ChatRequest
from workers.telemetry import CONTENT, tell_answer, tracer
from workers.trace import Trace

RUN = Run(id=uuid.UUID(int=7), created_at=datetime(2026, 1, 2, tzinfo=UTC))
REQUEST = ChatRequest(
    model="kernelweave",
    messages=({"role": "user", "content": "Hello"},),
    max_tokens=9,
    stream=False,
)
ANSWER = Answer("generation", "no kernel is near", "Hi", None, "stop", "small", 3, 1, (), True)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(telemetry, "tracer", lambda: provider.get_tracer("test"))
    yield kept
    provider.shutdown()


def trace() -> Trace:
    made = Trace()
    with made.timed(Event.Kind.PLAN, {}):
        made.add(Event.Kind.MESSAGE, text="Hi")
    return made


def test_an_answer_is_a_span_with_its_timed_parts_below_it(spans: InMemorySpanExporter) -> None:
    tell_answer(RUN, REQUEST, ANSWER, trace())
    part, whole = spans.get_finished_spans()
    assert (whole.name, part.name) == ("chat kernelweave", "plan")
    assert part.parent is not None
    assert part.parent.span_id == whole.context.span_id
    told = dict(whole.attributes or {})
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.response.model"] == "small"
    assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (3, 1)
    assert told["kernelweave.verified"] is True
    assert "kernelweave.kernel" not in told


@pytest.mark.parametrize("said", [None, "false", "true"])
def test_prompts_and_answers_are_told_only_where_that_is_asked_for(
    spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch, said: str | None
) -> None:
    monkeypatch.delenv(CONTENT, raising=False)
    if said:
        monkeypatch.setenv(CONTENT, said)
    tell_answer(RUN, REQUEST, ANSWER, Trace())
    told: dict[str, Any] = dict(spans.get_finished_spans()[0].attributes or {})
    assert ("gen_ai.output.messages" in told) == (said == "true")
    if said == "true":
        assert json.loads(told["gen_ai.input.messages"])[0]["parts"][0]["content"] == "Hello"


def test_nothing_is_made_where_no_endpoint_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in telemetry.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    tracer.cache_clear()
    assert tracer() is None
    tell_answer(RUN, REQUEST, ANSWER, trace())
    tracer.cache_clear()
