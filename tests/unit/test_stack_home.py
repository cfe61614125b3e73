"""What a home keeps from one start to the next, and who may read or hold it."""

import json
import os
import socket
import stat
from pathlib import Path

import pytest

from kwsite.stack.failure import StackFailure
from kwsite.stack.kept_choices import keep_port, keep_secrets
from kwsite.stack.lock import hold_lock
from kwsite.stack.postgres_leftover import clear_leftover
from trajectories.receipts.keys import signing_key_of


def test_its_secrets_stay_the_same(tmp_path: Path) -> None:
    assert keep_secrets(tmp_path) == keep_secrets(tmp_path)


def test_only_its_owner_reads_its_secrets(tmp_path: Path) -> None:
    keep_secrets(tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_it_signs_receipts_with_a_key_of_its_own(tmp_path: Path) -> None:
    key = signing_key_of(keep_secrets(tmp_path).receipt_key)
    assert signing_key_of(keep_secrets(tmp_path).receipt_key).public == key.public
    other = tmp_path / "other"
    other.mkdir()
    assert signing_key_of(keep_secrets(other).receipt_key).public != key.public


def test_a_home_without_such_a_key_gets_one_and_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text(json.dumps({"django_key": "kept"}))
    kept = keep_secrets(tmp_path)
    assert kept.django_key == "kept"
    assert kept == keep_secrets(tmp_path)


def test_a_part_keeps_its_port(tmp_path: Path) -> None:
    assert keep_port(tmp_path, "valkey") == keep_port(tmp_path, "valkey")


def test_a_part_gets_another_port_when_its_own_was_taken(tmp_path: Path) -> None:
    port = keep_port(tmp_path, "valkey")
    with socket.create_server(("127.0.0.1", port)):
        assert keep_port(tmp_path, "valkey") != port


@pytest.mark.parametrize("port", ["abc", "0", "-1", "65536", "1.5", "9" * 5000, "²"])
def test_a_kept_port_that_is_none_is_one_line(tmp_path: Path, port: str) -> None:
    (tmp_path / "ports.json").write_text(json.dumps({"valkey": port}))
    with pytest.raises(StackFailure, match=r"ports\.json is damaged \(valkey: ") as failure:
        keep_port(tmp_path, "valkey")
    assert len(str(failure.value).splitlines()) == 1


def test_it_is_held_by_one_stack_at_a_time(tmp_path: Path) -> None:
    with hold_lock(tmp_path), pytest.raises(StackFailure, match="Another `make run`"):
        hold_lock(tmp_path)


def test_it_can_be_held_again(tmp_path: Path) -> None:
    hold_lock(tmp_path).close()
    hold_lock(tmp_path).close()


@pytest.mark.parametrize(
    "content",
    ["", "4194305\n/gone\n", f"{os.getpid()}\n/gone\n"],
    ids=["empty", "no process", "this process"],
)
def test_a_pid_file_that_names_no_server_is_dropped(tmp_path: Path, content: str) -> None:
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(content)
    clear_leftover(tmp_path)
    assert not pid_file.exists()
