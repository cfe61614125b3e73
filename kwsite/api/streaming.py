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
    coming = asyncio.ensure_future(anext(messages))
    try:
        await asyncio.wait({coming}, timeout=None if request.search is None else BEGIN_S)
        first = coming.result() if coming.done() else None
    except NoAnswerInTime as error:
        raise AnswerTakesLonger(run.id) from error
    except BaseException:
        coming.cancel()
        raise
    if first is None:
        messages = _from(coming, messages)
    elif first.kind == "failed":
        raise RunFailed(run.id, first.result or {})
    response = StreamingHttpResponse(
        _events(run, request, first, messages), content_type="text/event-stream"
    )
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


async def _from(
    coming: "asyncio.Future[Message]", messages: AsyncIterator[Message]
) -> AsyncIterator[Message]:
    """The message that is on its way, then the others."""
    try:
        yield await coming
    finally:
        coming.cancel()
    async for message in messages:
        yield message


async def _events(
    run: Run, request: ChatRequest, first: Message | None, messages: AsyncIterator[Message]
) -> AsyncIterator[bytes]:
    async with searching_for(run):
        async for event in _written(run, request, first, messages):
            yield event


async def _written(
    run: Run, request: ChatRequest, first: Message | None, messages: AsyncIterator[Message]
) -> AsyncIterator[bytes]:
    chunks = _Chunks(run, request)
    yield chunks.event(ChunkDelta(role="assistant", content=""))
    try:
        message = first
        waiting = with_keep_alive(messages, every_s=KEEP_ALIVE_S)
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
    messages: AsyncIterator[Message], *, every_s: float
) -> AsyncIterator[Message | None]:
    """The messages, and None whenever `every_s` seconds pass without one."""
    while True:
        coming = asyncio.ensure_future(anext(messages))
        try:
            while not (await asyncio.wait({coming}, timeout=every_s))[0]:
                yield None
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
