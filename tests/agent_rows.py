"""What an agent has sent, as rows."""

import uuid
from datetime import UTC, datetime

from trajectories.models import AgentSession, Client, Event, Trajectory
from trajectories.taps.recording import append_events, close_trajectory, open_trajectory
from trajectories.taps.values import Closing, Observed, Opening


def add_agent_trajectory(
    *,
    client: Client,
    prompt: str = "Mend the <b>test</b>.",
    session: str = "s",
    skill: str = "testing",
    cwd: str = "/home/ann/shop",
    output: str = "It is mended.",
    tools: tuple[tuple[str, bool], ...] = (("Bash", True), ("Edit", True)),
) -> Trajectory:
    """A closed trajectory of a session, with these tools and whether they succeeded."""
    at = datetime.now(UTC)
    opening = Opening(uuid.uuid4(), session, prompt, at, cwd=cwd, skill=skill, agent="bench")
    opened = open_trajectory(client=client, opening=opening)
    events = [
        Observed(Event.Kind.TOOL_RESULT.value, {"tool": tool, "ok": ok, "parameters": {}}, at)
        for tool, ok in tools
    ]
    append_events(client=client, trajectory_id=opened.id, events=events)
    closing = Closing(at, output)
    close_trajectory(client=client, trajectory_id=opened.id, closing=closing)
    assert AgentSession.objects.filter(client=client, key=session).exists()
    return Trajectory.objects.get(pk=opened.id)
