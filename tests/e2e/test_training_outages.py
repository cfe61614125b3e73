"""The broker and the database are killed while a run trains: it goes on, and ends once."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kwsite.stack.child import Child
from kwsite.stack.kept_choices import keep_port, keep_secrets
from kwsite.stack.postgres import database_url, start_postgres, wait_for_postgres
from kwsite.stack.valkey import redis_url, start_valkey, wait_for_valkey
from tests.stack_fixtures import throwaway_home
from tests.training_rows import dataset_folder

WAIT_S = 120.0


class Service:
    """A database and a broker of this test's own, which it may kill, and a node."""

    def __init__(self, home: Path) -> None:
        (home / "logs").mkdir()
        self._home = home
        self._kept = keep_secrets(home)
        self._ports = {name: keep_port(home, name) for name in ("postgres", "valkey")}
        self.parts: dict[str, Child] = {}
        self.database_url = database_url(
            port=self._ports["postgres"], password=self._kept.postgres_password
        )
        self.environment = {
            **os.environ,
            "KW_HOME": str(home),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": redis_url(port=self._ports["valkey"], password=self._kept.valkey_password),
            "KW_TRAINER": "scripted",
            "KW_SCRIPTED_DELAY_S": "0.2",
        }

    def start(self, name: str) -> None:
        port, environment = self._ports.get(name, 0), self.environment
        if name == "postgres":
            password = self._kept.postgres_password
            part = start_postgres(
                home=self._home, port=port, password=password, environment=os.environ
            )
            wait_for_postgres(part, port=port, password=password)
        elif name == "valkey":
            password = self._kept.valkey_password
            part = start_valkey(
                home=self._home, port=port, password=password, environment=os.environ
            )
            wait_for_valkey(part, url=environment["REDIS_URL"])
        else:
            command = [sys.executable, "manage.py", "node", "--name", name]
            part = Child(name, command, environment=environment, logs=self._home / "logs")
            part.wait_until(lambda: part.said("this node trains on cpu"), within_s=WAIT_S)
        self.parts[name] = part

    def kill(self, name: str) -> None:
        """With all of its processes."""
        os.killpg(self.parts[name].process.pid, signal.SIGKILL)
        self.parts[name].process.wait()

    def run(self, *command: str | Path) -> str:
        ended = subprocess.run(
            [sys.executable, *command], env=self.environment, capture_output=True, text=True
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def row(self, run_id: str) -> dict[str, Any]:
        with psycopg.connect(self.database_url) as connection:
            cursor = connection.execute("SELECT * FROM training_lorarun WHERE id = %s", [run_id])
            found = cursor.fetchone()
            assert found is not None
            assert cursor.description is not None
            return dict(zip((one.name for one in cursor.description), found, strict=True))

    def stop(self) -> None:
        for part in reversed(self.parts.values()):
            part.stop(within_s=20)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    home = throwaway_home()
    found = Service(home)
    try:
        for name in ("postgres", "valkey"):
            found.start(name)
        found.run("manage.py", "migrate", "--verbosity", "0")
        found.start("node")
        yield found
    finally:
        found.stop()
        shutil.rmtree(home)


def wait(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.mark.parametrize("part", ["postgres", "valkey"])
def test_a_run_outlasts_a_store_that_is_killed(service: Service, tmp_path: Path, part: str) -> None:
    job = {"base_model": "embedded", "iterations": 60, "save_every": 10}
    data = dataset_folder(tmp_path / "data")
    run_id = service.run("-m", "tests.queue_training", data, json.dumps(job))
    wait(lambda: service.row(run_id)["checkpoint_iteration"] >= 10, "a checkpoint")
    service.kill(part)
    time.sleep(3)
    service.start(part)
    wait(lambda: service.row(run_id)["state"] not in ("queued", "running"), "its end")
    run = service.row(run_id)
    assert (run["state"], run["reason"], run["attempts"]) == ("done", "", 1), run["log"]
    assert [point[0] for point in run["curve"]] == list(range(1, 61))
    assert run["log"].count("the adapter is") == 1
    again = service.run("-m", "tests.queue_training", data, json.dumps({**job, "iterations": 2}))
    wait(lambda: service.row(again)["state"] == "done", "the next run, by the same node")
