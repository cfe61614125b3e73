"""POST /v1/chat/completions: accept a request, then wait for its run."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router
from pydantic import BaseModel

from kwsite.api.auth import key_of, sign_in
from kwsite.api.chat_body import ChatBody
from kwsite.api.completions import ChatCompletion
from kwsite.api.documents import error_documents
from kwsite.api.errors import AnswerTakesLonger, RunFailed
from kwsite.api.leaving import searching_for
from kwsite.api.limits import chat_request
from kwsite.api.offload import in_thread
from kwsite.api.quota import spend_request
from kwsite.api.replies import json_reply
from kwsite.api.streaming import streamed_reply
from trajectories.models import Run
from workers import intake
from workers.mailbox import Message, NoAnswerInTime, follow
from workers.request import ChatRequest
from workers.stopwatch import Stopwatch

router = Router(tags=["OpenAI"])


class AcceptedRun(BaseModel):
    """A request that is answered later; `url` is where."""

    id: UUID
    status: Run.Status
    url: str


PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "`respond-async` gives 202 and a run to look at later.",
}
EVENTS = {
    "schema": {"type": "string"},
    "example": 'data: {"object":"chat.completion.chunk", ...}\n\ndata: [DONE]\n\n',
}


@router.post(
    "/chat/completions",
    response={
        200: ChatCompletion,
        202: AcceptedRun,
        **error_documents(400, 401, 404, 413, 415, 429, 502, 504),
    },
    summary="Answer a chat",
    openapi_extra={
        "parameters": [PREFER],
        "responses": {200: {"content": {"text/event-stream": EVENTS}}},
    },
)
async def create_chat_completion(request: HttpRequest, body: ChatBody) -> HttpResponseBase:
    """OpenAI's chat completions. With `stream`, chunks come as server-sent events."""
    watch = Stopwatch()
    chat = chat_request(body)
    run, headers = await in_thread(_accept, key_of(request), chat, watch)
    response = await _reply(request, run, chat)
    watch.lap("wait")
    response["Server-Timing"] = watch.server_timing()
    response["x-request-id"] = str(run.id)
    for name, value in headers.items():
        response[name] = value
    return response


def _accept(key: str, chat: ChatRequest, watch: Stopwatch) -> tuple[Run, dict[str, str]]:
    """All database work of a request, in one go: sign in, count, accept."""
    watch.lap("thread")
    client = sign_in(key)
    headers = spend_request(client=client)
    watch.lap("sign-in")
    run = intake.accept(client=client, request=chat, watch=watch)
    return run, headers


async def _reply(request: HttpRequest, run: Run, chat: ChatRequest) -> HttpResponseBase:
    if wants_no_waiting(request):
        return _accepted_reply(run)
    messages = follow(run.id, timeout_s=settings.KW_REQUEST_TIMEOUT_S)
    async with searching_for(run):
        if chat.stream:
            return await streamed_reply(run, chat, messages)
        return await _whole_reply(run, messages)


async def _whole_reply(run: Run, messages: AsyncIterator[Message]) -> HttpResponseBase:
    try:
        async for message in messages:
            if message.kind == "failed":
                raise RunFailed(run.id, message.result or {})
            if message.kind == "done":
                return json_reply(ChatCompletion.of_run(run, message.result or {}))
    except NoAnswerInTime as error:
        raise AnswerTakesLonger(run.id) from error
    raise AnswerTakesLonger(run.id)


def wants_no_waiting(request: HttpRequest) -> bool:
    """Whether `Prefer: respond-async` was sent (RFC 7240)."""
    preferences = request.headers.get("Prefer", "").lower().split(",")
    return any(preference.split(";")[0].strip() == "respond-async" for preference in preferences)


def _accepted_reply(run: Run) -> HttpResponseBase:
    url = f"/api/runs/{run.id}"
    accepted: dict[str, Any] = {"id": run.id, "status": run.status, "url": url}
    headers = {"Location": url, "Preference-Applied": "respond-async"}
    return json_reply(accepted, status=202, headers=headers)
