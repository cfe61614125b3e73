"""Where a prompt stands in its session: in the order of their times, in whatever order they come.

Whoever asks for a place holds the session's row until the prompt is written.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F

from trajectories.models import AgentTurn, Client, Trajectory
from trajectories.taps.values import Opening

ASIDE = (
    10**9
)  # places are unique at each moment, so those behind a late prompt move by way of there


@dataclass(frozen=True)
class Session:
    """`ended_at`: not before the prompt that it is locked for."""

    id: UUID
    ended_at: datetime | None


@dataclass(frozen=True)
class Place:
    """`ended_at` and `continued` are those of a prompt that comes late: what followed is known."""

    number: int
    ended_at: datetime | None = None
    continued: bool | None = None

    def duration_ms(self, started: datetime) -> float:
        return (self.ended_at - started).total_seconds() * 1e3 if self.ended_at else 0.0


def lock_session(client: Client, opening: Opening) -> Session:
    """The session, made if it is new; it goes on if it had ended."""
    new: list[Any] = [
        uuid4(),
        client.pk,
        opening.session,
        opening.agent,
        opening.source,
        opening.at,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_SESSION, new)
        session, ended_at = cursor.fetchone()
    return Session(UUID(str(session)), ended_at)


def next_place(session: Session, opening: Opening) -> Place | None:
    """Of a prompt to be opened; what is open before it ends there. None: its id is known."""
    given: list[Any] = [session.id, opening.id, opening.at]
    with connection.cursor() as cursor:
        cursor.execute(_END_LAST, given)
        new, number, late = cursor.fetchone()
    if not new:
        return None
    return _between(session, opening.at) if late else _last(session, int(number))


def place_at(session: Session, at: datetime) -> Place:
    """The same for a prompt that is stored already, in another session."""
    turns = AgentTurn.objects.filter(session=session.id).select_related("trajectory")
    last = turns.defer("trajectory__embedding").order_by("-place").first()
    if last is None:
        return _last(session, 0)
    if at < last.trajectory.created_at:
        return _between(session, at)
    _go_on(last.pk, at)
    return _last(session, last.place + 1)


def end_trajectory(trajectory_id: UUID, at: datetime) -> None:
    """Closes it if it is open; it is scored, again if need be."""
    found = Trajectory.objects.select_for_update().defer("embedding").get(pk=trajectory_id)
    if found.closed_at is None:
        found.closed_at = max(at, found.created_at)
        found.duration_ms = (found.closed_at - found.created_at).total_seconds() * 1e3
    found.scored_at = None
    found.save(update_fields=["closed_at", "duration_ms", "scored_at"])


def _last(session: Session, number: int) -> Place:
    ended = session.ended_at
    return Place(number, ended, None if ended is None else False)


def _between(session: Session, at: datetime) -> Place:
    """Before all that are newer, which move on by one. The prompt before is judged by it.

    What was said of a correction of that one stays: it may be somebody's word.
    """
    turns = AgentTurn.objects.filter(session=session.id)
    newer = turns.filter(trajectory__created_at__gt=at).order_by("place")
    number, ended_at = newer.values_list("place", "trajectory__created_at")[0]
    turns.filter(place__gte=number).update(place=F("place") + ASIDE)
    turns.filter(place__gte=ASIDE).update(place=F("place") - (ASIDE - 1))
    before = turns.filter(place=number - 1).values_list("pk", flat=True).first()
    if before is not None:
        _go_on(before, at)
        AgentTurn.objects.filter(pk=before).update(redone=None)
    return Place(number, ended_at, True)


def _go_on(trajectory_id: UUID, at: datetime) -> None:
    end_trajectory(trajectory_id, at)
    AgentTurn.objects.filter(pk=trajectory_id).update(continued=True)


_LOCK_SESSION = """
    INSERT INTO trajectories_agentsession AS s (id, client_id, key, agent, source, started_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (client_id, key) DO UPDATE SET ended_at =
        CASE WHEN s.ended_at < excluded.started_at THEN NULL ELSE s.ended_at END
    RETURNING id, ended_at
"""
# The turn is updated by what the update of its trajectory returns, to lock them in that order.
_END_LAST = """
    WITH given AS (SELECT %s::uuid AS session, %s::uuid AS id, %s::timestamptz AS at),
    fresh AS (
        SELECT NOT EXISTS (
            SELECT FROM trajectories_trajectory j WHERE j.id = given.id
        ) AS is FROM given
    ), last AS (
        SELECT t.trajectory_id AS id, t.place, j.created_at, given.at < j.created_at AS newer
        FROM given, trajectories_agentturn t
        JOIN trajectories_trajectory j ON j.id = t.trajectory_id
        WHERE t.session_id = given.session ORDER BY t.place DESC LIMIT 1
    ), ended AS (
        UPDATE trajectories_trajectory j SET scored_at = NULL,
            closed_at = coalesce(j.closed_at, given.at),
            duration_ms = CASE WHEN j.closed_at IS NULL
                THEN extract(epoch FROM given.at - j.created_at) * 1000 ELSE j.duration_ms END
        FROM given, fresh, last
        WHERE j.id = last.id AND fresh.is AND NOT last.newer
        RETURNING j.id
    ), went_on AS (
        UPDATE trajectories_agentturn t SET continued = true
        FROM ended WHERE t.trajectory_id = ended.id
    )
    SELECT fresh.is, coalesce(last.place + 1, 0), coalesce(last.newer, false)
    FROM fresh LEFT JOIN last ON true
"""
