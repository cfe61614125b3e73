"""What Home needs, in a folder that goes away: a database, a broker and the web server."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kwsite.bench.export.process import STOP_S, throwaway_database
from kwsite.bench.own_process import measure_in_own_process
from kwsite.stack.kept_choices import keep_port, keep_secrets
from kwsite.stack.ports import free_port
from kwsite.stack.service import start_web, wait_for_web
from kwsite.stack.valkey import redis_url, start_valkey, wait_for_valkey

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Filled:
    """What was stored and counted, and who may look at it. `client` is one of the apps.

    `marked_ms`, `unmarked_ms`: that storing one answer takes with the rollups' marks and without.
    """

    client: int
    filled_s: float
    counted_s: float
    marked_ms: float
    unmarked_ms: float
    user: str
    password: str


@contextmanager
def served(rows: int, told: Callable[[str], Any]) -> Iterator[tuple[str, Filled]]:
    """The address of a server beside so many answers, and what was stored for it.

    No worker runs: the rollups are counted before the server starts. Raises StackFailure.
    """
    with throwaway_database() as (home, inherited):
        secrets, broker_port = keep_secrets(home), keep_port(home, "valkey")
        (home / "static").mkdir()
        environment = {
            **inherited,
            "REDIS_URL": redis_url(port=broker_port, password=secrets.valkey_password),
            "KW_SECRET_KEY": secrets.django_key,
            "KW_LLM_PROVIDER": "scripted",
        }
        broker = start_valkey(
            home=home,
            port=broker_port,
            password=secrets.valkey_password,
            environment=environment,
        )
        try:
            wait_for_valkey(broker, url=environment["REDIS_URL"])
            told(f"Storing {rows:,} answers, and counting them.")
            result = home / "filled.json"
            arguments = ["--rows", str(rows), "--result", str(result)]
            measure_in_own_process("home", arguments, environment)
            filled = Filled(**json.loads(result.read_text()))
            port = free_port()
            web = start_web(home=home, host=HOST, port=port, workers=1, environment=environment)
            try:
                wait_for_web(web, base_url=f"http://{HOST}:{port}")
                yield f"http://{HOST}:{port}", filled
            finally:
                web.stop(within_s=STOP_S)
        finally:
            broker.stop(within_s=STOP_S)
