"""Starts the parts in order, watches them, and stops them in reverse order."""

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from kwsite.env import Environment, said, service_settings
from kwsite.stack.child import Child
from kwsite.stack.embedded import EMBEDDED, Embedded
from kwsite.stack.kept_choices import keep_secrets
from kwsite.stack.measures_folder import fresh_measures
from kwsite.stack.private_file import read_json, write_private_json
from kwsite.stack.progress import console, step
from kwsite.stack.replacements import replacements_asked_for
from kwsite.stack.selfcheck import require_an_answer
from kwsite.stack.service import (
    ADAPTERS,
    WORKER_GROUPS,
    is_ready,
    start_adapters,
    start_beat,
    start_web,
    start_workers,
    wait_for_web,
    wait_for_workers,
)

PREPARE_S = 300.0
STOP_S = 15.0
WATCH_S = 0.2
SECRETS = ("KW_SECRET_KEY", "KW_RECEIPT_KEY")


class Stack:
    """All parts of one home. `start`, then `watch`; `stop` in any case.

    The parts in `_again` are started again when they die.
    """

    def __init__(self, *, home: Path, host: str, port: int) -> None:
        self.home = home
        self.host = host
        self.port = port
        self.site_url = f"http://{host}:{port}"
        self.connection_file = home / "connection.json"
        self.children: list[Child] = []
        self._again: dict[str, Callable[[], Child]] = {}
        kept = keep_secrets(home)
        self.environment = {
            **os.environ,
            "KW_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "kwsite.settings",
            "KW_SECRET_KEY": said("KW_SECRET_KEY") or kept.django_key,
            "KW_RECEIPT_KEY": said("KW_RECEIPT_KEY") or kept.receipt_key,
            "HF_HUB_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "PYTHONUNBUFFERED": "1",
            "PROMETHEUS_MULTIPROC_DIR": str(fresh_measures(home)),
        }

    def start(self) -> dict[str, str]:
        """Returns the content of the connection file, once a real request was answered."""
        embedded = Embedded(self.home, self.environment, replacements_asked_for(), self._add)
        embedded.start()
        self.environment |= embedded.addresses
        write_private_json(
            self.home / "stack.json",
            {
                **service_settings(),
                **embedded.addresses,
                **{name: self.environment[name] for name in SECRETS},
            },
        )
        embedded.wait_for_stores()
        with step("database"):
            self._prepare()
        self._start_service(embedded)
        connection = read_json(self.connection_file)
        with step("self-check"):
            require_an_answer(base_url=connection["base_url"], api_key=connection["api_key"])
        return connection

    def watch(self) -> None:
        """Raises when a part dies; a worker is started again instead. Returns never."""
        while True:
            for child in list(self.children):
                if child.name in self._again and not child.is_alive() and is_ready(child):
                    self._start_again(child)
                else:
                    child.check_alive()
            time.sleep(WATCH_S)

    def _start_again(self, dead: Child) -> None:
        """The runs that the dead worker held are queued again when their leases are over."""
        dead.stop(within_s=STOP_S)
        console.print(f"{dead.name}: died with exit code {dead.process.returncode}; started again")
        started = self._again[dead.name]()
        started.needed = dead.needed
        self.children[self.children.index(dead)] = started
        self._write_pids()

    def stop(self) -> None:
        """First the web server, whose clients wait for the others; last what all rely on."""
        embedded = [child for child in self.children if child.name in EMBEDDED]
        web = [child for child in self.children if child.name == "web"]
        others = [child for child in self.children if child not in (*web, *embedded)]
        for ending in (web, others, embedded):
            for child in ending:
                child.ask_to_end()
            for child in ending:
                child.stop(within_s=STOP_S)
        self.children.clear()
        self._write_pids()

    def _prepare(self) -> None:
        prepare = Child(
            "prepare",
            [
                *(sys.executable, "-m", "kwsite.stack.prepare"),
                *("--connection", self.connection_file),
                *("--base-url", f"{self.site_url}/v1"),
                *("--admin-url", f"{self.site_url}/admin/"),
            ],
            environment=self.environment,
            logs=self.home / "logs",
        )
        prepare.needed = tuple(self.children)
        try:
            prepare.wait_for_success(within_s=PREPARE_S)
        finally:
            prepare.stop(within_s=STOP_S)

    def _start_service(self, embedded: Embedded) -> None:
        began = time.monotonic()
        workers_asked = Environment({}).integer("KW_WEB_WORKERS", 1)
        home, environment = self.home, self.environment
        for group in WORKER_GROUPS:
            self._again[group.name] = partial(
                start_workers, group, home=home, environment=environment
            )
        if embedded.has_model_server:
            self._again[ADAPTERS] = partial(start_adapters, home=home, environment=environment)
        started = [self._add(start()) for start in self._again.values()]
        self._add(start_beat(home=self.home, environment=self.environment))
        web = self._add(
            start_web(
                home=self.home,
                host=self.host,
                port=self.port,
                workers=workers_asked,
                environment=self.environment,
            )
        )
        embedded.wait_for_model_server()
        with step("web", since=began):
            wait_for_web(web, base_url=self.site_url)
        for part in started:
            with step(part.name, since=began):
                wait_for_workers(part)

    def _add(self, child: Child) -> Child:
        child.needed = tuple(self.children)
        self.children.append(child)
        self._write_pids()
        return child

    def _write_pids(self) -> None:
        write_private_json(
            self.home / "pids.json", {child.name: child.process.pid for child in self.children}
        )
