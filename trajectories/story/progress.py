"""How far a run has come, what happens next, and why it failed where it did."""

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from trajectories.markup import badge, json_block, link, moment, table
from trajectories.models import Run
from trajectories.story.headline import client_link
from trajectories.story.section import said

Status = Run.Status


def progress_block(run: Run, story: str) -> SafeString:
    """`story` is the address of its trajectory's page; empty while there is none."""
    asked = format_html("{} asked at {}.", client_link(run), moment(run.created_at))
    parts = [said(format_html("{} {}", asked, STATES[run.status](run)))]
    if story:
        parts.append(said(link(story, "What was done, checked, signed and said: the whole story")))
    if run.error is not None:
        parts.append(_error(run))
    return SafeString("".join(parts))


def _queued(run: Run) -> SafeString:
    before = (
        f"{run.attempts} of {settings.KW_MAX_ATTEMPTS} attempts were made; their workers died. "
        if run.attempts
        else ""
    )
    return format_html(
        "It waits in the queue. {}A free worker of the queue “interactive” takes it next; if its "
        "message was lost, the sweep sends it again within a minute or so. If it stays here, "
        "no worker is running.",
        before,
    )


def _running(run: Run) -> SafeString:
    lease = moment(run.lease_expires_at) if run.lease_expires_at else "no time"
    return format_html(
        "Worker {} is at it, in attempt {} of {}. It holds the run until {} and renews that while "
        "it lives; if it falls silent, the sweep gives the run to another worker.",
        run.claimed_by or "(unnamed)",
        run.attempts,
        settings.KW_MAX_ATTEMPTS,
        lease,
    )


def _done(run: Run) -> SafeString:
    at = moment(run.finished_at) if run.finished_at else "a time that is not recorded"
    return format_html("It was answered at {}.", at)


def _failed(run: Run) -> SafeString:
    at = moment(run.finished_at) if run.finished_at else "a time that is not recorded"
    return format_html(
        "It failed at {} after {} attempt{}, and is not tried again by itself. The app was told "
        "why (below), and may send the request again.",
        at,
        run.attempts,
        "" if run.attempts == 1 else "s",
    )


def _cancelled(run: Run) -> SafeString:
    at = moment(run.finished_at) if run.finished_at else "a time that is not recorded"
    return format_html("It was cancelled at {}. Nothing happens next.", at)


STATES: dict[str, Callable[[Run], SafeString]] = {
    Status.QUEUED: _queued,
    Status.RUNNING: _running,
    Status.DONE: _done,
    Status.FAILED: _failed,
    Status.CANCELLED: _cancelled,
}


def _error(run: Run) -> SafeString:
    error = run.error
    if not isinstance(error, dict):
        return json_block(error)
    rows = [[name.replace("_", " "), str(value)] for name, value in error.items() if value]
    told = said(format_html("{} {}", badge("error", "danger"), str(error.get("message", ""))))
    client = reverse("admin:trajectories_run_changelist")
    more = link(f"{client}?client__id__exact={run.client_id}", "Other runs of this client")
    return format_html("{}{}<p>{}</p>", told, table(["what", "value"], rows), more)
