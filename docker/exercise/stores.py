"""Postgres and Valkey for the services: the embedded ones, with the secrets of compose."""

import os
import subprocess
import time
from pathlib import Path

import redis

from docker.exercise.composefile import Service
from docker.exercise.container import BASE_PATH, Container
from docker.exercise.failure import ExerciseFailure
from kwsite.stack.child import Child
from kwsite.stack.ports import free_port
from kwsite.stack.postgres import start_postgres, wait_for_postgres
from kwsite.stack.valkey import binary

START_S = 60.0


class Stores:
    """Running from `start` to `stop`. Their addresses go into the secrets that name them."""

    def __init__(self, *, scratch: Path, secrets: Path) -> None:
        self._home = scratch / "stores"
        self._secrets = secrets
        self._postgres: Child | None = None
        self._valkey: subprocess.Popen[bytes] | None = None
        (self._home / "logs").mkdir(parents=True)

    def start(self, *, valkey: Service, root: Path) -> None:
        self._start_valkey(valkey, root)
        password = (self._secrets / "postgres_password").read_text().strip()
        port = free_port()
        self._postgres = start_postgres(
            home=self._home, port=port, password=password, environment=os.environ
        )
        _readdress(self._secrets / "database_url", "postgres:5432", port)
        wait_for_postgres(self._postgres, port=port, password=password)

    def stop(self) -> None:
        if self._valkey is not None:
            self._valkey.kill()
            self._valkey.wait()
        if self._postgres is not None:
            self._postgres.stop(within_s=30)

    def _start_valkey(self, valkey: Service, root: Path) -> None:
        data = self._home / "valkey"
        data.mkdir()
        os.chown(data, 999, 999)
        port, log = free_port(), self._home / "logs" / "valkey.log"
        inside = Container(
            root=root,
            name="valkey",
            environment={"PATH": f"/opt/valkey:{BASE_PATH}"},
            user="999:999",
            mounts={"/data": data},
            read_only_mounts={"/run/secrets": self._secrets, "/opt/valkey": binary().parent},
        )
        self._valkey = inside.start(
            [*valkey.command, "--bind", "127.0.0.1", "--port", str(port)], log
        )
        _readdress(self._secrets / "redis_url", "valkey:6379", port)
        _wait_for_valkey((self._secrets / "redis_url").read_text().strip(), log)


def _readdress(file: Path, address: str, port: int) -> None:
    text = file.read_text()
    if address not in text:
        raise ExerciseFailure(f"{file.name} does not lead to {address}")
    file.write_text(text.replace(address, f"127.0.0.1:{port}"))


def _wait_for_valkey(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    with redis.Redis.from_url(url, socket_connect_timeout=1, retry=None) as client:
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError as error:
                if time.monotonic() > deadline:
                    said = log.read_text(errors="replace")[-500:]
                    raise ExerciseFailure(f"valkey: {error}. Its log ends: {said}") from error
                time.sleep(0.1)
