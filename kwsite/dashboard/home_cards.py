"""The figures of Home: each with a word on how it is come by, and a link to what it counts."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from kernels.wrong_reuse import wrong_reuse_bound, wrong_reuse_lower_bound
from kwsite.dashboard.period import Period
from trajectories.markup import Tone
from trajectories.money import prices
from trajectories.traffic import RouteFigures, Slots, Traffic

NOTHING = "—"


@dataclass(frozen=True)
class Card:
    """`figure` large, `lines` small under it; `badge` beside it, if it needs one."""

    title: str
    figure: str
    lines: tuple[str, ...]
    url: str
    link: str  # the words of it
    badge: str = ""
    tone: Tone = ""


def figure_cards(found: Traffic, period: Period) -> list[Card]:
    return [
        _requests(found, period),
        _verified(found, period),
        _saved(found, period),
        _wrong_reuse(found.reusing, found.slots, period),
    ]


def trajectories_url(slots: Slots, period: Period, **asked: str) -> str:
    """The list of what was counted: of this time and client, and as `asked`."""
    query = {"created_at__gte": f"{slots.begin:%Y-%m-%dT%H:%M:%SZ}", **asked}
    if period.client is not None:
        query["client__id__exact"] = str(period.client.pk)
    return f"{reverse('admin:trajectories_trajectory_changelist')}?{urlencode(query)}"


def percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share:.1%}"


def _requests(found: Traffic, period: Period) -> Card:
    all_ = found.answered
    spent = prices().shown(all_.tokens_in, all_.tokens_out)
    tokens = f"{all_.tokens_in:,} tokens read, {all_.tokens_out:,} written"
    return Card(
        "Requests answered",
        f"{all_.requests:,}",
        (tokens, *([f"{spent} spent"] if spent else []), *_retracted(all_)),
        trajectories_url(found.slots, period),
        "Look at them",
    )


def _retracted(all_: RouteFigures) -> list[str]:
    return [f"{all_.retracted:,} retracted since"] if all_.retracted else []


def _verified(found: Traffic, period: Period) -> Card:
    all_ = found.answered
    return Card(
        "Verified",
        percent(all_.right_share),
        (
            f"{all_.right:,} right, {all_.wrong:,} wrong: by people's last word, or by the checks",
            f"{all_.unchecked:,} had nothing to be checked against",
        ),
        trajectories_url(found.slots, period, verified__exact="0"),
        "Answers that failed their checks",
    )


def _saved(found: Traffic, period: Period) -> Card:
    saving = found.saving
    money = prices().shown(saving.tokens_in, saving.tokens_out)
    rate = (
        "as many for each character as generations of this time took"
        if saving.measured
        else "a token for four characters, as nothing plain was generated to tell"
    )
    more = saving.tokens < 0
    how = f"an estimate: what kernels and stored answers would have cost, {rate}"
    return Card(
        "Tokens spent beyond always generating" if more else "Tokens saved against generating",
        f"{abs(saving.tokens):,}",
        (
            *([money] if money else []),
            f"{how}, less what they and failed kernels took",
        ),
        trajectories_url(found.slots, period, route__exact="kernel"),
        "Kernels' answers",
        badge="more spent" if more else "",
        tone="warning" if more else "",
    )


def _wrong_reuse(reusing: RouteFigures, slots: Slots, period: Period) -> Card:
    ceiling = settings.KW_WRONG_REUSE_CEILING
    wrong, judged = reusing.wrong, reusing.judged
    said, tone = _against_ceiling(wrong, judged, ceiling)
    sure = "the bound holds with 95 % confidence if what nobody denied was right"
    return Card(
        "Wrong reuse, at most",
        percent(wrong_reuse_bound(wrong, judged)) if judged else NOTHING,
        (
            f"the ceiling is {ceiling:.1%}",
            f"{wrong:,} of {judged:,} answers by kernels or from store were wrong; {sure}",
        ),
        trajectories_url(slots, period, route__exact="reuse"),
        "Stored answers given again",
        badge=said,
        tone=tone,
    )


def _against_ceiling(wrong: int, judged: int, ceiling: float) -> tuple[str, Tone]:
    if not judged:
        return "nothing reused", ""
    if wrong_reuse_lower_bound(wrong, judged) > ceiling:
        return "above the ceiling", "danger"
    if wrong_reuse_bound(wrong, judged) > ceiling:
        return "too few to tell", "warning"
    return "held", "success"
