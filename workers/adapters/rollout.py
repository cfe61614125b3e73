"""Adapters move by what is counted: shadow, canary, live, and back when one turns out worse."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from training.adapters.counting import canary_arms, judged_answers, live_arms, pairs_of
from training.adapters.models import Adapter
from training.adapters.states import MoveRefused, promote, reject, roll_back, start_canary
from training.adapters.verdicts import (
    Arm,
    Bounds,
    Pairs,
    Ruling,
    after_canary,
    after_shadow,
    while_live,
)

log = logging.getLogger(__name__)
State = Adapter.State


def roll_out() -> None:
    """One round over all adapters that rise or are live. Two at a time do no harm."""
    for adapter in Adapter.objects.filter(state__in=(*Adapter.RISING, State.LIVE)).order_by("pk"):
        try:
            STEPS[adapter.state](adapter)
        except MoveRefused as error:
            log.info("%s", error.detail)  # somebody else moved it meanwhile


def bounds() -> Bounds:
    return Bounds(least=settings.KW_ADAPTER_MIN_ANSWERS, alpha=settings.KW_ADAPTER_ALPHA)


def rule_shadow(adapter: Adapter) -> None:
    """On to a share of the requests, or out."""
    pairs = pairs_of(adapter)
    ruling = after_shadow(pairs, bounds())
    told = _told(ruling, pairs.adapter, pairs.live) | _pairs_told(pairs)
    if ruling.verdict == "on":
        start_canary(adapter=adapter, metrics=told, reason=ruling.reason)
        log.info("%s is a canary: %s", adapter.name, ruling.reason)
    else:
        _out_or_wait(adapter, ruling, told)


def rule_canary(adapter: Adapter) -> None:
    """On to all requests, or out."""
    canary, control = canary_arms(adapter)
    ruling = after_canary(canary, control, bounds())
    told = _told(ruling, canary, control)
    if ruling.verdict == "on":
        promote(adapter=adapter, metrics=told, reason=ruling.reason)
        log.info("%s is live: %s", adapter.name, ruling.reason)
    else:
        _out_or_wait(adapter, ruling, told)


def rule_live(adapter: Adapter) -> None:
    """Looks once every so many judged answers: at once it gives way to what it replaced, or stays.

    How far it has looked is kept on the row, so that looks are counted over restarts.
    """
    with transaction.atomic():
        free = Adapter.objects.select_for_update(skip_locked=True, of=("self",))
        locked = free.filter(pk=adapter.pk, state=State.LIVE).select_related("parent").first()
        if locked is None:
            return
        kept = locked.metrics.get("live", {})
        if kept.get("since") != locked.state_since.isoformat():
            kept = {}  # of a time before, when it was live already
        until = _next_look(locked, kept)
        if until is None:
            return
        live, before = live_arms(locked, until=until, least=settings.KW_ADAPTER_MIN_ANSWERS)
        look = kept.get("looks", 0) + 1
        ruling = while_live(live, before, look, bounds())
        told = _told(ruling, live, before) | {
            "since": locked.state_since.isoformat(),
            "until": until.isoformat(),
            "looks": look,
        }
        if ruling.verdict != "out":
            locked.metrics = {**locked.metrics, "live": told}
            locked.save(update_fields=["metrics"])
            return
        back = roll_back(adapter=locked, metrics=told, reason=ruling.reason)
    log.error(
        "%s is rolled back: %s; %s answers again",
        adapter.name,
        ruling.reason,
        back.name if back is not None else "the base model",
    )


def _next_look(adapter: Adapter, kept: dict[str, Any]) -> datetime | None:
    """When the answer was given that makes the next look due; None as long as it was not."""
    last = parse_datetime(kept["until"]) if kept else adapter.state_since
    due = judged_answers(adapter, adapter.name, since=last).order_by("created_at")
    least = settings.KW_ADAPTER_MIN_ANSWERS
    times = [at for at, _ in due[:least]]
    return times[-1] if len(times) == least else None


def _out_or_wait(adapter: Adapter, ruling: Ruling, told: dict[str, Any]) -> None:
    days = settings.KW_ADAPTER_TRIAL_DAYS
    if ruling.verdict == "out":
        reason = ruling.reason
    elif timezone.now() - adapter.state_since > timedelta(days=days):
        reason = f"no verdict within {days:g} days: {ruling.reason}"
    else:
        return
    reject(adapter=adapter, metrics=told, reason=reason)
    log.warning("%s is rejected: %s", adapter.name, reason)


def _told(ruling: Ruling, adapter: Arm, other: Arm) -> dict[str, Any]:
    return {"adapter": adapter.as_json(), "other": other.as_json(), "ruling": ruling.reason}


def _pairs_told(pairs: Pairs) -> dict[str, Any]:
    return {"only_adapter": pairs.only_adapter, "only_other": pairs.only_live}


STEPS: dict[str, Callable[[Adapter], None]] = {
    State.SHADOW: rule_shadow,
    State.CANARY: rule_canary,
    State.LIVE: rule_live,
}
