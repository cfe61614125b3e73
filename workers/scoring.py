"""From a stored trajectory to its reward: which signals were seen."""

from trajectories.models import Event, Feedback, Trajectory
from trajectories.rewards import Efficiency, Outcome, Process, Reward, score


def reward_of(trajectory: Trajectory) -> Reward:
    """The reward of a trajectory as things stand now; later feedback changes it."""
    events = list(trajectory.events.all())
    checks = [event.payload for event in events if event.kind == Event.Kind.VERIFICATION]
    passed = sum(check["status"] == "ok" for check in checks)
    failures = sum(event.kind == Event.Kind.FAILURE for event in events)
    return score(
        _outcome(list(trajectory.feedback.all())),
        Process(
            tool_success_rate=passed / len(checks) if checks else None,
            error_density=failures / len(events) if events else 0.0,
        ),
        Efficiency(duration_s=trajectory.duration_ms / 1e3),
    )


def _outcome(feedback: list[Feedback]) -> Outcome:
    if not feedback:
        return Outcome()
    return Outcome(not_corrected=feedback[0].approves)  # the latest word counts
