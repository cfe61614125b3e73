"""Answers as OpenTelemetry spans, with the attributes of generative AI (row X13).

Spans go where `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` says, as the
SDK's own variables have it; without them nothing is made. Prompts and answers are told only where
`OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is true. Source: OpenTelemetry's semantic
conventions for generative AI.
"""

import json
import os
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Tracer, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, set_span_in_context
from opentelemetry.util.types import AttributeValue

from trajectories.models import Run
from workers.answer import Answer
from workers.request import ChatRequest
from workers.trace import Observed, Trace

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


@lru_cache(maxsize=1)
def tracer() -> Tracer | None:
    """None where no endpoint is set."""
    if not any(map(os.environ.get, ENDPOINTS)):
        return None
    provider = TracerProvider(resource=Resource.create({"service.name": "kernelweave"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    found = provider.get_tracer("kernelweave")
    return found if isinstance(found, Tracer) else None  # OTEL_SDK_DISABLED


def tell_answer(run: Run, request: ChatRequest, answer: Answer, trace: Trace) -> None:
    """One span for the answer, and one below it for each timed part of its making."""
    found = tracer()
    if found is None:
        return
    span = found.start_span(
        f"chat {request.model}",
        kind=SpanKind.SERVER,
        start_time=_nanoseconds(run.created_at),
        attributes=attributes(run, request, answer, content=_tells_content()),
    )
    for event in trace.events:
        if event.duration_ms is not None:
            _tell_part(found, event, set_span_in_context(span))
    span.end()


def attributes(
    run: Run, request: ChatRequest, answer: Answer, *, content: bool
) -> dict[str, AttributeValue]:
    """Of the conventions, and our own under `kernelweave.`."""
    told: dict[str, AttributeValue | None] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "kernelweave",
        "gen_ai.request.model": request.model,
        "gen_ai.request.max_tokens": request.max_tokens,
        "gen_ai.response.model": answer.model,
        "gen_ai.response.finish_reasons": [answer.finish_reason],
        "gen_ai.usage.input_tokens": answer.prompt_tokens,
        "gen_ai.usage.output_tokens": answer.completion_tokens,
        "kernelweave.run_id": str(run.pk),
        "kernelweave.route": answer.route,
        "kernelweave.verified": answer.verified,
        "kernelweave.kernel": answer.kernel.kernel if answer.kernel else None,
        "kernelweave.adapter": answer.adapter or None,
    }
    if content:
        told["gen_ai.input.messages"] = _messages("user", request.prompt)
        told["gen_ai.output.messages"] = _messages("assistant", answer.text)
    return {name: value for name, value in told.items() if value is not None}


def _tell_part(found: Tracer, event: Observed, context: Any) -> None:
    assert event.duration_ms is not None
    span = found.start_span(event.kind, context=context, start_time=_nanoseconds(event.at))
    span.end(end_time=_nanoseconds(event.at + timedelta(milliseconds=event.duration_ms)))


def _messages(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def _tells_content() -> bool:
    return os.environ.get(CONTENT, "").strip().lower() in ("true", "1")


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1e9)
