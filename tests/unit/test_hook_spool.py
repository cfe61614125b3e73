"""The hook's spool: what is in it survives torn lines, full disks, stuck locks and bounds."""

import errno
import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from clients.hook import kernelweave_hook as hook
from clients.hook.kernelweave_hook import Batch, Spool, Tap, heard_of
from tests.hook_process import bash, payload

STORED = {"status": "stored", "detail": ""}


def tap(number: int, size: int = 0) -> Tap:
    return {"tap": "event", "id": str(number), "output": "x" * size}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Spool:
    return Spool(str(folder), 2**20)


def ids(batch: Batch | None) -> list[str]:
    return [line.tap["id"] for line in batch.lines] if batch else []


def stored(spool: Spool, most: int = 500) -> list[str]:
    """Takes all that waits, as a service does that stores everything."""
    found = []
    while batch := spool.next_batch(most):
        assert spool.settle(batch, [STORED] * len(batch.lines)) == len(batch.lines)
        found += ids(batch)
    return found


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("taps-*.jsonl"))


def test_what_is_appended_comes_out_in_order_and_is_gone_then(spool: Spool, folder: Path) -> None:
    for number in range(7):
        spool.append([tap(number)])
    assert stored(spool, most=3) == [str(number) for number in range(7)]
    assert not segments(folder)
    assert not list(folder.glob("*.sent"))


def test_what_was_not_acknowledged_comes_again(spool: Spool) -> None:
    spool.append([tap(1), tap(2)])
    assert ids(spool.next_batch(500)) == ids(spool.next_batch(500)) == ["1", "2"]


def test_what_was_acknowledged_does_not(spool: Spool, folder: Path) -> None:
    spool.append([tap(number) for number in range(4)])
    batch = spool.next_batch(2)
    assert batch
    spool.settle(batch, [STORED, STORED])
    assert ids(Spool(str(folder), 2**20).next_batch(500)) == ["2", "3"]


def test_only_the_owner_can_read_it(spool: Spool, folder: Path) -> None:
    spool.hear(heard_of(payload("UserPromptSubmit", prompt="x")), at=0.0, until=0.0)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o077 for file in folder.rglob("*")} == {0}


