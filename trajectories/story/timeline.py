"""When what happened: bars on one axis for who looks, a table beside them for who reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from trajectories.markup import Tone, badge, folded, json_block, lasting, table
from trajectories.models import Event, Run
from trajectories.story.event_words import in_words

MOST_DRAWN = 60
PAYLOAD_CHARS = 2_000
WIDTH, LABELS, TIMES, ROW = 1000, 210, 130, 22  # of the drawing, in its own units
KIND_TONES: dict[str, Tone] = {
    Event.Kind.DECISION: "primary",
    Event.Kind.EVIDENCE: "success",
    Event.Kind.FAILURE: "danger",
    Event.Kind.TOOL_CALL: "info",
    Event.Kind.TOOL_RESULT: "info",
}
CHECK_TONES: dict[Any, Tone] = {"ok": "success", "failed": "danger"}
COLOURS: dict[Tone, str] = {
    "": "var(--color-base-500)",
    "info": "var(--color-blue-600)",
    "primary": "var(--color-primary-600)",
    "success": "var(--color-green-600)",
    "warning": "var(--color-orange-600)",
    "danger": "var(--color-red-600)",
}


@dataclass(frozen=True)
class Span:
    """`offset_ms` since the request came in; None lasted no time that was measured."""

    label: str
    offset_ms: float
    duration_ms: float | None
    tone: Tone = ""

    @property
    def end_ms(self) -> float:
        return self.offset_ms + (self.duration_ms or 0.0)


def spans_of(begun: datetime, run: Run | None, events: Sequence[Event]) -> list[Span]:
    """The run's own two (in the queue, in work), then one an event, in order."""
    found = []
    if run is not None and run.started_at is not None:
        waited = _since(begun, run.started_at)
        found.append(Span("in the queue", 0.0, max(0.0, waited)))
        if run.finished_at is not None:
            worked = _since(run.started_at, run.finished_at)
            found.append(Span("in work", waited, max(0.0, worked), "primary"))
    return [*found, *(_span(begun, event) for event in events)]


def timeline(
    begun: datetime,
    run: Run | None,
    events: Sequence[Event],
    whole: Callable[[Event], str],
) -> SafeString:
    """`whole` gives the address of an event's whole payload."""
    spans = spans_of(begun, run, events)
    rows = [_row(begun, event, whole(event)) for event in events]
    return format_html(
        "{}{}",
        drawing(spans[:MOST_DRAWN]),
        table(["", "kind", "after", "took", "what"], rows),
    )


def drawing(spans: Sequence[Span]) -> SafeString:
    """One bar a span, labelled; an instant is a thin mark."""
    if not spans:
        return SafeString("")
    first = min(0.0, *(span.offset_ms for span in spans))
    last = max(span.end_ms for span in spans)
    scale = (WIDTH - LABELS - TIMES) / max(last - first, 1e-6)
    bars = format_html_join(
        "",
        '<text x="0" y="{}">{}</text><rect x="{}" y="{}" width="{}" height="12" rx="2" '
        'style="fill: {}"></rect><text x="{}" y="{}" text-anchor="end">{}</text>',
        (
            (
                place * ROW + 16,
                span.label,
                f"{LABELS + (span.offset_ms - first) * scale:.1f}",
                place * ROW + 5,
                f"{max(3.0, (span.duration_ms or 0.0) * scale):.1f}",
                COLOURS[span.tone],
                WIDTH,
                place * ROW + 16,
                _times(span),
            )
            for place, span in enumerate(spans)
        ),
    )
    label = f"{len(spans)} spans over {lasting(last - first)}; the table below has them all"
    return format_html(
        '<svg role="img" aria-label="{}" viewBox="0 0 {} {}" style="width: 100%; max-width: 70rem; '
        'font-size: 13px; fill: currentColor">{}</svg>',
        label,
        WIDTH,
        len(spans) * ROW + 4,
        bars,
    )


def _times(span: Span) -> str:
    at = f"+{lasting(max(0.0, span.offset_ms))}"
    return at if span.duration_ms is None else f"{at}, {lasting(span.duration_ms)}"


def _row(begun: datetime, event: Event, whole: str) -> list[Any]:
    payload = json_block(event.payload, whole=whole, most=PAYLOAD_CHARS)
    return [
        str(event.sequence),
        badge(event.get_kind_display(), _tone(event)),
        f"+{lasting(max(0.0, _since(begun, event.at)))}",
        "—" if event.duration_ms is None else lasting(event.duration_ms),
        folded(in_words(event.kind, event.payload) or "(empty)", payload),
    ]


def _span(begun: datetime, event: Event) -> Span:
    tone = _tone(event)
    label = f"{event.sequence}. {event.get_kind_display()}"
    return Span(label, _since(begun, event.at), event.duration_ms, tone)


def _tone(event: Event) -> Tone:
    """What was checked is green only where it held."""
    if event.kind == Event.Kind.VERIFICATION:
        return CHECK_TONES.get(event.payload.get("status"), "")
    return KIND_TONES.get(event.kind, "")


def _since(begun: datetime, at: datetime) -> float:
    return (at - begun).total_seconds() * 1e3
