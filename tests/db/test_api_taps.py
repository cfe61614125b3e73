"""The four taps over HTTP: an agent's work as it happens, kept once, without secrets."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from pytest_django import Settings

from trajectories.access import issue_key
from trajectories.models import AgentSession, AgentTurn, Client, Event, Trajectory
from trajectories.taps.recording import append_events
from trajectories.taps.values import Observed
from workers.tasks.keeping import close_idle_trajectories, keep_event_partitions
from workers.tasks.scoring import score_due

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, EACH = 8, 20
SOME_ID = str(uuid.UUID(int=1))
SECRET = "ghp_" + "a1B2c3D4" * 5


def post(app: Browser, path: str, body: Any) -> tuple[int, Any]:
    response = app.post(f"/api{path}", data=json.dumps(body), content_type="application/json")
    return response.status_code, response.json()


def opened(app: Browser, **fields: Any) -> str:
    body = {"session": "s", "prompt": "Fix the test.", **fields}
    status, reply = post(app, "/trajectories", body)
    assert status == 201, reply
    found: str = reply["id"]
    return found


def event(**fields: Any) -> dict[str, Any]:
    plain = {"tool": "Bash", "parameters": {"command": "make test"}, "ok": True}
    return {"id": str(uuid.uuid4()), "at": now(), **plain, **fields}


def now(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def test_an_agents_work_is_kept_from_prompt_to_answer(app: Browser) -> None:
    found = opened(app, cwd="/home/ann/shop", skill="testing", agent="claude-code")
    status, reply = post(app, f"/trajectories/{found}/events", {"events": [event(), event()]})
    assert (status, reply) == (202, {"stored": 2})
    status, _ = post(app, f"/trajectories/{found}/close", {"output": "Done.", "ok": True})
    assert status == 200
    report = app.get(f"/api/trajectories/{found}").json()
    assert (report["session"], report["skill"], report["output"]) == ("s", "testing", "Done.")
    assert [one["sequence"] for one in report["events"]] == [0, 1]
    assert report["events"][0]["payload"]["parameters"] == {"command": "make test"}
    assert report["closed_at"] is not None


def test_what_is_no_tool_keeps_what_is_said_of_it(app: Browser) -> None:
    found = opened(app)
    said = {"kind": "observation", "output": "The page is empty.", "payload": {"url": "x"}}
    post(app, f"/trajectories/{found}/events", {"events": [said]})
    (kept,) = app.get(f"/api/trajectories/{found}").json()["events"]
    assert kept["kind"] == "observation"
    assert kept["payload"] == {"url": "x", "output": "The page is empty."}


def test_whatever_is_sent_again_is_kept_once(app: Browser) -> None:
    found, one = opened(app, id=str(uuid.uuid4())), event()
    body = {"session": "s", "prompt": "Fix the test.", "id": found}
    assert post(app, "/trajectories", body) == (200, {"id": found, "place": 0})
    for stored in (1, 0):
        _, reply = post(app, f"/trajectories/{found}/events", {"events": [one]})
        assert reply == {"stored": stored}
    for _ in range(2):
        assert post(app, f"/trajectories/{found}/close", {"output": "Done."})[0] == 200
    assert Event.objects.count() == Trajectory.objects.count() == 1


def test_the_next_prompt_closes_what_is_open_and_says_that_the_session_went_on(
    app: Browser,
) -> None:
    first = opened(app)
    assert post(app, "/trajectories", {"session": "s", "prompt": "And now?"})[1]["place"] == 1
    turn = AgentTurn.objects.select_related("trajectory").get(pk=uuid.UUID(first))
    assert turn.continued is True
    assert turn.trajectory.closed_at is not None
    status, _ = post(app, f"/trajectories/{first}/close", {"output": "It is done."})
    turn.trajectory.refresh_from_db()
    assert (status, turn.trajectory.output_text) == (200, "It is done.")


def test_a_prompt_that_comes_late_closes_nothing_that_is_newer(app: Browser) -> None:
    newer = opened(app, at=now(minutes=1))
    opened(app, at=now(minutes=9))
    turn = AgentTurn.objects.select_related("trajectory").get(pk=uuid.UUID(newer))
    assert (turn.continued, turn.trajectory.closed_at) == (None, None)
    post(app, "/sessions/end", {"session": "s", "at": now(minutes=5)})
    turn.trajectory.refresh_from_db()
    assert turn.trajectory.closed_at is None


def test_a_prompt_that_comes_late_stands_and_ends_where_it_belongs(app: Browser) -> None:
    times = [now(minutes=9), now(minutes=5), now(minutes=1)]
    for prompt in (0, 2, 1):
        opened(app, prompt=f"prompt {prompt}", at=times[prompt])
    turns = AgentTurn.objects.select_related("trajectory").order_by("place")
    told = [(one.place, one.trajectory.prompt, one.continued) for one in turns]
    assert told == [(0, "prompt 0", True), (1, "prompt 1", True), (2, "prompt 2", None)]
    late = turns[1].trajectory
    assert late.closed_at == datetime.fromisoformat(times[2])
    assert late.duration_ms == pytest.approx(4 * 60_000)


def test_a_prompt_that_comes_after_its_sessions_end_is_closed_by_it(app: Browser) -> None:
    opened(app, at=now(minutes=9))
    end = now(minutes=1)
    post(app, "/sessions/end", {"session": "s", "at": end})
    late = opened(app, prompt="And that?", at=now(minutes=5))
    turn = AgentTurn.objects.select_related("trajectory").get(pk=uuid.UUID(late))
    assert (turn.place, turn.continued) == (1, False)
    assert turn.trajectory.closed_at == datetime.fromisoformat(end)


def test_the_prompt_before_a_late_one_is_judged_by_that(app: Browser) -> None:
    first = opened(app, prompt="Mend the parser.", at=now(minutes=9))
    opened(app, prompt="Mend the parser.", at=now(minutes=1))
    score_due()
    assert AgentTurn.objects.get(pk=uuid.UUID(first)).redone is True
    opened(app, prompt="Thanks. Write the release notes.", at=now(minutes=5))
    score_due()
    assert AgentTurn.objects.get(pk=uuid.UUID(first)).redone is False


def test_what_the_hook_has_cut_counts_as_cut(app: Browser) -> None:
    found = opened(app, prompt="Mend this: a[cut: 9700 characters]z")
    assert app.get(f"/api/trajectories/{found}").json()["cut"] == {"prompt": 9700}


def test_the_end_of_a_session_closes_what_is_open(app: Browser) -> None:
    found = opened(app)
    assert post(app, "/sessions/end", {"session": "s"}) == (200, {"session": "s"})
    turn = AgentTurn.objects.select_related("trajectory").get(pk=uuid.UUID(found))
    assert turn.continued is False
    assert turn.trajectory.closed_at is not None
    assert AgentSession.objects.get().ended_at is not None
    assert post(app, "/sessions/end", {"session": "other"})[0] == 404


def test_a_late_event_has_the_trajectory_scored_again(app: Browser) -> None:
    found = opened(app)
    post(app, f"/trajectories/{found}/close", {})
    Trajectory.objects.update(scored_at=datetime.now(UTC))
    post(app, f"/trajectories/{found}/events", {"events": [event()]})
    assert Trajectory.objects.get().scored_at is None


def test_secrets_are_not_stored_and_long_texts_are_cut_with_a_note(app: Browser) -> None:
    found = opened(app, prompt=f"Use {SECRET}. " + "x" * 30_000)
    leak = event(parameters={"command": f"curl -H 'Authorization: Bearer {SECRET}'"})
    long = event(output="y" * 50_000)
    post(app, f"/trajectories/{found}/events", {"events": [leak, long]})
    post(app, f"/trajectories/{found}/close", {"output": f"The token is {SECRET}"})
    report = app.get(f"/api/trajectories/{found}").json()
    assert SECRET not in json.dumps(report)
    assert report["redacted"] == 2  # of the prompt and of the output
    assert report["cut"]["prompt"] > 0
    assert report["events"][1]["payload"]["cut"]["output"] > 0
    assert report["events"][0]["payload"]["redacted"] == 1


def test_secrets_that_the_hook_has_taken_out_count(app: Browser) -> None:
    found = opened(app, prompt="Use [redacted] and [redacted].")
    post(app, f"/trajectories/{found}/close", {"output": "It is [redacted]."})
    assert app.get(f"/api/trajectories/{found}").json()["redacted"] == 3


def test_an_annotation_counts_and_has_it_scored_again(app: Browser) -> None:
    found = opened(app)
    body = {"corrected": True, "text": "No, the other test."}
    assert post(app, f"/trajectories/{found}/annotations", body) == (200, {"id": found})
    turn = AgentTurn.objects.get(pk=uuid.UUID(found))
    assert (turn.corrected, turn.corrected_by) == (True, "No, the other test.")


def test_others_see_and_change_nothing(app: Browser) -> None:
    found = opened(app)
    other = Client.objects.create(name="other")
    key = issue_key(client=other, label="t")[1]
    stranger = Browser(headers={"authorization": f"Bearer {key}"})
    assert stranger.get(f"/api/trajectories/{found}").status_code == 404
    for path, body in (
        ("events", {"events": [event()]}),
        ("close", {}),
        ("annotations", {"corrected": True}),
    ):
        assert post(stranger, f"/trajectories/{found}/{path}", body)[0] == 404
    taken = {"session": "s", "prompt": "Mine?", "id": found}
    assert post(stranger, "/trajectories", taken)[0] == 409
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/trajectories", {"prompt": "Hello"}, "session"),
        ("/trajectories", {"session": "s", "prompt": "x", "id": "7"}, "id"),
        ("/trajectories", {"session": "s", "prompt": "x", "at": "2026-01-01T00:00:00"}, "at"),
        ("/trajectories", {"session": "s", "prompt": "x", "at": "2001-01-01T00:00:00Z"}, "at"),
        ("/trajectories", {"session": "s", "prompt": "x", "at": "2101-01-01T00:00:00Z"}, "at"),
        ("/trajectories/{id}/events", {"events": []}, "events"),
        ("/trajectories/{id}/events", {"events": [{"ok": True}]}, "tool"),
        ("/trajectories/{id}/events", {"events": [{"tool": "a", "kind": "x"}]}, "events[0].kind"),
        (
            "/trajectories/{id}/events",
            {"events": [{"tool": "a", "id": str(uuid.UUID(int=1))}]},
            "at",
        ),
        ("/trajectories/{id}/close", {"prompt_tokens": -1}, "prompt_tokens"),
        ("/trajectories/{id}/annotations", {}, "corrected"),
        ("/taps", {"taps": []}, "taps"),
    ],
)
def test_what_is_wrong_is_said_by_name(app: Browser, path: str, body: Any, param: str) -> None:
    status, reply = post(app, path.format(id=opened(app, session="t")), body)
    assert (status, reply["error"]["param"]) == (400, param)


def test_a_spool_is_stored_tap_by_tap(app: Browser) -> None:
    found, other = str(uuid.uuid4()), str(uuid.uuid4())
    taps = [
        {"tap": "open", "id": found, "session": "s", "prompt": "One", "at": now(hours=1)},
        {"tap": "event", "trajectory": found, **event()},
        {"tap": "event", "trajectory": found, **event()},
        {"tap": "event", "trajectory": other, **event()},
        {"tap": "event", "trajectory": found, "id": "x"},
        {"tap": "sing"},
        {"tap": "close", "trajectory": found, "output": "Done", "at": now()},
        {"tap": "annotate", "trajectory": found, "corrected": False},
        {"tap": "end", "session": "s", "at": now()},
    ]
    for _ in range(2):
        status, reply = post(app, "/taps", {"taps": taps})
        assert status == 200
        told = [one["status"] for one in reply["results"]]
        assert told == ["stored"] * 3 + ["refused"] * 3 + ["stored"] * 3
    assert "no such trajectory" in reply["results"][3]["detail"]
    assert Event.objects.count() == 2
    assert AgentTurn.objects.get().corrected is False


@pytest.mark.parametrize("odd", ['"a\\u0000b"', '"a\\ud800b"', str(2**64)])
def test_what_cannot_be_read_has_all_taps_refused(app: Browser, odd: str) -> None:
    good = '{"tap": "open", "session": "s", "prompt": "One"}'
    body = f'{{"taps": [{good}, {{"tap": "open", "session": "s", "prompt": {odd}}}]}}'
    response = app.post("/api/taps", data=body, content_type="application/json")
    assert response.status_code == 400
    assert not Trajectory.objects.exists()


def test_what_is_left_open_is_closed_where_its_last_event_was(
    app: Browser, settings: Settings
) -> None:
    settings.KW_TAP_IDLE_S = 3600.0
    idle = opened(app, session="a", at=now(hours=5))
    busy = opened(app, session="b", at=now(hours=5))
    at = now(hours=4)
    post(app, f"/trajectories/{idle}/events", {"events": [event(at=at)]})
    post(app, f"/trajectories/{busy}/events", {"events": [event()]})
    close_idle_trajectories()
    assert Trajectory.objects.get(pk=idle).closed_at == datetime.fromisoformat(at)
    assert Trajectory.objects.get(pk=busy).closed_at is None


def test_events_of_many_threads_are_neither_lost_nor_torn_nor_numbered_twice(
    client: Client, app: Browser
) -> None:
    found = uuid.UUID(opened(app))

    def append(thread: int) -> None:
        for number in range(EACH):
            payload = {"tool": "Bash", "ok": True, "output": f"{thread} {number}" * 50}
            events = [Observed("tool_result", payload, datetime.now(UTC), uuid.uuid4())]
            append_events(client=client, trajectory_id=found, events=events)
        connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(append, range(THREADS)))
    kept = Event.objects.filter(trajectory=found)
    assert sorted(event.sequence for event in kept) == list(range(THREADS * EACH))
    said = {(event.payload["tool"], event.payload["output"]) for event in kept}
    assert len(said) == THREADS * EACH


def test_months_are_kept_by_a_task(settings: Settings) -> None:
    keep_event_partitions()
    keep_event_partitions()
