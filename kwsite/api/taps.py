"""The four taps: what agents do, as it happens (row KR1)."""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel

from kwsite.api.auth import key_of, sign_in
from kwsite.api.documents import error_documents
from kwsite.api.offload import in_thread
from kwsite.api.replies import json_reply
from kwsite.api.runs import ObservedEvent
from kwsite.api.taps_batch import TapResult, store_taps
from kwsite.api.taps_body import (
    AnnotateBody,
    CloseBody,
    EndBody,
    EventsBody,
    OpenBody,
    TapsBody,
    moment,
)
from trajectories.models import AgentTurn, Client
from trajectories.taps.recording import (
    TrajectoryNotFound,
    annotate_trajectory,
    append_events,
    close_trajectory,
    end_session,
    open_trajectory,
)

router = Router(tags=["Agents"])


class OpenedTrajectory(BaseModel):
    """`place` counts the prompts of the session, from 0."""

    id: uuid.UUID
    place: int


class Stored(BaseModel):
    """How many events were new."""

    stored: int


class Named(BaseModel):
    id: uuid.UUID


class TapResults(BaseModel):
    """One for each tap, in their order."""

    results: list[TapResult]


@router.post(
    "/trajectories",
    response={
        200: OpenedTrajectory,
        201: OpenedTrajectory,
        **error_documents(400, 401, 409, 413, 415),
    },
    summary="Open a trajectory",
)
async def open_(request: HttpRequest, body: OpenBody) -> HttpResponse:
    """An agent was given a prompt. What was open in its session is closed.

    200 in place of 201 where the same `id` was opened before.
    """

    def write(client: Client) -> tuple[OpenedTrajectory, bool]:
        opened = open_trajectory(client=client, opening=body.opening())
        return OpenedTrajectory(id=opened.id, place=opened.place), opened.new

    opened, new = await _signed_in(request, write)
    return json_reply(opened, status=201 if new else 200)


@router.post(
    "/trajectories/{trajectory_id}/events",
    response={202: Stored, **error_documents(400, 401, 404, 413, 415)},
    summary="Append events",
)
async def append(request: HttpRequest, trajectory_id: uuid.UUID, body: EventsBody) -> HttpResponse:
    """What the agent did or saw. Secrets are taken out, and long texts cut, before it is stored."""

    def write(client: Client) -> int:
        observed = [event.observed() for event in body.events]
        return append_events(client=client, trajectory_id=trajectory_id, events=observed)

    return json_reply(Stored(stored=await _signed_in(request, write)), status=202)


@router.post(
    "/trajectories/{trajectory_id}/close",
    response={200: Named, **error_documents(400, 401, 404, 413, 415)},
    summary="Close a trajectory",
)
async def close(request: HttpRequest, trajectory_id: uuid.UUID, body: CloseBody) -> HttpResponse:
    """The agent has answered. It is scored by the next sweep, within half a minute."""

    def write(client: Client) -> None:
        close_trajectory(client=client, trajectory_id=trajectory_id, closing=body.closing())

    await _signed_in(request, write)
    return json_reply(Named(id=trajectory_id))


@router.post(
    "/trajectories/{trajectory_id}/annotations",
    response={200: Named, **error_documents(400, 401, 404, 413, 415)},
    summary="Say whether an answer was corrected",
)
async def annotate(
    request: HttpRequest, trajectory_id: uuid.UUID, body: AnnotateBody
) -> HttpResponse:
    """It counts more than what the next prompt seems to say. The trajectory is scored again."""

    def write(client: Client) -> None:
        annotate_trajectory(
            client=client,
            trajectory_id=trajectory_id,
            corrected=body.corrected,
            text=body.said(),
        )

    await _signed_in(request, write)
    return json_reply(Named(id=trajectory_id))


class EndedSession(BaseModel):
    session: str


@router.post(
    "/sessions/end",
    response={200: EndedSession, **error_documents(400, 401, 404, 413, 415)},
    summary="End a session",
)
async def end(request: HttpRequest, body: EndBody) -> HttpResponse:
    """What is open in it is closed."""

    def write(client: Client) -> None:
        end_session(client=client, session=body.session, at=moment(body.at))

    await _signed_in(request, write)
    return json_reply(EndedSession(session=body.session))


@router.post(
    "/taps",
    response={200: TapResults, **error_documents(400, 401, 413, 415)},
    summary="Send taps that were kept",
)
async def send_taps(request: HttpRequest, body: TapsBody) -> HttpResponse:
    """Taps of all kinds, in their order, each by itself: `tap` says which, `trajectory` of what.

    With ids and times of their own they may be sent again. One that is refused does not hold up
    the others; but what is no JSON that can be stored, be it in one tap (a NUL character, half of a
    surrogate pair, a number beyond 64 bits), has all of them refused with 400, and none is stored.
    """

    def write(client: Client) -> list[TapResult]:
        return store_taps(client, body.taps)

    return json_reply(TapResults(results=await _signed_in(request, write)))


class TrajectoryReport(BaseModel):
    """An agent's trajectory: what was seen, and what it is worth, with the reasons.

    `reward` and what belongs to it are null until it is closed and scored.
    """

    id: uuid.UUID
    session: str
    place: int
    agent: str
    prompt: str
    cwd: str
    skill: str
    domain: str
    output: str
    opened_at: datetime
    closed_at: datetime | None
    corrected: bool | None
    corrected_by: str
    redone: bool | None
    build_succeeded: bool | None
    continued: bool | None
    redacted: int
    cut: dict[str, int]
    reward: float | None
    reward_parts: dict[str, Any] | None
    advantage: float | None
    events: list[ObservedEvent]


@router.get(
    "/trajectories/{trajectory_id}",
    response={200: TrajectoryReport, **error_documents(400, 401, 404)},
    summary="Look an agent's trajectory up",
)
async def retrieve(request: HttpRequest, trajectory_id: uuid.UUID) -> HttpResponse:
    """A client sees its own only."""
    return json_reply(await _signed_in(request, partial(_report, trajectory_id)))


def _report(trajectory_id: uuid.UUID, client: Client) -> TrajectoryReport:
    turn = (
        AgentTurn.objects.select_related("trajectory", "session")
        .defer("trajectory__embedding")
        .filter(pk=trajectory_id, trajectory__client=client)
        .first()
    )
    if turn is None:
        raise TrajectoryNotFound()
    found = turn.trajectory
    return TrajectoryReport(
        id=found.pk,
        session=turn.session.key,
        place=turn.place,
        agent=turn.session.agent,
        prompt=found.prompt,
        cwd=turn.cwd,
        skill=turn.skill,
        domain=found.domain,
        output=found.output_text,
        opened_at=found.created_at,
        closed_at=found.closed_at,
        corrected=turn.corrected,
        corrected_by=turn.corrected_by,
        redone=turn.redone,
        build_succeeded=turn.build_succeeded,
        continued=turn.continued,
        redacted=turn.redacted,
        cut=turn.cut,
        reward=found.reward,
        reward_parts=found.reward_parts,
        advantage=found.advantage,
        events=[ObservedEvent.of(event) for event in found.events.all()],
    )


async def _signed_in(request: HttpRequest, write: Callable[[Client], Any]) -> Any:
    key = key_of(request)
    return await in_thread(lambda: write(sign_in(key)))
