"""What the hook's sender does with a service that answers, refuses, hangs or lies."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.hook import kernelweave_hook as hook
from clients.hook.kernelweave_hook import (
    Failure,
    Settings,
    Spool,
    drain,
    fresh_id,
    may_send,
    post_to,
    send,
    settings_of,
)
from tests.tap_service import KEY, TapService, serve_taps

AT = "2026-01-01T00:00:00Z"


@pytest.fixture
def service() -> Iterator[TapService]:
    with serve_taps() as serving:
        yield serving


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(str(tmp_path / "spool"), 2**20)


@pytest.fixture
def settings(service: TapService, tmp_path: Path) -> Settings:
    return settings_for(service.url, tmp_path)


def settings_for(url: str, tmp_path: Path, key: str = KEY) -> Settings:
    return Settings(url, key, 0.4, str(tmp_path / "spool"), 2**20)


def fill(spool: Spool, count: int, **fields: Any) -> str:
    """A trajectory with so many events; returns its id."""
    trajectory = fresh_id()
    spool.append([{"tap": "open", "id": trajectory, "session": "s", "prompt": "x"}])
    spool.append(
        [
            {"tap": "event", "trajectory": trajectory, "id": fresh_id(), "at": AT, **fields}
            for _ in range(count)
        ]
    )
    return trajectory


def test_everything_is_sent_in_batches_and_in_order(
    service: TapService, spool: Spool, settings: Settings
) -> None:
    fill(spool, 1200)
    assert drain(spool, post_to(settings, 5)) == 1201
    assert [len(batch) for batch in service.batches] == [500, 500, 201]
    assert len(service.of_kind("event")) == 1200
    assert not spool.segments()


def test_a_request_is_no_larger_than_the_service_takes(
    service: TapService, spool: Spool, settings: Settings
) -> None:
    fill(spool, 300, output="x" * 3900)
    drain(spool, post_to(settings, 5))
    assert len(service.of_kind("event")) == 300
    assert max(len(json.dumps({"taps": batch})) for batch in service.batches) <= 2**19 + 20


def test_what_is_refused_is_set_aside_and_the_rest_goes_on(
    service: TapService, spool: Spool, settings: Settings
) -> None:
    spool.append([{"tap": "event", "trajectory": fresh_id(), "id": fresh_id()}])
    fill(spool, 3)
    drain(spool, post_to(settings, 5))
    assert len(service.of_kind("event")) == 3
    assert spool.count_aside("refused.jsonl") == 1


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("hang", "no whole answer within 0.3 s"),
        ("hang_headers", "no whole answer"),
        ("drip", "no whole answer"),
        ("error500", "500"),
        ("unauthorized401", "401"),
        ("redirect", "307"),
        ("garbage", "not KernelWeave"),
        ("short", "not one result for each tap"),
        ("unknown", "unknown result"),
        ("close", "RemoteDisconnected"),
    ],
)
def test_whatever_else_the_service_does_everything_stays(
    service: TapService, spool: Spool, settings: Settings, mode: str, said: str
) -> None:
    trajectory = fresh_id()
    spool.append([{"tap": "open", "id": trajectory, "session": "s", "prompt": "x"}])
    service.mode = mode
    started = time.monotonic()
    with pytest.raises(Failure, match=said):
        drain(spool, post_to(settings, 0.3))
    assert time.monotonic() - started < 2
    assert service.redirected == 0
    service.mode = "ok"
    assert drain(spool, post_to(settings, 5)) == 1
    assert list(service.stored) == [trajectory]


@pytest.mark.parametrize(
    ("url", "key", "said"),
    [
        ("http://127.0.0.1:9", KEY, "ConnectionRefusedError"),
        ("ftp://127.0.0.1", KEY, "is no address"),
        ("nonsense", KEY, "is no address"),
        ("http://127.0.0.1:99999", KEY, "ValueError"),
        ("http://127.0.0.1", "ü", "cannot be sent"),
        ("http://127.0.0.1", "a\nb", "cannot be sent"),
    ],
)
def test_settings_that_cannot_work_are_a_failure(
    spool: Spool, tmp_path: Path, url: str, key: str, said: str
) -> None:
    fill(spool, 1)
    with pytest.raises(Failure, match=said):
        drain(spool, post_to(settings_for(url, tmp_path, key), 5))
    assert len(spool.waiting()) == 2


def test_what_speaks_no_tls_is_a_failure(service: TapService, spool: Spool, tmp_path: Path) -> None:
    fill(spool, 1)
    with pytest.raises(Failure, match="SSL"):
        drain(spool, post_to(settings_for(service.url.replace("http", "https"), tmp_path), 5))


def test_a_host_that_takes_no_connection_is_a_failure(spool: Spool, tmp_path: Path) -> None:
    fill(spool, 1)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        with pytest.raises(Failure, match=r"no whole answer|timed out"):
            drain(spool, post_to(settings_for(url, tmp_path), 0.3))
        for one in waiting:
            one.close()


def test_a_lookup_of_a_name_that_hangs_is_left_behind(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))
    fill(spool, 1)
    started = time.monotonic()
    with pytest.raises(Failure, match="no whole answer"):
        drain(spool, post_to(settings_for("http://service.example", tmp_path), 0.2))
    assert time.monotonic() - started < 1


def test_of_a_rejected_request_only_the_tap_at_fault_is_refused(
    service: TapService, spool: Spool, settings: Settings
) -> None:
    fill(spool, 20)
    fill(spool, 1, output="poison")
    fill(spool, 20)
    service.mode = "invalid422"
    drain(spool, post_to(settings, 5))
    assert len(service.of_kind("event")) == 40
    assert spool.count_aside("refused.jsonl") == 1


def test_a_service_that_rejects_everything_empties_no_spool(
    spool: Spool, settings: Settings
) -> None:
    fill(spool, 5)

    def post(taps: list[dict[str, Any]]) -> list[Any]:
        raise hook.Rejected("400 Bad Request")

    with pytest.raises(Failure, match="400"):
        drain(spool, post)
    assert len(spool.waiting()) == 6


def test_a_tap_that_the_service_stumbles_over_holds_the_others_up_for_a_while_only(
    service: TapService, spool: Spool, settings: Settings
) -> None:
    fill(spool, 1, output="poison")
    fill(spool, 20)
    service.mode = "stumble500"
    for _ in range(hook.MOST_STUMBLES - 1):
        with pytest.raises(Failure, match="500"):
            drain(spool, post_to(settings, 5))
    assert spool.count_aside("refused.jsonl") == 0
    drain(spool, post_to(settings, 5))
    assert len(service.of_kind("event")) == 20
    assert spool.count_aside("refused.jsonl") == 1


def test_only_one_process_sends_at_a_time(
    service: TapService, spool: Spool, settings: Settings
) -> None:
    fill(spool, 1)
    with hook.held(spool.path("sender.lock"), 0.0):
        assert not may_send(spool, settings)
        send(spool, settings, 5)
    assert service.connected == 0
    assert may_send(spool, settings)


def test_after_a_failure_nobody_tries_for_a_while(
    service: TapService, spool: Spool, settings: Settings
) -> None:
    fill(spool, 1)
    service.mode = "error500"
    for _ in range(3):
        with pytest.raises(Failure):
            send(spool, settings, 5)
    note = spool.note("sender")
    assert note["failures"] == 3
    assert "500" in note["error"]
    assert 6 < note["until"] - time.time() <= 8
    assert not may_send(spool, settings)
    spool.keep_note("sender", {**note, "until": time.time() - 1})
    assert may_send(spool, settings)
    service.mode = "ok"
    send(spool, settings, 5)
    assert spool.note("sender")["failures"] == 0
    assert not spool.segments()


@pytest.mark.parametrize("until", [1e12, "soon", None, float("nan")])
def test_a_pause_that_cannot_be_true_holds_nothing_up(
    service: TapService, spool: Spool, settings: Settings, until: Any
) -> None:
    fill(spool, 1)
    spool.keep_note("sender", {"until": until, "failures": "x"})
    assert may_send(spool, settings)


def test_without_a_key_nothing_is_sent(spool: Spool, tmp_path: Path) -> None:
    fill(spool, 1)
    assert not may_send(spool, settings_for("http://127.0.0.1:9", tmp_path, key=""))


def test_settings_that_are_no_numbers_are_as_if_not_set() -> None:
    found = settings_of(
        {"HOME": "/h", "KERNELWEAVE_HOOK_BUDGET_MS": "soon", "KERNELWEAVE_SPOOL_MB": "-1"}
    )
    assert found == Settings(
        "http://127.0.0.1:8000", "", 0.4, "/h/.local/state/kernelweave-hook", 64 * 2**20
    )


def test_a_smaller_budget_is_heeded() -> None:
    assert settings_of({"KERNELWEAVE_HOOK_BUDGET_MS": "100"}).budget_s == 0.1


def test_the_address_may_be_that_of_the_openai_api() -> None:
    assert settings_of({"KERNELWEAVE_URL": "https://kw.example/v1/"}).url == "https://kw.example"
