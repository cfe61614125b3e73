"""Traces of OpenTelemetry's own SDK become trajectories, in whatever pieces they come."""

import base64
import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from google.protobuf import json_format
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, StatusCode

from trajectories.models import AgentSession, AgentTurn, Event, Trajectory
from workers.tasks.scoring import score_due

pytestmark = pytest.mark.django_db(transaction=True)

PROTOBUF = "application/x-protobuf"
PROMPT = [{"role": "user", "parts": [{"type": "text", "content": "What is the weather in Rome?"}]}]
ANSWER = [{"role": "assistant", "parts": [{"type": "text", "content": "It rains."}]}]


def work(
    *, failing: bool = False, started_ns: int | None = None, **said: Any
) -> Sequence[ReadableSpan]:
    """An agent's call of a tool and of a model, traced."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "weather"}))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("test")
    asked = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "forecaster",
        "gen_ai.conversation.id": "c1",
        "gen_ai.input.messages": json.dumps(PROMPT),
    }
    with tracer.start_as_current_span(
        "invoke_agent", start_time=started_ns, attributes=asked
    ) as root:
        with tracer.start_as_current_span("GET /weather"):
            pass
        called = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "weather",
            "gen_ai.tool.call.arguments": '{"city": "Rome", "api_key": "abcdef123456"}',
            "gen_ai.tool.call.result": "rain",
            **said,
        }
        with tracer.start_as_current_span("execute_tool weather", attributes=called) as tool:
            if failing:
                tool.set_status(StatusCode.ERROR, "timed out")
        chat: dict[str, Any] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "small",
            "gen_ai.usage.input_tokens": 12,
            "gen_ai.usage.output_tokens": 3,
            "gen_ai.output.messages": json.dumps(ANSWER),
            **said,
        }
        with tracer.start_as_current_span("chat small", attributes=chat):
            pass
        root.set_attribute("gen_ai.output.messages", json.dumps(ANSWER))
    return kept.get_finished_spans()


def export(app: Browser, spans: Sequence[ReadableSpan], **headers: str) -> Any:
    body = encode_spans(spans).SerializeToString()
    if headers.get("content-encoding") == "gzip":
        body = gzip.compress(body)
    return app.post("/v1/traces", data=body, content_type=PROTOBUF, headers=headers)


def test_a_trace_is_a_trajectory(app: Browser) -> None:
    reply = export(app, work())
    assert (reply.status_code, reply["content-type"]) == (200, PROTOBUF)
    assert not ExportTraceServiceResponse.FromString(reply.content).HasField("partial_success")
    found = Trajectory.objects.get()
    assert (found.prompt, found.output_text) == ("What is the weather in Rome?", "It rains.")
    assert found.closed_at is not None
    session = AgentSession.objects.get()
    assert (session.key, session.agent, session.source) == ("c1", "forecaster", "otlp")
    tool, message = found.events.all()
    assert tool.payload["tool"] == "weather"
    assert tool.payload["parameters"] == {"city": "Rome", "api_key": "[redacted]"}
    assert (tool.payload["ok"], tool.payload["output"]) == (True, "rain")
    assert (message.kind, message.payload["completion_tokens"]) == ("message", 3)


@pytest.mark.parametrize("order", [1, -1])
def test_spans_may_come_one_by_one_in_any_order_and_again(app: Browser, order: int) -> None:
    spans = work()[::order]
    for _ in range(2):
        for span in spans:
            assert export(app, [span]).status_code == 200
    found = Trajectory.objects.get()
    assert (found.prompt, found.output_text) == ("What is the weather in Rome?", "It rains.")
    assert found.events.count() == 2
    assert AgentTurn.objects.get().place == 0


def test_json_and_zipped_bodies_are_read_alike(app: Browser) -> None:
    spans = work(failing=True)
    assert export(app, spans, **{"content-encoding": "gzip"}).status_code == 200
    told = json_format.MessageToDict(encode_spans(spans))
    for one in told["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in ("traceId", "spanId", "parentSpanId"):
            if name in one:
                one[name] = _hex(one[name])
    reply = app.post("/v1/traces", data=json.dumps(told), content_type="application/json")
    assert (reply.status_code, reply.json()) == (200, {})
    failed = Event.objects.get(kind="tool_result")  # once: they are the same spans
    assert (failed.payload["ok"], failed.payload["error"]) == (False, "timed out")


def test_a_sub_agent_does_not_end_the_trajectory_of_its_root(app: Browser) -> None:
    outer, inner = work(), work()
    sub = replace_ids(inner[-1], outer[-1])
    for span in (sub, *outer):
        assert export(app, [span]).status_code == 200
        if span is sub:
            assert Trajectory.objects.get().closed_at is None
    assert Trajectory.objects.get().closed_at is not None


def said(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def turn_of_a_chat(
    prompt: str, answer: str, *, root: str = "invoke_agent", started: datetime | None = None
) -> Sequence[ReadableSpan]:
    """Messages on the model's calls alone, the conversation on the root alone; as they end."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("test")
    began = None if started is None else int(started.timestamp() * 1e9)
    agent = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "clerk",
        "gen_ai.conversation.id": "c9",
    }
    with tracer.start_as_current_span(
        root, start_time=began, attributes=agent if root == "invoke_agent" else {}
    ):
        for text in ("Let me see.", answer):
            asked = {
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "small",
                "gen_ai.input.messages": said("user", prompt),
                "gen_ai.output.messages": said("assistant", text),
            }
            with tracer.start_as_current_span("chat small", start_time=began, attributes=asked):
                pass
    return kept.get_finished_spans()


