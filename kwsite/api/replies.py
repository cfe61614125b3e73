"""HTTP responses with JSON in them."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from pydantic_core import to_json

from kwsite.api.errors import error_object, refusal_of


def json_reply(
    body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """A JSON response. `body` is a pydantic model, or anything that pydantic can write."""
    return HttpResponse(
        to_json(body), status=status, content_type="application/json", headers=headers
    )


def error_reply(error: BaseException) -> HttpResponse:
    """The response to a failure, in OpenAI's shape."""
    while isinstance(error.__cause__, Exception) and type(error).__module__ == "ninja.errors":
        error = error.__cause__  # ninja wraps what a body parser raises
    refusal = refusal_of(error)
    response = json_reply(error_object(error, refusal), status=refusal.status)
    for name, value in getattr(error, "headers", {}).items():
        response[name] = value
    if refusal.retry_after_s is not None:
        response["Retry-After"] = str(refusal.retry_after_s)
    if refusal.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response
