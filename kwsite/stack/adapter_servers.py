"""llama.cpp processes with adapters: one serves, the next one starts beside it, the last one ends.

The base model's own server has no part in this. The weights of all are one memory-mapped file.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kwsite.stack.child import Child
from kwsite.stack.failure import StackFailure
from kwsite.stack.llama_model import LlamaModel
from kwsite.stack.llama_part import llama_url, start_llama, wait_for_llama
from kwsite.stack.ports import free_port

STOP_S = 5.0


@dataclass(frozen=True)
class AdapterFile:
    """An adapter by its row's id, converted."""

    pk: int
    file: Path


@dataclass(frozen=True, eq=False)
class AdapterServer:
    """A running server; an adapter's number is its place in `pks`."""

    child: Child
    port: int
    pks: tuple[int, ...]

    @property
    def url(self) -> str:
        return llama_url(port=self.port)

    def slots_of(self, pks: Sequence[int]) -> dict[int, int]:
        """The numbers of these adapters, by id."""
        return {pk: self.pks.index(pk) for pk in pks}


class AdapterServers:
    """Starts and ends the servers of one home."""

    def __init__(
        self,
        *,
        home: Path,
        model: LlamaModel,
        environment: Mapping[str, str],
        grace_s: float,
        patience_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """An old server is asked nothing new after `grace_s`, and has `patience_s` to finish."""
        self.current: AdapterServer | None = None
        self._home = home
        self._model = model
        self._environment = environment
        self._grace_s = grace_s
        self._patience_s = patience_s
        self._clock = clock
        self._leaving: list[tuple[AdapterServer, float]] = []
        self._ports: set[int] = set()

    def start(self, adapters: Sequence[AdapterFile]) -> AdapterServer:
        """A server with these, once it answers; not yet the current one. Raises StackFailure."""
        port = self._new_port()
        child = start_llama(
            home=self._home,
            port=port,
            model=self._model,
            environment=self._environment,
            adapters=[adapter.file for adapter in adapters],
            name="adapter-llama",
        )
        try:
            wait_for_llama(child, port=port)
        except StackFailure:
            child.stop(within_s=STOP_S)
            raise
        return AdapterServer(child, port, tuple(adapter.pk for adapter in adapters))

    def replace(self, server: AdapterServer | None) -> None:
        """`server` is the current one from now on; the one before has time for what it is at."""
        if self.current is not None:
            self._leaving.append((self.current, self._clock()))
        self.current = server

    def end_what_is_left(self) -> None:
        """Ends old servers that nobody asks any more."""
        still = []
        for server, since in self._leaving:
            waited = self._clock() - since
            if waited > self._patience_s or (waited > self._grace_s and not self._is_busy(server)):
                server.child.stop(within_s=STOP_S)
            else:
                still.append((server, since))
        self._leaving = still

    def stop(self) -> None:
        for server, _ in self._leaving:
            server.child.stop(within_s=STOP_S)
        if self.current is not None:
            self.current.child.stop(within_s=STOP_S)

    def _new_port(self) -> int:
        """One that no server had before: an address that somebody remembers is no other's."""
        while (port := free_port()) in self._ports:
            continue
        self._ports.add(port)
        return port

    def _is_busy(self, server: AdapterServer) -> bool:
        """Whether it works on a request; one that does not say so is taken not to."""
        key = self._environment["KW_LLM_API_KEY"]
        asked = urllib.request.Request(
            f"http://127.0.0.1:{server.port}/slots", headers={"Authorization": f"Bearer {key}"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=2) as reply:
                slots = json.load(reply)
        except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
            return server.child.is_alive()
        return any(slot["is_processing"] for slot in slots)
