"""Writes what agents send: opened, appended to, closed, annotated (rows KR1, KR2).

Everything may be sent again, in any order and by several at once: rows are named by their senders,
and a session's row is locked where prompts are counted. Locks are taken in the order session,
trajectory, turn. Once a function returns and its transaction is committed, nothing of it is lost.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from trajectories.errors import KernelWeaveError
from trajectories.measures import EVENTS, TAPS
from trajectories.models import AgentSession, AgentTurn, Client, Trajectory
from trajectories.partitions import make_partitions
from trajectories.taps.places import Place, end_trajectory, lock_session, next_place, place_at
from trajectories.taps.values import Closing, Observed, Opening


class TrajectoryNotFound(KernelWeaveError):
    """There is no such trajectory of an agent."""


class TrajectoryTaken(KernelWeaveError):
    """A trajectory of another client or session has this id."""


class SessionNotFound(KernelWeaveError):
    """There is no such session."""


@dataclass(frozen=True)
class Opened:
    """`new` is False where the same was opened before."""

    id: UUID
    place: int
    new: bool


@transaction.atomic
def open_trajectory(*, client: Client, opening: Opening) -> Opened:
    """Begins a trajectory; what is open in its session ends here. Raises TrajectoryTaken."""
    session = lock_session(client, opening)
    place = next_place(session, opening)
    if place is None:
        return _again(opening.id, client, session.id)
    try:
        _create(client, session.id, opening, place)
    except IntegrityError as error:  # another session opened it in the same moment
        raise TrajectoryTaken() from error
    TAPS.labels(tap="open").inc()
    return Opened(opening.id, place.number, new=True)


def _create(client: Client, session: UUID, opening: Opening, place: Place) -> None:
    Trajectory.objects.create(
        id=opening.id,
        client=client,
        prompt=opening.prompt,
        plain=False,
        route=Trajectory.Route.AGENT,
        route_reason="an agent's own work",
        domain=opening.skill,
        duration_ms=place.duration_ms(opening.at),
        created_at=opening.at,
        closed_at=place.ended_at,
    )
    AgentTurn.objects.create(
        trajectory_id=opening.id,
        session_id=session,
        place=place.number,
        continued=place.continued,
        cwd=opening.cwd,
        skill=opening.skill,
        redacted=opening.redacted,
        cut=opening.cut,
    )


@transaction.atomic
def tell_prompt(*, trajectory_id: UUID, prompt: str, redacted: int, cut: dict[str, int]) -> None:
    """Adds the prompt of one that was opened without; the answer before is scored by it."""
    known = Trajectory.objects.filter(pk=trajectory_id, prompt="")
    if not known.update(prompt=prompt, embedding=None, encoder_digest="", scored_at=None):
        return
    turn = AgentTurn.objects.get(pk=trajectory_id)
    known_cut = {**turn.cut, **cut}
    AgentTurn.objects.filter(pk=turn.pk).update(redacted=turn.redacted + redacted, cut=known_cut)
    before = AgentTurn.objects.filter(session=turn.session_id, place=turn.place - 1)
    Trajectory.objects.filter(turn__in=before, closed_at__isnull=False).update(scored_at=None)


@transaction.atomic
def move_turn(*, client: Client, trajectory_id: UUID, opening: Opening) -> None:
    """Puts a prompt into the session that it turned out to be of; an emptied one is deleted."""
    session = lock_session(client, opening)
    found = Trajectory.objects.defer("embedding").select_related("turn").get(pk=trajectory_id)
    turn = found.turn
    if turn.session_id == session.id:
        return
    before = AgentSession.objects.select_for_update().get(pk=turn.session_id)
    place = place_at(session, found.created_at)
    AgentTurn.objects.filter(pk=turn.pk).update(
        session=session.id, place=place.number, continued=place.continued
    )
    if place.ended_at is not None:
        end_trajectory(found.pk, place.ended_at)
    if not before.turns.exists():
        before.delete()


def append_events(*, client: Client, trajectory_id: UUID, events: Sequence[Observed]) -> int:
    """Stores what is new of these, one statement for all. Raises TrajectoryNotFound.

    A trajectory that was scored before is scored again.
    """
    if not events:
        return 0
    columns: list[list[Any]] = [
        list(range(len(events))),
        [one.key for one in events],
        [one.kind for one in events],
        [json.dumps(one.payload) for one in events],
        [one.at for one in events],
        [one.duration_ms for one in events],
    ]
    values = [len(events), trajectory_id, client.pk, *columns]
    try:
        known, stored = _appended(values)
    except IntegrityError as error:
        if "no partition" not in str(error):
            raise
        make_partitions(oldest=min(one.at for one in events).astimezone(UTC).date())
        known, stored = _appended(values)
    if not known:
        raise TrajectoryNotFound()
    TAPS.labels(tap="events").inc()
    EVENTS.inc(stored)
    return int(stored)


def _appended(values: Sequence[Any]) -> tuple[int, int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_APPEND, values)
        known, stored = cursor.fetchone()
    return known, stored


@transaction.atomic
def close_trajectory(*, client: Client, trajectory_id: UUID, closing: Closing) -> bool:
    """Ends a trajectory; False if it had ended. Raises TrajectoryNotFound.

    One that was ended by the next prompt takes what only its own end can say.
    """
    found = _own(client, trajectory_id)
    was_open = found.closed_at is None
    if not was_open and found.output_text:
        return False
    if was_open:
        found.closed_at = max(closing.at, found.created_at)
        found.duration_ms = (found.closed_at - found.created_at).total_seconds() * 1e3
    found.output_text = closing.output or found.output_text
    found.model = closing.model
    found.prompt_tokens, found.completion_tokens = closing.prompt_tokens, closing.completion_tokens
    found.checks = [] if closing.ok is None else [_as_check(closing.ok)]
    found.scored_at = None
    found.save()
    turn = found.turn
    turn.build_succeeded = closing.build_succeeded
    turn.cut = {**turn.cut, **closing.cut}
    turn.redacted += closing.redacted
    turn.save(update_fields=["build_succeeded", "cut", "redacted"])
    TAPS.labels(tap="close").inc()
    return was_open


@transaction.atomic
def annotate_trajectory(
    *, client: Client, trajectory_id: UUID, corrected: bool, text: str = ""
) -> None:
    """Says whether what came next corrects it; it is scored again. Raises TrajectoryNotFound."""
    found = _own(client, trajectory_id)
    AgentTurn.objects.filter(pk=found.pk).update(corrected=corrected, corrected_by=text)
    Trajectory.objects.filter(pk=found.pk).update(scored_at=None)


@transaction.atomic
def end_session(*, client: Client, session: str, at: datetime) -> None:
    """Closes what is open; no prompt followed its last one. Raises SessionNotFound."""
    found = AgentSession.objects.select_for_update().filter(client=client, key=session).first()
    if found is None:
        raise SessionNotFound()
    if found.ended_at is not None:
        return
    AgentSession.objects.filter(pk=found.pk).update(ended_at=at)
    turns = found.turns.filter(trajectory__created_at__lte=at)
    last = turns.order_by("-place").values_list("trajectory_id", flat=True).first()
    if last is not None:
        end_trajectory(last, at)
        AgentTurn.objects.filter(pk=last, continued=None).update(continued=False)


def close_idle(*, before: datetime) -> int:
    """Ends the trajectories that were left open and have had no event since; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE_IDLE, [before, before, timezone.now()])
        return int(cursor.rowcount)