def test_a_folder_that_others_could_read_is_closed(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    Spool(str(folder), 2**20)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_torn_last_line_is_set_aside_and_blocks_nothing(spool: Spool, folder: Path) -> None:
    spool.append([tap(1)])
    with segments(folder)[0].open("ab") as file:
        file.write(b'{"tap": "event", "id": "to')
    spool.append([tap(2)])
    assert stored(spool) == ["1", "2"]
    assert json.loads((folder / "torn.jsonl").read_text())["torn"].startswith('{"tap": "event"')


def test_a_torn_line_at_the_very_end_is_set_aside(spool: Spool, folder: Path) -> None:
    spool.append([tap(1)])
    with segments(folder)[0].open("ab") as file:
        file.write(b'{"tap": "ev')
    assert stored(spool) == ["1"]
    assert not segments(folder)
    assert len((folder / "torn.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("damage", [b"\0" * 700_000, b"[1]\n", b"{}\n", b"\xff\xfe\n", b"\n\n"])
def test_no_damage_blocks_what_follows(spool: Spool, folder: Path, damage: bytes) -> None:
    spool.append([tap(1)])
    with segments(folder)[0].open("ab") as file:
        file.write(damage)
    spool.append([tap(2)])
    assert stored(spool) == ["1", "2"]


def test_a_torn_line_is_set_aside_once_however_often_sending_fails(
    spool: Spool, folder: Path
) -> None:
    spool.append([tap(1)])
    with segments(folder)[0].open("ab") as file:
        file.write(b"torn\n")
    spool.append([tap(2)])
    for _ in range(5):
        spool.next_batch(500)
    assert stored(spool) == ["1", "2"]
    assert spool.count_aside("torn.jsonl") == 1


def test_what_is_refused_is_kept_with_the_reason(spool: Spool, folder: Path) -> None:
    spool.append([tap(1), tap(2)])
    batch = spool.next_batch(500)
    assert batch
    spool.settle(batch, [{"status": "refused", "detail": "no such trajectory"}, STORED])
    assert spool.next_batch(500) is None
    (refused,) = map(json.loads, (folder / "refused.jsonl").read_text().splitlines())
    assert (refused["detail"], refused["tap"]) == ("no such trajectory", tap(1))


def test_what_nobody_understands_is_no_acknowledgement(spool: Spool) -> None:
    spool.append([tap(1), tap(2), tap(3)])
    batch = spool.next_batch(500)
    assert batch
    assert spool.settle(batch, [STORED, {"status": "later"}, STORED]) == 1
    assert ids(spool.next_batch(500)) == ["2", "3"]


def test_a_full_spool_drops_the_oldest_and_counts_them(folder: Path) -> None:
    spool = Spool(str(folder), 200_000)
    for number in range(1000):
        spool.append([tap(number, size=400)])
    size = sum(file.stat().st_size for file in segments(folder))
    left = stored(spool)
    assert size <= 210_000
    assert left == [str(number) for number in range(1000 - len(left), 1000)]
    assert spool.note("dropped")["taps"] == 1000 - len(left) > 500


def test_what_was_sent_of_a_dropped_segment_does_not_count_as_dropped(folder: Path) -> None:
    spool = Spool(str(folder), 20_000)
    spool.append([tap(number) for number in range(10)])
    batch = spool.next_batch(4)
    assert batch
    spool.settle(batch, [STORED] * 4)
    number = 10
    while not spool.note("dropped"):
        spool.append([tap(number, size=400)])
        number += 1
    segment_taps = spool.note("dropped")["taps"]
    assert len(stored(spool)) == number - 4 - segment_taps


def test_a_segment_dropped_while_it_is_sent_makes_no_trouble(spool: Spool, folder: Path) -> None:
    spool.append([tap(1)])
    batch = spool.next_batch(500)
    assert batch
    segments(folder)[0].unlink()
    spool.append([tap(2)])
    spool.settle(batch, [STORED])
    assert stored(spool) == ["2"]
    spool.tidy()
    assert not list(folder.glob("*.sent"))


def test_a_lock_that_somebody_sits_on_loses_nothing(spool: Spool, folder: Path) -> None:
    spool.hear(heard_of(payload("UserPromptSubmit", prompt="x")), at=0.0, until=0.0)
    with (folder / "spool.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        started = time.monotonic()
        spool.hear(heard_of(bash("ls")), at=0.0, until=started + 0.05)
        assert time.monotonic() - started < 4
    spool.hear(heard_of(payload("Stop")), at=0.0, until=time.monotonic() + 5)
    assert [one["tap"] for one in spool.waiting()] == ["open", "event", "close"]
    assert len({one.get("trajectory", one.get("id")) for one in spool.waiting()}) == 1
    assert not list(folder.glob(".apart-*"))


def test_what_was_written_apart_by_a_process_that_died_is_taken_up(
    spool: Spool, folder: Path
) -> None:
    apart = folder / ".apart-1-1"
    apart.write_text(json.dumps(tap(1)) + "\n")
    os.utime(apart, (0, 0))
    spool.tidy()
    assert stored(spool) == ["1"]


def test_a_full_disk_leaves_no_half_line(
    spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.append([tap(1)])

    def half(handle: int, data: bytes) -> None:
        os.write(handle, data[:9])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(hook, "_write", half)
        with pytest.raises(OSError, match="No space"):
            spool.append([tap(2)])
    spool.append([tap(3)])
    assert stored(spool) == ["1", "3"]
    assert spool.count_aside("torn.jsonl") == 0


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"trajectory": 3}', '{"begun": [1]}', "\0"])
def test_a_damaged_session_begins_anew(spool: Spool, folder: Path, kept: str) -> None:
    spool.hear(heard_of(payload("UserPromptSubmit", prompt="x")), at=0.0, until=0.0)
    (state,) = (folder / "sessions").iterdir()
    state.write_text(kept)
    taps = spool.hear(heard_of(bash("ls")), at=0.0, until=0.0)
    assert [one["tap"] for one in taps] == ["open", "event"]


def test_sessions_do_not_see_one_another(spool: Spool) -> None:
    found: list[Any] = []
    for session in ("a", "b", "../a", "a" * 5000):
        given = payload("UserPromptSubmit", session, prompt="x")
        found += spool.hear(heard_of(given), at=0.0, until=0.0)
    assert [one["tap"] for one in found] == ["open"] * 4


def test_sessions_that_never_ended_are_forgotten_in_the_end(spool: Spool, folder: Path) -> None:
    spool.hear(heard_of(payload("UserPromptSubmit", prompt="x")), at=0.0, until=0.0)
    (state,) = (folder / "sessions").iterdir()
    spool.tidy()
    assert state.exists()
    os.utime(state, (0, 0))
    spool.tidy()
    assert not state.exists()


def test_what_is_set_aside_is_bounded(
    spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "MOST_ASIDE", 1000)
    for number in range(100):
        spool.append([tap(number, size=100)])
        batch = spool.next_batch(1)
        assert batch
        spool.settle(batch, [{"status": "refused", "detail": ""}])
    assert sum(file.stat().st_size for file in folder.glob("refused*")) < 3000
