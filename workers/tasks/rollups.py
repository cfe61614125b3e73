"""Keeps the hours and days of traffic that pages read in place of trajectories."""

import time

from celery import shared_task

from trajectories.rollups import count_history, count_stale_hours, note_kept
from workers.queueing import enqueue
from workers.turns import turn

BUDGET_S = 5.0  # other tasks of the queue wait as long
HOURS = 400  # of clients, that are counted in one transaction


@shared_task(ignore_result=True)
def keep_rollups() -> None:
    """Counts the hours that changed, then history; what takes longer is left to the next turn.

    A second one at the same time does nothing. Raises QueueUnavailable: beat asks again.
    """
    with turn("keep rollups") as mine:
        finished = not mine or count_for(budget_s=BUDGET_S)
    if not finished:
        enqueue(keep_rollups, queue="verify")


def count_for(*, budget_s: float) -> bool:
    """Counts what is due for about so long, at least one step of each; whether all is counted.

    What changes meanwhile is the next turn's: a busy hour is counted once a turn.
    """
    ends_at = time.monotonic() + budget_s
    while full := count_stale_hours(most=HOURS) == HOURS:
        if time.monotonic() > ends_at:
            break
    while older := count_history():
        if time.monotonic() > ends_at:
            break
    note_kept()
    return not full and not older