def _again(trajectory_id: UUID, client: Client, session: UUID) -> Opened:
    own = AgentTurn.objects.filter(
        pk=trajectory_id, session=session, trajectory__client=client
    ).first()
    if own is None:
        raise TrajectoryTaken()
    return Opened(trajectory_id, own.place, new=False)


def _as_check(ok: bool) -> dict[str, Any]:
    status = "ok" if ok else "failed"
    return {
        "kind": "agent",
        "label": "as the agent says",
        "status": status,
        "reason": "",
        "duration_ms": 0.0,
    }


def _own(client: Client, trajectory_id: UUID) -> Trajectory:
    found = (
        Trajectory.objects.select_for_update(of=("self",))
        .select_related("turn")
        .filter(pk=trajectory_id, client=client, route=Trajectory.Route.AGENT)
        .first()
    )
    if found is None:
        raise TrajectoryNotFound()
    return found


_APPEND = """
    WITH given AS (SELECT %s::int AS count, %s::uuid AS id, %s::bigint AS client),
    own AS (
        SELECT j.id FROM given, trajectories_trajectory j
        WHERE j.id = given.id AND j.client_id = given.client FOR NO KEY UPDATE OF j
    ), turn AS (
        UPDATE trajectories_agentturn t SET next_sequence = next_sequence + given.count
        FROM given, own WHERE t.trajectory_id = own.id
        RETURNING t.trajectory_id, t.next_sequence - given.count AS first
    ), stored AS (
        INSERT INTO trajectories_event
            (trajectory_id, sequence, key, kind, payload, at, duration_ms)
        SELECT turn.trajectory_id, turn.first + e.n, e.key, e.kind, e.payload, e.at, e.duration_ms
        FROM turn, unnest(
            %s::int[], %s::uuid[], %s::text[], %s::jsonb[], %s::timestamptz[], %s::float8[]
        ) AS e(n, key, kind, payload, at, duration_ms)
        ON CONFLICT (trajectory_id, key, at) WHERE key IS NOT NULL DO NOTHING
        RETURNING 1
    ), due AS (
        UPDATE trajectories_trajectory j SET scored_at = NULL
        FROM turn WHERE j.id = turn.trajectory_id AND j.closed_at IS NOT NULL
        AND EXISTS (SELECT 1 FROM stored)
    )
    SELECT (SELECT count(*) FROM turn), (SELECT count(*) FROM stored)
"""
_CLOSE_IDLE = """
    UPDATE trajectories_trajectory j
    SET closed_at = last.at, duration_ms = extract(epoch FROM last.at - j.created_at) * 1000
    FROM trajectories_trajectory o, LATERAL (
        SELECT greatest(o.created_at, coalesce(max(e.at), o.created_at)) AS at
        FROM trajectories_event e WHERE e.trajectory_id = o.id
    ) last
    WHERE j.id = o.id AND j.closed_at IS NULL AND o.closed_at IS NULL
    AND o.created_at < %s AND last.at < %s AND last.at <= %s
"""
