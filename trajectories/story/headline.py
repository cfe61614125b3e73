"""The first sentence of a story: who asked, when, what answered, how well, at what cost."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from trajectories.markup import badge, lasting, link, moment
from trajectories.models import AgentTurn, Run, Trajectory
from trajectories.story.section import said

CHECKED = {
    True: "The answer passed its checks.",
    False: "The answer failed its checks.",
    None: "Nothing could check the answer.",
}


def headline(trajectory: Trajectory, answered_by: SafeString) -> SafeString:
    """`answered_by` names who or what answered, with its links."""
    asked = format_html("{} asked", client_link(trajectory))
    if trajectory.run_id is not None:
        run = link(reverse("admin:trajectories_run_change", args=[trajectory.run_id]), "this run")
        asked = format_html("{} asked with {}", client_link(trajectory), run)
    tokens = trajectory.prompt_tokens + trajectory.completion_tokens
    sentence = format_html(
        "{} at {}, and was answered by {} in {}, with {} tokens ({} read, {} written). {}",
        asked,
        moment(trajectory.run.created_at if trajectory.run else trajectory.created_at),
        answered_by,
        lasting(trajectory.duration_ms),
        f"{tokens:,}",
        f"{trajectory.prompt_tokens:,}",
        f"{trajectory.completion_tokens:,}",
        CHECKED[trajectory.verified],
    )
    return format_html("{}{}", said(sentence), retracted(trajectory))


def agent_headline(trajectory: Trajectory, turn: AgentTurn) -> SafeString:
    """Of a prompt to an agent, which has no run."""
    session = link(
        reverse("admin:trajectories_agentsession_change", args=[turn.session_id]),
        f"{turn.session}, prompt {turn.place + 1}",
    )
    ended = "It is open still." if trajectory.closed_at is None else "It is closed."
    worth = "" if trajectory.reward is None else f" Its reward is {trajectory.reward:.2f}."
    sentence = format_html(
        "An agent of {} was asked at {} ({}), and worked for {}. {}{}",
        client_link(trajectory),
        moment(trajectory.created_at),
        session,
        lasting(trajectory.duration_ms),
        ended,
        worth,
    )
    return format_html("{}{}", said(sentence), retracted(trajectory))


def retracted(trajectory: Trajectory) -> SafeString:
    """Says so where it was."""
    if trajectory.retracted_at is None:
        return SafeString("")
    sentence = format_html(
        "{} on {}: nobody gets this answer again, and nothing learns from it.",
        badge("retracted", "danger"),
        moment(trajectory.retracted_at),
    )
    return said(sentence)


def client_link(row: Trajectory | Run) -> SafeString:
    url = reverse("admin:trajectories_client_change", args=[row.client_id])
    return link(url, str(row.client))


def kernel_link(trajectory: Trajectory, number: int | None = None) -> SafeString:
    url = reverse("admin:kernels_kernelversion_change", args=[trajectory.kernel_version])
    name = trajectory.kernel_name or "a kernel"
    return link(url, name if number is None else f"{name} v{number}")


def source_link(trajectory: Trajectory) -> SafeString | str:
    """Where a stored answer was first given."""
    if trajectory.reused_id is None:
        return "an answer that is no longer there"
    url = reverse("admin:trajectories_trajectory_change", args=[trajectory.reused_id])
    return link(url, "an earlier request")
