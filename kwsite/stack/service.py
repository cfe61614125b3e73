"""The service's own processes: the web server, the workers of each group, the clock."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kwsite.env import Environment
from kwsite.stack.child import Child
from kwsite.stack.llama_part import answers_ok
from kwsite.stack.priority import give_way

APP = ("--app", "kwsite.celery:app")
NODE_APP = ("--app", "kwsite.node_celery:app")
READY_S = 240.0
ADAPTERS = "adapters"


@dataclass(frozen=True)
class WorkerGroup:
    """Processes of these queues apart from the others, so that one kind of work never waits."""

    name: str
    queues: str
    threads: int
    niceness: int = 0  # work that nobody waits for gives way to work that somebody does
    app: tuple[str, str] = APP


WORKER_GROUPS = (
    WorkerGroup("answers", "interactive", 8),
    WorkerGroup("after", "verify,score,promote", 2, niceness=10),
    WorkerGroup("learn", "learn", 1, niceness=12),
    WorkerGroup("train", "train.cpu", 1, niceness=15, app=NODE_APP),
)


def start_web(
    *, home: Path, host: str, port: int, workers: int, environment: Mapping[str, str]
) -> Child:
    """Starts the server. A worker of it that dies is started again, unless within 5.5 s."""
    return Child(
        "web",
        [
            *(sys.executable, "-m", "granian", "kwsite.asgi:application"),
            *("--interface", "asginl", "--loop", "uvloop", "--no-ws"),  # nl: no lifespan
            *("--host", host, "--port", str(port), "--workers", str(workers)),
            "--respawn-failed-workers",
            *("--static-path-route", "/static", "--static-path-mount", home / "static"),
        ],
        environment=environment,
        logs=home / "logs",
    )


def wait_for_web(server: Child, *, base_url: str) -> None:
    health = f"{base_url}/api/health"
    server.wait_until(lambda: answers_ok(health), within_s=READY_S)


def start_workers(group: WorkerGroup, *, home: Path, environment: Mapping[str, str]) -> Child:
    """Unless `KW_GIVE_WAY` is off, what nobody waits for gives way to the rest."""
    niceness = group.niceness if Environment({}).flag("KW_GIVE_WAY", True) else 0
    started = Child(
        group.name,
        [
            *("nice", "-n", str(niceness)),
            *(sys.executable, "-m", "celery", *group.app, "worker", "--queues", group.queues),
            *("--pool", "threads", "--concurrency", str(group.threads)),
            *("--hostname", f"{group.name}@%h", "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        environment=environment,
        logs=home / "logs",
    )
    give_way(started.process.pid, niceness)
    return started


def start_adapters(*, home: Path, environment: Mapping[str, str]) -> Child:
    """Starts what serves adapters of the embedded model."""
    return Child(
        ADAPTERS,
        [sys.executable, "manage.py", "serve_adapters"],
        environment=environment,
        logs=home / "logs",
    )


def wait_for_workers(workers: Child) -> None:
    workers.wait_until(lambda: is_ready(workers), within_s=READY_S)


def is_ready(workers: Child) -> bool:
    return workers.said(" ready.")


def start_beat(*, home: Path, environment: Mapping[str, str]) -> Child:
    return Child(
        "beat",
        [
            *(sys.executable, "-m", "celery", *APP, "beat", "--loglevel", "WARNING"),
            *("--scheduler", "django_celery_beat.schedulers:DatabaseScheduler"),
            "--pidfile=",
        ],
        environment=environment,
        logs=home / "logs",
    )
