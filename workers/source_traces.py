"""A trajectory as the value that the compiler and the replays work on."""

import numpy as np

from kernels.compiler.compile import Trace
from trajectories.models import Event, Trajectory


def trace_of(trajectory: Trajectory, *, denied: bool = False) -> Trace:
    """Reads its events, too, unless they were fetched with it."""
    events = list(trajectory.events.all())
    calls = [event.payload["call"] for event in events if event.kind == Event.Kind.TOOL_CALL]
    return Trace(
        prompt=trajectory.prompt,
        system=trajectory.system,
        output=trajectory.output,
        text=trajectory.output_text,
        output_schema=trajectory.output_schema,
        events=len(events),
        passed_checks=sum(check["status"] == "ok" for check in trajectory.checks),
        tokens=trajectory.prompt_tokens + trajectory.completion_tokens,
        written=trajectory.completion_tokens,
        reward=trajectory.reward or 0.0,
        tools=len({call["function"]["name"] for call in calls}),
        denied=denied,
        embedding=np.asarray(trajectory.embedding),
        kinds=tuple(dict.fromkeys(event.kind for event in events)),
    )
