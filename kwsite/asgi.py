"""The ASGI application: the API on its own short path, everything else on Django's."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kwsite.settings")
site = get_asgi_application()

from kwsite.api.handler import (  # noqa: E402  (needs Django set up)
    ApiHandler,
    Receive,
    Scope,
    Send,
    is_api_path,
)
from kwsite.warming import warm_in_background  # noqa: E402

api = ApiHandler()
warm_in_background()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serves one connection."""
    if scope["type"] == "http" and is_api_path(scope["path"]):
        await api(scope, receive, send)
    else:
        await site(scope, receive, send)
