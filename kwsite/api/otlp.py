"""OTLP/HTTP: agents that are traced with OpenTelemetry need no other client."""

from django.http import HttpRequest, HttpResponse
from google.protobuf import json_format
from ninja import Router
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from kwsite.api.auth import key_of, sign_in
from kwsite.api.documents import error_documents
from kwsite.api.errors import InvalidParameter
from kwsite.api.offload import in_thread
from kwsite.api.otlp_body import PROTOBUF, spans_in
from kwsite.api.taps_body import moment
from trajectories.taps.spans import Span
from trajectories.taps.tracing import record_spans

router = Router(tags=["Agents"])


@router.post(
    "/traces",
    response={200: dict, **error_documents(400, 401, 413, 415)},
    summary="Export traces (OTLP/HTTP)",
)
async def export(request: HttpRequest) -> HttpResponse:
    """Takes OpenTelemetry's spans of generative AI as trajectories, one a trace.

    Protocol Buffers or JSON, gzip or not. Spans of other things are accepted and not kept; those
    that are too old are counted as rejected.
    """
    spans, key = spans_in(request), key_of(request)
    timely = [span for span in spans if _is_timely(span)]

    def write() -> None:
        record_spans(client=sign_in(key), spans=timely)

    await in_thread(write)
    reply = ExportTraceServiceResponse()
    if len(timely) < len(spans):
        refused = ExportTracePartialSuccess(
            rejected_spans=len(spans) - len(timely),
            error_message="They have no ids, or times too long ago or in the future.",
        )
        reply.partial_success.CopyFrom(refused)
    if request.content_type == PROTOBUF:
        return HttpResponse(reply.SerializeToString(), content_type=PROTOBUF)
    return HttpResponse(json_format.MessageToJson(reply), content_type="application/json")


def _is_timely(span: Span) -> bool:
    try:
        return bool(span.trace and span.id and moment(span.started) and moment(span.ended))
    except InvalidParameter:
        return False
