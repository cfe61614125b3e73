"""Adapters by family: where each stands, what is counted of it now, what may be decided."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from kwsite.dashboard.moments import when
from training.adapters.counting import canary_arms, live_arms, pairs_of
from training.adapters.models import Adapter
from training.adapters.verdicts import Arm
from trajectories.markup import badge, link

NEWEST = 60  # adapters that are looked at
FAMILIES = 12
COUNTED = 8  # adapters whose answers are counted for one page
EACH = 5  # of a family
State = Adapter.State
ORDER = (
    State.LIVE,
    State.CANARY,
    State.SHADOW,
    State.CANDIDATE,
    State.RETIRED,
    State.ROLLED_BACK,
    State.REJECTED,
)


@dataclass(frozen=True)
class Standing:
    """An adapter as the page shows it."""

    name: SafeString
    state: SafeString
    served: SafeString
    since: str
    reason: str
    arms: tuple[tuple[str, Arm], ...]  # judged answers: its own, and what it is measured against
    choices: tuple[tuple[str, str, str], ...]  # verb, variant and address of what may be decided


@dataclass
class Family:
    """One client's requests of one kind."""

    label: str
    client: str
    adapters: list[Standing] = field(default_factory=list)


def families(request: HttpRequest) -> list[Family]:
    """Of the newest adapters, the families with one that serves or rises first."""
    rows = Adapter.objects.select_related("client", "parent").order_by("-state_since")[:NEWEST]
    grouped: dict[tuple[int, str, str], list[Adapter]] = defaultdict(list)
    for adapter in rows:
        grouped[adapter.client_id, adapter.signature, adapter.base_model].append(adapter)
    ranked = sorted(grouped.values(), key=lambda own: min(map(_rank, own)))[:FAMILIES]
    budget = COUNTED
    found = []
    for own in ranked:
        family = Family(own[0].label, str(own[0].client))
        for adapter in sorted(own, key=_rank)[:EACH]:
            measured = adapter.state in (State.LIVE, *Adapter.RISING)
            family.adapters.append(_standing(request, adapter, measured and budget > 0))
            budget -= measured
        found.append(family)
    return found


def _rank(adapter: Adapter) -> int:
    return ORDER.index(State(adapter.state))


def _standing(request: HttpRequest, adapter: Adapter, counted: bool) -> Standing:
    desk: Any = admin.site.get_model_admin(Adapter)
    return Standing(
        link(reverse("admin:training_adapter_change", args=[adapter.pk]), adapter.name),
        desk.state_badge(adapter),
        badge("served", "success") if adapter.is_served else badge("not served"),
        when(adapter.state_since),
        adapter.reason,
        _arms(adapter) if counted else (),
        tuple(
            (
                decision.verb,
                decision.variant,
                reverse("admin:training_adapter_decide", args=[adapter.pk, name]),
            )
            for name, decision in desk.decisions_for(request, adapter).items()
        ),
    )


def _arms(adapter: Adapter) -> tuple[tuple[str, Arm], ...]:
    """As the page of the adapter has them."""
    if adapter.state == State.SHADOW:
        pairs = pairs_of(adapter)
        return ("this adapter", pairs.adapter), ("what was given to the same requests", pairs.live)
    if adapter.state == State.CANARY:
        canary, control = canary_arms(adapter)
        return ("this adapter", canary), ("what answers the rest", control)
    live, before = live_arms(adapter, least=settings.KW_ADAPTER_MIN_ANSWERS)
    return ("this adapter", live), ("what it replaced", before)
