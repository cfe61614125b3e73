"""The route decision in words and drawn: every candidate, for hits and misses alike (row KW18)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from trajectories.markup import badge, folded, json_block, link, table
from trajectories.story.checks import check_rows
from trajectories.story.section import said

Json = Mapping[str, Any]
MOST_CANDIDATES = 20
BESIDE = 6  # candidates in one table of features
WAYS = {
    "kernel": "to a kernel",
    "generation": "to the model itself, or to a search where that pays",
    "reuse": "to a stored answer",
    "search": "to a search",
}
NEVER = 1.0  # a threshold above it lets nothing through


def decision_parts(
    decision: Json, *, route: str = "", reason: str = ""
) -> tuple[tuple[str, SafeString], ...]:
    """`route` and `reason` are what it came to in the end, where it was answered."""
    candidates = list(decision.get("candidates") or ())[:MOST_CANDIDATES]
    parts = [("", _told(decision, route, reason))]
    if near := decision.get("near"):
        parts.append(("Nearly the same question", _near(near)))
    parts.append(("Candidates", _candidates(candidates, decision.get("chosen"))))
    if candidates:
        parts.append(("Features", folded("Side by side", _features(candidates))))
        parts.append(("Preconditions", _preconditions(candidates)))
    if proposal := decision.get("proposal"):
        parts.append(("A composition that would answer it", json_block(proposal)))
    return tuple(parts)


def _told(decision: Json, route: str, reason: str) -> SafeString:
    planned = str(decision.get("route", ""))
    way = WAYS.get(planned, f"to {planned}" if planned else "nowhere that is recorded")
    because = decision.get("reason")
    sentences = [f"It was sent {way}{f': {because}' if because else ''}."]
    if route and route != planned:
        sentences.append(f"In the end it was answered by {route}: {reason}.")
    elif reason and reason != because:
        sentences.append(f"The answer says: {reason}.")
    rows = [
        [name, str(value)]
        for name, value in (
            ("lowest P of the calibration", _bar_text(decision.get("threshold"))),
            ("calibration", decision.get("calibration")),
            ("encoder", decision.get("encoder")),
        )
        if value not in (None, "")
    ]
    told = said(" ".join(sentences))
    return format_html("{}{}", told, table(["what", "value"], rows)) if rows else told


def _bar_text(threshold: float | None) -> str:
    if threshold is None:
        return ""
    return "none: too little evidence, nothing serves" if threshold > NEVER else f"{threshold:.3f}"


def _near(near: Json) -> SafeString:
    rows = [[name, f"{v:.3f}" if isinstance(v, float) else str(v)] for name, v in near.items()]
    return table(["what", "value"], rows)


def _candidates(candidates: Sequence[Json], chosen: str | None) -> SafeString:
    if not candidates:
        return said("No kernel was considered. The reason above says why.")
    rows = [
        [
            version_link(one),
            probability_bar(one["probability"], one["threshold"]),
            f"{one['probability']:.3f}",
            _bar_text(one["threshold"]),
            badge("won", "success") if one["version_id"] == chosen else badge("not chosen"),
            one["obstacle"] or _no_obstacle(one, chosen),
        ]
        for one in candidates
    ]
    return table(["kernel", "", "P(verify)", "at least", "", "why"], rows)


def _no_obstacle(candidate: Json, chosen: str | None) -> str:
    if candidate["version_id"] == chosen:
        return "the likeliest one without an obstacle"
    return "nothing spoke against it; another was likelier" if chosen else "nothing spoke against"


def version_link(candidate: Json) -> SafeString:
    url = reverse("admin:kernels_kernelversion_change", args=[candidate["version_id"]])
    return link(url, _name(candidate))


def probability_bar(probability: float, threshold: float) -> SafeString:
    """P as a bar, with a mark where it would have to reach."""
    mark = min(threshold, NEVER)
    return format_html(
        '<span role="img" aria-label="P {}, at least {}" style="display: inline-block; position: '
        "relative; width: 8rem; height: .75rem; border: 1px solid currentColor; border-radius: "
        '2px"><span style="display: block; height: 100%; width: {}%; background: '
        'var(--color-primary-600)"></span><span style="position: absolute; left: {}%; top: -3px; '
        'bottom: -3px; border-left: 2px solid currentColor"></span></span>',
        f"{probability:.3f}",
        _bar_text(threshold),
        f"{100 * min(max(probability, 0.0), 1.0):.1f}",
        f"{100 * max(mark, 0.0):.1f}",
    )


def _features(candidates: Sequence[Json]) -> SafeString:
    """A row a feature, a column a candidate; as many tables as it takes."""
    tables = []
    for start in range(0, len(candidates), BESIDE):
        beside = candidates[start : start + BESIDE]
        names = list(dict.fromkeys(name for one in beside for name in one["features"]))
        rows = [
            [name.replace("_", " "), *(_feature(one["features"].get(name)) for one in beside)]
            for name in names
        ]
        rows.append(["P is given by", *(_judge(one) for one in beside)])
        tables.append((table(["feature", *(_name(one) for one in beside)], rows),))
    return format_html_join("", "{}", tables)


def _preconditions(candidates: Sequence[Json]) -> SafeString:
    """Nothing is checked after the first that does not hold."""
    rows = [
        [_name(one), *row]
        for one in candidates
        for row in check_rows(one.get("preconditions") or ())
    ]
    if not rows:
        return said("None of them has any.")
    return table(["kernel", "precondition", "result", "reason", "time"], rows)


def _judge(candidate: Json) -> str:
    head = candidate.get("head")
    return f"routing head {head}" if head else "the calibration"


def _feature(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def _name(candidate: Json) -> str:
    return f"{candidate['kernel']} v{candidate['version']}"
