"""A run's answer as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from django.http import StreamingHttpResponse
from pydantic_core import to_json

from kwsite.api.completions import (
    Chunk,
    ChunkChoice,
    ChunkDelta,
    Usage,
    completion_id,
    fingerprint,
)
from kwsite.api.errors import AnswerTakesLonger, RunFailed, error_object, refusal_of
from kwsite.api.leaving import searching_for
from kwsite.api.transcript import Transcript
from trajectories.models import Run
from workers.mailbox import Message, NoAnswerInTime
from workers.request import ChatRequest

KEEP_ALIVE_S = 15.0
BEGIN_S = 1.0


async def streamed_reply(
    run: Run, request: ChatRequest, messages: AsyncIterator[Message]
) -> StreamingHttpResponse:
    """Waits for the first message, so that a failure until then has its own HTTP status.

    A search may take long: it begins after a moment, so that its run can be followed and cancelled.
    """
    begin_s = None if request.search is None else BEGIN_S
    waiting = with_keep_alive(messages, first_s=begin_s, every_s=KEEP_ALIVE_S)
    try:
        first = await anext(waiting)
    except NoAnswerInTime as error:
        raise AnswerTakesLonger(run.id) from error
    if first is not None and first.kind == "failed":
        raise RunFailed(run.id, first.result or {})
    response = StreamingHttpResponse(
        _events(run, request, first, waiting), content_type="text/event-stream"
    )
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


async def _events(
    run: Run, request: ChatRequest, first: Message | None, waiting: AsyncIterator[Message | None]
) -> AsyncIterator[bytes]:
    async with searching_for(run):
        async for event in _written(run, request, first, waiting):
            yield event


async def _written(
    run: Run, request: ChatRequest, first: Message | None, waiting: AsyncIterator[Message | None]
) -> AsyncIterator[bytes]:
    chunks = _Chunks(run, request)
    yield chunks.event(ChunkDelta(role="assistant", content=""))
    try:
        message = first
        while message is None or message.kind == "delta":
            if message is None:
                yield b": keep-alive\n\n"
            else:
                for event in chunks.of_message(message):
                    yield event
            message = await anext(waiting)
        if message.kind == "failed":
            raise RunFailed(run.id, message.result or {})
        for event in chunks.of_message(message):
            yield event
        for event in chunks.end(message.result or {}):
            yield event
    except Exception as error:
        failure = AnswerTakesLonger(run.id) if isinstance(error, NoAnswerInTime) else error
        yield _event(error_object(failure, refusal_of(failure)))


async def with_keep_alive(
    messages: AsyncIterator[Message], *, first_s: float | None, every_s: float
) -> AsyncIterator[Message | None]:
    """The messages, and None whenever `every_s` seconds pass without one, once `first_s` have.

    `first_s` None waits for the first message however long it takes.
    """
    wait_s = first_s
    while True:
        coming = asyncio.ensure_future(anext(messages))
        try:
            while not (await asyncio.wait({coming}, timeout=wait_s))[0]:
                wait_s = every_s
                yield None
            wait_s = every_s
            message = coming.result()
        except StopAsyncIteration:
            return
        finally:
            coming.cancel()
        yield message


def _event(data: Any) -> bytes:
    return b"data: " + to_json(data) + b"\n\n"


class _Chunks:
    """Writes the chunks of one answer.

    All name the model that was asked for: which one answers is known only at the end. The run says.
    """

    def __init__(self, run: Run, request: ChatRequest) -> None:
        self._id = completion_id(run.id)
        self._created = int(run.created_at.timestamp())
        self._include_usage = request.include_usage
        self._model = request.model
        self._transcript = Transcript(run.id)

    def of_message(self, message: Message) -> list[bytes]:
        if message.tried is not None:
            return [_event(self._chunk([], kernelweave={"tried": message.tried}))]
        text, calls = self._transcript.add(message)
        if not text and not calls:
            return []
        return [self.event(ChunkDelta(content=text or None, tool_calls=calls))]

    def end(self, result: dict[str, Any]) -> list[bytes]:
        last = ChunkChoice(delta=ChunkDelta(), finish_reason=result["finish_reason"])
        events = [_event(self._chunk([last], kernelweave=result["kernelweave"]))]
        if self._include_usage:
            events.append(_event(self._chunk([], usage=Usage(**result["usage"]))))
        return [*events, b"data: [DONE]\n\n"]

    def event(self, delta: ChunkDelta) -> bytes:
        return _event(self._chunk([ChunkChoice(delta=delta)]))

    def _chunk(self, choices: list[ChunkChoice], **rest: Any) -> Chunk:
        return Chunk(
            id=self._id,
            created=self._created,
            model=self._model,
            system_fingerprint=fingerprint(self._model),
            choices=choices,
            **rest,
        )
