"""From a stored trajectory to its reward: which signals were seen."""

from collections.abc import Sequence

from trajectories.baselines import agent_domain, request_domain
from trajectories.models import AgentTurn, Event, Feedback, Trajectory
from trajectories.rewards import Reward, score
from trajectories.signals import (
    Observed,
    Signal,
    build_succeeded,
    duration,
    process_and_efficiency,
)


def reward_of(trajectory: Trajectory) -> Reward:
    """The reward of a trajectory as things stand now; later feedback changes it."""
    events = [Observed(event.kind, event.payload) for event in trajectory.events.all()]
    feedback = list(trajectory.feedback.all())
    duration_s = trajectory.duration_ms / 1e3
    if trajectory.route == Trajectory.Route.AGENT:
        outcome = _outcome(trajectory.turn, events, feedback)
        dropped = trajectory.turn.next_sequence > 0 and not events
        kept = _kept(trajectory) if dropped else []
        if kept:
            told = {signal.name for signal in kept}
            return score([*(signal for signal in outcome if signal.name not in told), *kept])
        return score([*outcome, *process_and_efficiency(events, duration_s)])
    return score([*_request(events, feedback), duration(duration_s)])


def _kept(trajectory: Trajectory) -> list[Signal]:
    """What its events said when it was scored before; they have been dropped since.

    Of a build only what was seen: else the agent may say it still.
    """
    told = (trajectory.reward_parts or {}).get("signals", [])
    return [
        Signal(one["name"], one["value"], one["why"])
        for one in told
        if one["part"] != "outcome"
        or (one["name"] == "build_succeeded" and one["value"] is not None)
    ]


def domain_of(trajectory: Trajectory, search_worker: str) -> str:
    """What the reward of a trajectory is compared with."""
    if trajectory.route == Trajectory.Route.AGENT:
        turn = trajectory.turn
        return agent_domain(skill=turn.skill, cwd=turn.cwd, agent=turn.session.agent)
    return request_domain(
        kernel=trajectory.kernel_name, worker=search_worker, route=trajectory.route
    )


def _request(events: Sequence[Observed], feedback: Sequence[Feedback]) -> list[Signal]:
    """Of a request, checks are what tools are to an agent."""
    checks = [event.payload for event in events if event.kind == Event.Kind.VERIFICATION]
    passed = sum(check["status"] == "ok" for check in checks)
    failures = sum(event.kind == Event.Kind.FAILURE for event in events)
    density = failures / len(events) if events else 0.0
    return [
        _judged(feedback),
        Signal(
            "tool_success_rate",
            passed / len(checks) if checks else None,
            f"{passed} of {len(checks)} checks passed" if checks else "Nothing was checked.",
        ),
        Signal(
            "error_density", max(0.0, 1.0 - density), f"{failures} failures in {len(events)} events"
        ),
    ]


def _outcome(
    turn: AgentTurn, events: Sequence[Observed], feedback: Sequence[Feedback]
) -> list[Signal]:
    """A verdict on the answer counts before what the next prompt says of it."""
    verdict, continued = _judged(feedback), turn.continued
    ended = continued is False  # so nobody corrected it, nor asked again
    said = "The session ended without that." if ended else ""
    corrected = _denied(
        "not_corrected",
        False if ended and turn.corrected is None else turn.corrected,
        yes=turn.corrected_by or "It was corrected.",
        no=said or "The next prompt does not correct it.",
    )
    return [
        verdict if verdict.value is not None else corrected,
        _denied(
            "not_redone",
            False if ended and turn.redone is None else turn.redone,
            yes="The next prompt asks for the same again.",
            no=said or "The next prompt asks for something else.",
        ),
        build_succeeded(events, turn.build_succeeded),
        Signal(
            "session_continued",
            None if continued is None else float(continued),
            _heard(continued, yes="Another prompt followed.", no="The session ended with it."),
        ),
    ]


def _judged(feedback: Sequence[Feedback]) -> Signal:
    """Whether people took the answer as it was; the latest word counts."""
    approves = feedback[0].approves if feedback else None
    why = _heard(approves, yes="The last verdict approves.", no="The last verdict denies it.")
    return Signal("not_corrected", None if approves is None else float(approves), why)


def _denied(name: str, happened: bool | None, *, yes: str, no: str) -> Signal:
    """A signal that is good when something did not happen."""
    value = None if happened is None else float(not happened)
    return Signal(name, value, _heard(happened, yes=yes, no=no))


def _heard(said: bool | None, *, yes: str, no: str) -> str:
    if said is None:
        return "Nothing was heard of it."
    return yes if said else no
