"""OTLP/HTTP requests: spans in Protocol Buffers or JSON, zipped or not."""

import base64
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from kwsite.api.errors import BodyTooLarge, InvalidBody, WrongContentType
from trajectories.taps.spans import Span

PROTOBUF, JSON = "application/x-protobuf", "application/json"
UNZIPPED = 4  # times the size that a body may have


def spans_in(request: HttpRequest) -> list[Span]:
    """All spans of an export. Raises WrongContentType, InvalidBody, BodyTooLarge."""
    body = _unzipped(request)
    found = ExportTraceServiceRequest()
    try:
        if request.content_type == PROTOBUF:
            found.ParseFromString(body)
        elif request.content_type == JSON:
            json_format.Parse(body, found, ignore_unknown_fields=True, max_recursion_depth=64)
        else:
            raise WrongContentType(f"Send OTLP as {PROTOBUF} or {JSON}.")
    except (DecodeError, json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidBody(f"The body is no OTLP export of traces: {error}.") from None
    as_json = request.content_type == JSON
    return [
        _span(span, resource.resource.attributes, as_json)
        for resource in found.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _unzipped(request: HttpRequest) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding == "identity":
        return request.body
    if encoding not in ("gzip", "deflate"):
        raise WrongContentType("Send the body as it is, or with Content-Encoding: gzip.")
    most = UNZIPPED * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # finds out which of the two it is
    try:
        body = unzip.decompress(request.body, most)
    except zlib.error as error:
        raise InvalidBody(f"The body cannot be unzipped: {error}.") from None
    if unzip.unconsumed_tail:
        raise BodyTooLarge()
    if not unzip.eof:
        raise InvalidBody("The body cannot be unzipped: it ends too early.")
    return body


def _span(span: trace_pb2.Span, resource: Iterable[KeyValue], as_json: bool) -> Span:
    attributes = {**_attributes(resource), **_attributes(span.attributes)}
    failed = span.status.code == trace_pb2.Status.STATUS_CODE_ERROR
    error = str(attributes.get("error.type", "")) if failed else ""
    return Span(
        _hex(span.trace_id, as_json),
        _hex(span.span_id, as_json),
        _hex(span.parent_span_id, as_json),
        span.name.replace("\0", ""),
        _moment(span.start_time_unix_nano),
        _moment(span.end_time_unix_nano),
        attributes,
        [(event.name, _attributes(event.attributes)) for event in span.events],
        (span.status.message or error or "error") if failed else None,
    )


def _hex(value: bytes, as_json: bool) -> str:
    """OTLP's JSON has ids in hexadecimal, which Protocol Buffers' JSON takes for base64."""
    return base64.b64encode(value).decode().lower() if as_json else value.hex()


def _moment(nanoseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidBody("The body has a span at a time that is none.") from None


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    found = getattr(value, kind) if kind else None
    return found
