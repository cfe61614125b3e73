"""Trajectories of agents, as their taps leave them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from trajectories.models import AgentSession, AgentTurn, Client, Event, Trajectory


def session(client: Client, key: str = "s1", agent: str = "cc") -> AgentSession:
    found, _ = AgentSession.objects.get_or_create(client=client, key=key, defaults={"agent": agent})
    return found


def turn(
    within: AgentSession, prompt: str, *, closed: bool = True, domain: str = "", **fields: Any
) -> Trajectory:
    """The next prompt of a session, as an open tap leaves it; closed unless said otherwise."""
    place = within.turns.count()
    before = within.turns.filter(place=place - 1)
    before.update(continued=True)
    Trajectory.objects.filter(turn__in=before).update(scored_at=None)
    trajectory = Trajectory.objects.create(
        client=within.client,
        prompt=prompt,
        plain=False,
        signature="",
        route=Trajectory.Route.AGENT,
        route_reason="an agent's",
        domain=domain,
        duration_ms=1000,
        closed_at=timezone.now() if closed else None,
    )
    AgentTurn.objects.create(trajectory=trajectory, session=within, place=place, **fields)
    return trajectory


def shell(trajectory: Trajectory, command: str, *, ok: bool = True) -> None:
    number = trajectory.events.count()
    Event.objects.create(
        trajectory=trajectory,
        sequence=number,
        key=uuid4(),
        kind=Event.Kind.TOOL_RESULT,
        payload={"tool": "Bash", "parameters": {"command": command}, "ok": ok},
        at=timezone.now() + timedelta(milliseconds=number),
    )
    AgentTurn.objects.filter(pk=trajectory.pk).update(next_sequence=number + 1)
