"""POST /api/plan: which way a request would go, and why, without going it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kwsite.api.auth import key_of, sign_in
from kwsite.api.chat_body import ChatBody
from kwsite.api.documents import error_documents
from kwsite.api.limits import chat_request
from kwsite.api.offload import in_thread
from kwsite.api.quota import spend_request
from kwsite.api.replies import json_reply
from workers import intake
from workers.request import ChatRequest

router = Router(tags=["KernelWeave"])


@router.post(
    "/plan",
    response={200: dict[str, Any], **error_documents(400, 401, 404, 413, 415, 429)},
    summary="Explain a route",
)
async def plan_chat_completion(request: HttpRequest, body: ChatBody) -> HttpResponse:
    """Takes a chat completion request and returns its route decision: the route, every candidate
    with its scores, the threshold and the reason. Nothing runs and nothing is recorded."""
    decision, headers = await in_thread(_plan, key_of(request), chat_request(body))
    return json_reply(decision, headers=headers)


def _plan(key: str, chat: ChatRequest) -> tuple[dict[str, Any], dict[str, str]]:
    client = sign_in(key)
    headers = spend_request(client=client)
    return intake.plan(client=client, request=chat).as_json(), headers
