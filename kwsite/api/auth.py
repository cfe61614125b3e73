"""Who asks: the bearer key of a client.

The key is only read before an operation; it is looked up on the same thread hop as the operation's
own database work. A request that is refused for another reason first is looked up after that, so
that without a valid key nothing but 401 is ever seen.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja.security import HttpBearer

from kwsite.api.errors import InvalidApiKey
from kwsite.api.offload import in_thread
from kwsite.api.replies import error_reply
from trajectories.access import find_key
from trajectories.models import Client

View = Callable[..., Awaitable[HttpResponseBase]]


class ApiKeyAuth(HttpBearer):
    """`Authorization: Bearer <key>`; `request.auth` is the key, not yet looked up."""

    async def authenticate(self, request: HttpRequest, token: str) -> str:
        return token.strip()


def key_of(request: HttpRequest) -> str:
    """The key that `ApiKeyAuth` read."""
    key: str = request.auth  # type: ignore[attr-defined]
    return key


def sign_in(key: str) -> Client:
    """The active client with this key; raises `InvalidApiKey`. Uses the database."""
    found = find_key(key)
    if found is None:
        raise InvalidApiKey()
    return found.client


def refuse_strangers_first(view: View) -> View:
    """Turns a refusal into 401 where the key is not valid."""

    @wraps(view)
    async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = await view(request, *args, **kwargs)
        refused = 400 <= response.status_code < 500 and response.status_code != 401
        if refused and hasattr(request, "auth"):
            try:
                await in_thread(sign_in, key_of(request))
            except Exception as error:
                return error_reply(error)
        return response

    return guarded
