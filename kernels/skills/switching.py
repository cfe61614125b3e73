"""Who chooses skills, patterns or vectors: read, and switched in one step, with a record."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F, Q

from kernels.review import ReasonMissing, ReviewError
from kernels.shadow_models import RoutingSwitch
from kernels.skills.shadow_gate import Limits, gate
from kernels.skills.shadow_rows import shadow_figures
from trajectories.models import Client

Serving = RoutingSwitch.Serving


class GateClosed(ReviewError):
    """The figures do not let vectors choose."""


class AlreadyServing(ReviewError):
    """It serves already."""


def limits() -> Limits:
    """As the settings have them."""
    return Limits(
        records=settings.KW_SHADOW_MIN_RECORDS,
        hit_rate=settings.KW_SHADOW_MIN_HIT_RATE,
        agreement=settings.KW_SHADOW_MIN_AGREEMENT,
        lift=settings.KW_SHADOW_MIN_LIFT,
        judged=settings.KW_SHADOW_MIN_JUDGED,
    )


def serving_for(client: Client | None) -> str:
    """Patterns, until somebody said otherwise for this client, or else for everybody."""
    said = newest_switch(client)
    return said.serving if said else Serving.REGEX.value


def newest_switch(client: Client | None) -> RoutingSwitch | None:
    """The row that counts for a client: its own newest, or else everybody's newest."""
    rows = RoutingSwitch.objects.filter(Q(client=client) | Q(client=None))
    return rows.order_by(F("client").desc(nulls_last=True), "-id").first()


def switch_routing(
    *,
    client: Client | None,
    serving: str,
    user: User | None,
    changed_by: str,
    reason: str,
) -> RoutingSwitch:
    """To vectors only while the gate is open, back to patterns at any time.

    Without a client, for all who have no row of their own. Raises AlreadyServing, GateClosed,
    ReasonMissing; ValueError for what is neither.
    """
    serving = Serving(serving).value
    if not reason:
        raise ReasonMissing()
    if serving_for(client) == serving:
        raise AlreadyServing(f"{'Vectors' if serving == Serving.VECTOR else 'Patterns'} serve.")
    figures = shadow_figures(client)
    decision = gate(figures, limits())
    if serving == Serving.VECTOR and not decision.open:
        raise GateClosed(f"{GateClosed.__doc__} {'; '.join(decision.reasons)}.")
    return RoutingSwitch.objects.create(
        client=client,
        serving=serving,
        user=user,
        changed_by=changed_by,
        reason=reason,
        figures={"figures": figures.as_json(), "gate": decision.as_json()},
    )
