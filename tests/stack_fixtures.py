"""Real parts for tests: a model server, and the whole stack as a process."""

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from kwsite.stack.child import Child
from kwsite.stack.llama_model import MODEL, LlamaModel
from kwsite.stack.llama_part import llama_url, start_llama, wait_for_llama
from kwsite.stack.ports import free_port
from tests.prepared_home import begin_prepared

START_S = 500.0
STOP_S = 60.0


@dataclass(frozen=True)
class LlamaServer:
    base_url: str
    api_key: str
    model: str


@pytest.fixture(scope="session")
def llama_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """The embedded model server by itself."""
    home = tmp_path_factory.mktemp("llama")
    (home / "logs").mkdir()
    port, key = free_port(), "llama-test-key"
    server = start_llama(
        home=home,
        port=port,
        model=LlamaModel(),
        environment={**os.environ, "KW_LLM_API_KEY": key},
    )
    try:
        wait_for_llama(server, port=port)
        yield LlamaServer(base_url=llama_url(port=port), api_key=key, model=MODEL)
    finally:
        server.stop(within_s=STOP_S)


class StackProcess:
    """`python -m kwsite.stack` in a home of its own. `base_url` and so on are there once ready.

    A home that is new holds a prepared database, unless the start is to be the very first.
    """

    def __init__(self, home: Path, overrides: dict[str, str], *, prepared: bool = True) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        if prepared and not any(home.iterdir()):
            begin_prepared(home)
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
            and not name.startswith("KW_")
        }
        own = {"KW_HOME": str(home), "KW_PORT": str(free_port()), "KW_GIVE_WAY": "off"}
        environment |= own | overrides  # a test waits for all that its stack does
        self.process = Child(
            "stack",
            [sys.executable, "-m", "kwsite.stack"],
            environment=environment,
            logs=home,
            stop_signal=signal.SIGINT,
        )

    def wait_until_ready(self) -> None:
        self.process.wait_until(lambda: self.process.said("is ready after"), within_s=START_S)

    def wait_for_part(self, name: str) -> None:
        """Returns once the part's process was started."""
        self.process.wait_until(
            lambda: (self.home / "pids.json").exists() and name in self.pids, within_s=START_S
        )

    def wait_for_end(self) -> tuple[int, str]:
        """The exit code and all that it printed."""
        code = self.process.process.wait(START_S)
        return code, self.process.log.read_text()

    def stop(self) -> int:
        self.process.stop(within_s=STOP_S)
        code: int = self.process.process.returncode
        return code

    @property
    def base_url(self) -> str:
        return self._connection["base_url"]

    @property
    def api_key(self) -> str:
        return self._connection["api_key"]

    @property
    def admin_url(self) -> str:
        return self._connection["admin_url"]

    @property
    def admin_user(self) -> str:
        return self._connection["admin_user"]

    @property
    def admin_password(self) -> str:
        return self._connection["admin_password"]

    @property
    def env(self) -> dict[str, str]:
        """What a process needs to work on the same parts."""
        values: dict[str, str] = json.loads((self.home / "stack.json").read_text())
        return values

    @property
    def pids(self) -> dict[str, int]:
        values: dict[str, int] = json.loads((self.home / "pids.json").read_text())
        return values

    @property
    def _connection(self) -> dict[str, str]:
        values: dict[str, str] = json.loads((self.home / "connection.json").read_text())
        return values


def processes_of(home: Path) -> list[str]:
    """Command lines of all living processes that were started for this home."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("KW_HOME") == str(home):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # Ended, or not ours.
            continue
    return found


def wait_until_gone(home: Path) -> None:
    """Returns once no process of this home lives."""
    deadline = time.monotonic() + STOP_S
    while left := processes_of(home):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


@pytest.fixture(scope="session")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackProcess]:
    """The whole stack, with the embedded model; shared by all tests of the session."""
    stack = StackProcess(tmp_path_factory.mktemp("stack"), {})
    try:
        stack.wait_until_ready()
        yield stack
    finally:
        code = stack.stop()
    assert code == 0
    assert processes_of(stack.home) == []


@pytest.fixture
def begin_stack(tmp_path: Path) -> Iterator[Callable[..., StackProcess]]:
    """Begins a stack with these settings, without waiting; KW_HOME is one a test by default."""
    begun: list[StackProcess] = []

    def begin(*, prepared: bool = True, **overrides: str) -> StackProcess:
        home = Path(overrides.get("KW_HOME", tmp_path / "home"))
        stack = StackProcess(home, overrides, prepared=prepared)
        begun.append(stack)
        return stack

    yield begin
    for stack in begun:
        stack.stop()


@pytest.fixture
def start_stack(begin_stack: Callable[..., StackProcess]) -> Callable[..., StackProcess]:
    """Starts a stack with these settings, as in `start_stack(KW_LLM_PROVIDER="scripted")`."""

    def start(**overrides: str) -> StackProcess:
        stack = begin_stack(**overrides)
        stack.wait_until_ready()
        return stack

    return start


def throwaway_home() -> Path:
    return Path(tempfile.mkdtemp(prefix="kernelweave-test-"))
