"""Events on one axis: where each bar begins, how long it is, and what is said of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trajectories.models import Event, Run
from trajectories.story.event_words import in_words
from trajectories.story.timeline import Span, drawing, spans_of, timeline

BEGUN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def event(
    sequence: int, after_ms: float, duration_ms: float | None = None, **payload: Any
) -> Event:
    return Event(
        sequence=sequence,
        kind=Event.Kind.OBSERVATION,
        payload=payload,
        at=BEGUN + timedelta(milliseconds=after_ms),
        duration_ms=duration_ms,
    )


def test_the_queue_and_the_work_come_before_the_events() -> None:
    run = Run(
        created_at=BEGUN,
        started_at=BEGUN + timedelta(milliseconds=40),
        finished_at=BEGUN + timedelta(milliseconds=100),
    )
    spans = spans_of(BEGUN, run, [event(0, 50, 20.0)])
    assert [(one.label, one.offset_ms, one.duration_ms) for one in spans] == [
        ("in the queue", 0.0, 40.0),
        ("in work", 40.0, 60.0),
        ("0. Observation", 50.0, 20.0),
    ]


def test_bars_stand_to_scale_and_an_instant_is_a_thin_mark() -> None:
    drawn = drawing([Span("half", 50.0, 50.0), Span("instant", 100.0, None)])
    assert 'x="540.0" y="5" width="330.0"' in drawn  # 660 units are 100 ms
    assert 'x="870.0" y="27" width="3.0"' in drawn
    assert 'role="img"' in drawn
    assert drawing([]) == ""


def test_many_events_are_listed_and_the_first_of_them_drawn() -> None:
    page = timeline(BEGUN, None, [event(n, n) for n in range(80)], lambda one: "/whole/")
    assert page.count("<rect") == 60
    assert page.count("<details") == 80


def test_a_long_payload_is_cut_and_leads_to_all_of_it() -> None:
    long = event(7, 1.0, text="<b>" + "x" * 5_000)
    page = timeline(BEGUN, None, [long], lambda one: f"/whole/{one.sequence}/")
    assert 'href="/whole/7/"' in page
    assert "<b>" not in page
    assert "x" * 1_900 in page
    assert "x" * 2_100 not in page


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        ("decision", {"route": "kernel", "reason": "P is high"}, "kernel: P is high"),
        ("decision", {"adapter": "a-1", "arm": "canary"}, "adapter a-1, as canary"),
        (
            "verification",
            {"kind": "cel", "label": "", "status": "could_not_run", "reason": "no such key"},
            "cel: could not run; no such key",
        ),
        ("observation", {"kernel": "sums", "attempt": 2}, "kernel sums, attempt 2"),
        ("tool_result", {"tool": "Bash", "ok": False}, "Bash: failed"),
        (
            "evidence",
            {"reused": "id", "cosine": None},
            "the stored answer of id (the same question)",
        ),
        ("failure", {"reason": "it was refused"}, "it was refused"),
        ("message", {"text": "Hello\nworld"}, "Hello world"),
        ("plan", {"search": {}}, '{"search": {}}'),
        ("message", ["odd"], '["odd"]'),
    ],
)
def test_an_event_says_its_gist(kind: str, payload: Any, words: str) -> None:
    assert in_words(kind, payload).strip() == words
