"""The API as one application: routers, security, failures, and its OpenAPI document."""

from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from kwsite.api import (
    chat,
    compositions,
    feedback,
    health,
    lineage,
    metrics,
    models_listing,
    otlp,
    plan,
    plan_runs,
    receipts,
    runs,
    skills,
    taps,
)
from kwsite.api.auth import ApiKeyAuth, refuse_strangers_first
from kwsite.api.bodies import StrictJson
from kwsite.api.errors import InvalidParameter, MethodNotAllowed, MissingParameter, UnknownPath
from kwsite.api.replies import error_reply

DESCRIPTION = """\
OpenAI's chat completions, answered by verified kernels where one fits and by a model where none
does, and the service's own questions about them. Every failure has OpenAI's shape:
`{"error": {"message", "type", "param", "code"}}`."""


class Api(NinjaAPI):
    """A ninja application whose refusal of a method has the same shape as every other failure."""

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        patterns = super()._get_urls()
        for pattern in patterns:
            if isinstance(pattern, URLPattern) and iscoroutinefunction(pattern.callback):
                pattern.callback = _with_shaped_405(pattern.callback)
        return patterns


def _with_shaped_405(
    view: Callable[..., Coroutine[Any, Any, HttpResponseBase]],
) -> Callable[..., Coroutine[Any, Any, HttpResponseBase]]:
    @wraps(view)
    async def shaped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = await view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        error = MethodNotAllowed(f"{request.path} answers {response['Allow']} only.")
        refusal = error_reply(error)
        refusal["Allow"] = response["Allow"]
        return refusal

    return shaped


def _reading_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Guards the OpenAPI document and its page, which ninja would give to any method."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        refusal = error_reply(MethodNotAllowed(f"{request.path} answers GET and HEAD only."))
        refusal["Allow"] = "GET, HEAD"
        return refusal

    return guarded


def _refuse(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    return error_reply(error if isinstance(error, Exception) else error())


def _refuse_parameters(
    request: HttpRequest, error: ValidationError | type[ValidationError]
) -> HttpResponse:
    """What did not reach a body's own validation: an empty body, or a path that does not parse."""
    assert isinstance(error, ValidationError)  # ninja raises instances only
    first = error.errors[0]
    name = str(first["loc"][-1])
    if first["type"] == "missing":
        return error_reply(MissingParameter("The body is empty; send a JSON object."))
    return error_reply(InvalidParameter(f"Invalid '{name}': {first['msg']}.", param=name))


async def unknown_path(request: HttpRequest, path: str = "") -> HttpResponse:
    """The view of every address under /v1 and /api that is no operation's."""
    return error_reply(UnknownPath(f"Unknown request URL: {request.method} {request.path}."))


api = Api(
    title="KernelWeave",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    openapi_url="/api/openapi.json",
    docs_url="/api/docs",
    docs_decorator=_reading_only,
    auth=ApiKeyAuth(),
    parser=StrictJson(),
)
for failure in (Exception, Http404, HttpError, RequestDataTooBig):
    api.add_exception_handler(failure, _refuse)
api.add_exception_handler(ValidationError, _refuse_parameters)
api.add_decorator(refuse_strangers_first, mode="view")
for module in (chat, models_listing, otlp):
    api.add_router("/v1", module.router)
for module in (
    plan,
    feedback,
    runs,
    receipts,
    metrics,
    compositions,
    plan_runs,
    lineage,
    skills,
    taps,
    health,
):
    api.add_router("/api", module.router)