@pytest.mark.parametrize("at_once", [True, False])
def test_the_answer_is_the_last_message_where_the_root_says_none(
    app: Browser, at_once: bool
) -> None:
    answer = "We have two. " + "Look. " * 1000
    spans = turn_of_a_chat("Have you got hats?", answer)
    for batch in [spans] if at_once else [[span] for span in spans]:
        export(app, batch)
    found = Trajectory.objects.get()
    assert (found.prompt, found.model) == ("Have you got hats?", "small")
    assert found.output_text.startswith("We have two. Look.")
    assert (found.output_text == answer) or not at_once
    assert found.closed_at is not None


def test_prompts_of_one_conversation_stand_in_one_session_wherever_it_is_named(
    app: Browser,
) -> None:
    now = datetime.now(UTC)
    first = turn_of_a_chat("Have you got hats?", "No.", started=now - timedelta(minutes=2))
    second = turn_of_a_chat("No, that is wrong.", "Yes.", started=now - timedelta(minutes=1))
    for span in (*first, *second):
        assert export(app, [span]).status_code == 200
    session = AgentSession.objects.get()
    assert (session.key, session.agent) == ("c9", "clerk")
    turns = session.turns.select_related("trajectory").order_by("place")
    told = [(one.place, one.continued, one.trajectory.prompt) for one in turns]
    assert told == [(0, True, "Have you got hats?"), (1, None, "No, that is wrong.")]
    score_due()
    assert session.turns.get(place=0).corrected is True


def test_a_conversation_whose_prompts_come_in_the_wrong_order_has_them_in_the_right_one(
    app: Browser,
) -> None:
    now = datetime.now(UTC)
    export(app, turn_of_a_chat("Second?", "Two.", started=now - timedelta(minutes=1)))
    for span in turn_of_a_chat("First?", "One.", started=now - timedelta(minutes=2)):
        export(app, [span])
    turns = AgentSession.objects.get().turns.select_related("trajectory").order_by("place")
    told = [(one.place, one.continued, one.trajectory.prompt) for one in turns]
    assert told == [(0, True, "First?"), (1, None, "Second?")]


def test_a_root_of_another_kind_closes_the_trajectory_when_it_comes(app: Browser) -> None:
    spans = turn_of_a_chat("Have you got hats?", "Two.", root="POST /chat")
    export(app, spans[:-1])
    assert Trajectory.objects.get().closed_at is None
    export(app, spans[-1:])
    found = Trajectory.objects.get()
    assert (found.output_text, found.model, found.checks[0]["status"]) == ("Two.", "small", "ok")
    assert found.closed_at is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gen_ai.tool.call.arguments", '{"a": "\\u0000"}'),
        ("gen_ai.tool.call.arguments", '{"a": "\\ud800"}'),
        ("gen_ai.tool.call.arguments", '{"a": NaN}'),
        ("gen_ai.tool.call.arguments", "[" * 900 + "]" * 900),
        ("gen_ai.tool.call.arguments", float("nan")),
        ("gen_ai.tool.name", "a\0b"),
        ("gen_ai.usage.input_tokens", "--5"),
        ("gen_ai.usage.input_tokens", "9" * 5000),
        ("gen_ai.input.messages", '[{"role": "user", "content": "a\\u0000b"}]'),
    ],
)
def test_odd_values_are_stored_as_far_as_they_can_be(app: Browser, name: str, value: Any) -> None:
    assert export(app, work(**{name: value})).status_code == 200
    assert Trajectory.objects.get().events.count() == 2


def test_spans_of_other_things_make_no_trajectory(app: Browser) -> None:
    other = [span for span in work() if span.name.startswith("GET")]
    assert export(app, other).status_code == 200
    assert not Trajectory.objects.exists()


def test_old_spans_are_counted_as_rejected(app: Browser) -> None:
    long_ago = int(datetime(2001, 1, 1, tzinfo=UTC).timestamp() * 1e9)
    reply = export(app, work(started_ns=long_ago)[-1:])
    told = ExportTraceServiceResponse.FromString(reply.content).partial_success
    assert (reply.status_code, told.rejected_spans) == (200, 1)
    assert not Trajectory.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind", "encoding", "status"),
    [
        (b"\xff\xff", PROTOBUF, "identity", 400),
        (b"{", "application/json", "identity", 400),
        (b"[1]", "application/json", "identity", 400),
        (b"{}", "text/plain", "identity", 415),
        (b"no zip", PROTOBUF, "gzip", 400),
        (gzip.compress(b"x" * 100, mtime=0)[:20], PROTOBUF, "gzip", 400),
        (gzip.compress(b"\0" * 50_000_000, mtime=0), PROTOBUF, "gzip", 413),
        (b"{}", "application/json", "br", 415),
    ],
)
def test_what_is_no_export_is_refused(
    app: Browser, body: bytes, kind: str, encoding: str, status: int
) -> None:
    reply = app.post(
        "/v1/traces", data=body, content_type=kind, headers={"content-encoding": encoding}
    )
    assert reply.status_code == status, reply.content


def test_without_a_key_nothing_is_taken() -> None:
    assert export(Browser(), work()).status_code == 401
    assert not Trajectory.objects.exists()


def replace_ids(span: ReadableSpan, root: ReadableSpan) -> ReadableSpan:
    """The same span, as a child of another trace's root."""
    assert root.context is not None
    context = SpanContext(root.context.trace_id, 7, is_remote=False)
    return ReadableSpan(
        name=span.name,
        context=context,
        parent=root.context,
        attributes=span.attributes,
        start_time=span.start_time,
        end_time=span.end_time,
        resource=span.resource,
    )


def _hex(value: str) -> str:
    return base64.b64decode(value).hex()
