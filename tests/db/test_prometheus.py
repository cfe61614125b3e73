"""What Prometheus scrapes: counts of answers and taps, and what waits."""

import json
from collections import Counter
from pathlib import Path

import pytest
from django.test import Client as Browser
from prometheus_client import values
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from tests.db.rows import chat, queued_run
from trajectories.models import Client
from workers.backends.choose import live_backend
from workers.tasks.answering import answer_run

pytestmark = pytest.mark.django_db(transaction=True)


def samples() -> dict[str, float]:
    reply = Browser().get("/metrics")
    assert reply.status_code == 200
    lines = (line.rsplit(" ", 1) for line in reply.content.decode().splitlines() if line[0] != "#")
    return {name: float(value) for name, value in lines}


def test_answers_are_counted_by_route_and_what_waits_is_told(
    client: Client, settings: Settings
) -> None:
    settings.KW_LLM_PROVIDER = "scripted"
    live_backend.cache_clear()
    name = 'kernelweave_answers_total{route="generation",verified="unchecked"}'
    before = samples().get(name, 0.0)
    answer_run(str(queued_run(client, chat("Say hello.")).pk))
    live_backend.cache_clear()
    queued_run(client, chat("Say it again."))
    found = samples()
    assert found[name] == before + 1
    assert found['kernelweave_answer_seconds_count{route="generation"}'] >= 1
    assert found['kernelweave_runs{status="queued"}'] == 1
    assert found['kernelweave_queue_length{queue="learn"}'] >= 0


def test_taps_are_counted(app: Browser) -> None:
    before = samples().get('kernelweave_taps_total{tap="open"}', 0.0)
    body = json.dumps({"session": "s", "prompt": "Hello"})
    app.post("/api/trajectories", data=body, content_type="application/json")
    assert samples()['kernelweave_taps_total{tap="open"}'] == before + 1


def test_each_scrape_tells_each_figure_once_and_as_it_is(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setattr(values, "ValueClass", values.MultiProcessValue())  # type: ignore[no-untyped-call]
    for waiting in (0, 1, 2):
        text = Browser().get("/metrics").content.decode()
        families = list(text_string_to_metric_families(text))
        assert set(Counter(one.name for one in families).values()) == {1}
        told = {one.name: one.samples for one in families}
        assert {"kernelweave_unscored", "kernelweave_queue_length"} <= set(told)
        queued = [one.value for one in told["kernelweave_runs"] if one.labels["status"] == "queued"]
        assert queued == [waiting]
        queued_run(client, chat(f"Say {waiting}."))


def test_it_is_for_reading() -> None:
    assert Browser().post("/metrics").status_code == 405
