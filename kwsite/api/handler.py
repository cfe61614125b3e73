"""The ASGI handler of the API: Django's, without what only browsers need.

Django runs each request on a thread made for it, and hops to it for its signals and for sessions,
CSRF, messages and sign-in. The API needs none of them: its views are async, and its database work
gives connections back by itself (`kwsite.api.offload`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix, set_urlconf

from kwsite.api.errors import BodyTooLarge
from kwsite.api.replies import error_reply

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

PREFIXES = ("/v1", "/api")


def is_api_path(path: str) -> bool:
    return path in PREFIXES or path.startswith(tuple(f"{prefix}/" for prefix in PREFIXES))


class ApiHandler(ASGIHandler):
    """Serves the API. A client that leaves cancels its request; an accepted run goes on."""

    def load_middleware(self, is_async: bool = False) -> None:
        """No middleware of any kind, whatever the settings say."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(
            self._get_response_async  # type: ignore[attr-defined]
        )

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Does not log refusals: what is worth it was logged where it was answered."""
        set_urlconf(settings.ROOT_URLCONF)
        response: HttpResponseBase = await self._middleware_chain(request)  # type: ignore[misc]
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _declared_length(scope) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            await self.send_response(error_reply(BodyTooLarge()), send)
            return
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        except BodyTooLarge as error:
            await self.send_response(error_reply(error), send)
            return
        set_script_prefix(get_script_prefix(scope))
        with body:
            request, refusal = self.create_request(scope, body)
            if request is not None:
                await self._answer_until_client_leaves(request, receive, send)
            elif refusal is not None:
                await self.send_response(refusal, send)

    async def read_body(self, receive: Receive) -> BytesIO:
        """The whole body. Raises `RequestAborted`, and `BodyTooLarge` at the first byte too many.

        What comes after that byte is left to the server, which closes the connection.
        """
        body = BytesIO()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted()
            body.write(message.get("body", b""))
            if body.tell() > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                raise BodyTooLarge()
            more = message.get("more_body", False)
        body.seek(0)
        return body

    async def _answer_until_client_leaves(
        self, request: ASGIRequest, receive: Receive, send: Send
    ) -> None:
        answering = asyncio.create_task(self._answer(request, send))
        leaving = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            answering.cancel()
            leaving.cancel()
            outcomes = await asyncio.gather(answering, leaving, return_exceptions=True)
        if isinstance(outcomes[0], Exception):
            raise outcomes[0]

    async def _answer(self, request: ASGIRequest, send: Send) -> None:
        response = await self.run_get_response(request)
        try:
            await self.send_response(response, send)
        finally:
            response.close()
            request.close()


def _declared_length(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0
