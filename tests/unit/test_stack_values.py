"""`stack.json`, the settings that the running stack wrote down: what happens when it is damaged."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kwsite.env import CHECKOUT, Environment, service_settings, stack_values

DAMAGED = [b"", b"{", b"[]", b"null", b'"text"', b'{"REDIS_URL": 3}', b"\xff"]


def run(home: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("KW_") and name not in ("DATABASE_URL", "REDIS_URL")
    }
    return subprocess.run(
        [sys.executable, *command],
        env={**kept, "KW_HOME": str(home), **settings},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KW_HOME", str(tmp_path))
    return tmp_path / "stack.json"


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_one_is_named_with_what_to_do(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(SystemExit) as refused:
        stack_values()
    message = str(refused.value)
    assert message.startswith(f"{file} cannot be used")
    assert "`make run` writes it anew" in message
    assert len(message.splitlines()) == 1


def test_one_that_cannot_be_read_is_named(file: Path) -> None:
    file.mkdir()
    with pytest.raises(SystemExit, match="cannot be used"):
        stack_values()


def test_none_at_all_is_no_failure(file: Path) -> None:
    assert stack_values() == {}


def test_its_values_give_way_to_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('{"REDIS_URL": "redis://kept", "KW_LLM_MODEL": "kept"}')
    monkeypatch.setenv("REDIS_URL", "redis://mine")
    environment = Environment(stack_values())
    assert environment.text("REDIS_URL") == "redis://mine"
    assert environment.text("KW_LLM_MODEL") == "kept"


def test_the_stack_writes_down_the_settings_it_was_started_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith("KW_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KW_LEARN_EVERY", "3")
    monkeypatch.setenv("KW_SEARCH", "")  # as good as unset
    monkeypatch.setenv("KW_HOME", "/somewhere")
    monkeypatch.setenv("KW_API_KEY", "kw-of-a-client")
    assert service_settings() == {"KW_LEARN_EVERY": "3"}


def test_a_command_in_a_second_terminal_sees_them_and_its_own_go_first(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"KW_LEARN_EVERY": "3"}')
    read = "from kwsite.settings import KW_LEARN_EVERY as every; print(every)"
    assert run(tmp_path, "-c", read).stdout == "3\n"
    assert run(tmp_path, "-c", read, KW_LEARN_EVERY="7").stdout == "7\n"


def test_a_command_says_it_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{")
    ended = run(tmp_path, "manage.py", "check")
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert str(tmp_path / "stack.json") in line


def test_the_stack_starts_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ended = run(tmp_path, "-m", "kwsite.stack", KW_PORT=port)
    (line,) = ended.stderr.splitlines()
    assert f"port {port}" in line  # it came as far as looking for its port
