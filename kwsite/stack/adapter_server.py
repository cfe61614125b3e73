"""Serves the adapters that are to be served, beside the embedded model server.

`manage.py serve_adapters`, a child of the stack, follows their rows. Where one is new, a server
with all of them starts beside the one that serves; when it answers, the rows name it, at once for
all, and the old one ends when nobody asks it any more. One that dies is started again; meanwhile
the base model answers.
"""

import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from kwsite.env import home
from kwsite.stack.adapter_files import gguf_file, keep_only
from kwsite.stack.adapter_servers import AdapterFile, AdapterServers
from kwsite.stack.failure import StackFailure
from kwsite.stack.llama_model import chosen_model, weights
from training.adapters.models import Adapter
from training.adapters.serving import adapters_to_serve, note_where_served
from training.adapters.states import MoveRefused, reject
from training.lora.artifact import BadArchive
from training.lora.gguf_adapter import CannotConvert

log = logging.getLogger("kwsite.adapters")
FOLLOW_S = 2.0
GRACE_S = 5.0  # in which every process has read the rows again
RETRY_S = 30.0
READY = "following the adapters: ready."
MOST_TRIES = 2  # of a candidate that makes the server fail


class Following:
    """What one process knows of the adapters and their servers."""

    def __init__(self, servers: AdapterServers, base: Path) -> None:
        """`base` is the base model's GGUF file."""
        self._servers = servers
        self._base = base
        self._failures: dict[int, tuple[int, float]] = {}  # adapter: how often, not before
        self._one_by_one = False
        self._noted: tuple[str, dict[int, int]] | None = None

    def begin(self) -> None:
        """Nothing that the rows name from before is there any more."""
        self._note(())

    def follow(self) -> None:
        """One round."""
        self._servers.end_what_is_left()
        current = self._servers.current
        if current is not None and not current.child.is_alive():
            log.error(
                "the adapters' server died; it is started again: %s", current.child.last_words()
            )
            self._note(())
            current.child.stop(within_s=0)
            self._servers.current = current = None
        wanted = self._wanted()
        served = current.pks if current is not None else ()
        new = [one for one in wanted if one.pk not in served]
        if self._one_by_one:
            wanted = [one for one in wanted if one not in new[1:]]
        if new:
            self._replace(wanted, new)
        elif not wanted and current is not None:
            self._note(())
            self._servers.replace(None)
        else:
            self._one_by_one = False
            self._note([one.pk for one in wanted])

    def _replace(self, wanted: Sequence[AdapterFile], new: Sequence[AdapterFile]) -> None:
        try:
            started = self._servers.start(wanted)
        except StackFailure as failure:
            log.error("no server with %d new adapters: %s", len(new), failure)
            if self._one_by_one or len(new) == 1:
                self._blame(new[0], str(failure))
            self._one_by_one = True  # which of them it is
            return
        self._servers.replace(started)
        keep_only(home() / "adapters", {adapter.file for adapter in wanted})
        self._note(started.pks)
        log.info("%d adapters are served at %s", len(started.pks), started.url)

    def _blame(self, adapter: AdapterFile, why: str) -> None:
        tries = self._failures.get(adapter.pk, (0, 0.0))[0] + 1
        self._failures[adapter.pk] = (tries, time.monotonic() + RETRY_S * tries)
        if tries >= MOST_TRIES:
            _reject_candidate(adapter.pk, why)

    def _wanted(self) -> list[AdapterFile]:
        found = []
        for adapter in adapters_to_serve(settings.KW_LLM_MODEL):
            if self._failures.get(adapter.pk, (0, 0.0))[1] > time.monotonic():
                continue
            try:
                file = gguf_file(adapter, folder=home() / "adapters", base=self._base)
            except (BadArchive, CannotConvert) as error:
                _reject_candidate(adapter.pk, error.detail)
                self._failures[adapter.pk] = (MOST_TRIES, float("inf"))
                log.error("%s cannot be served: %s", adapter.name, error.detail)
                continue
            except OSError as error:
                self._failures[adapter.pk] = (0, time.monotonic() + RETRY_S)
                log.error("%s cannot be fetched; tried again: %s", adapter.name, error)
                continue
            found.append(AdapterFile(adapter.pk, file))
        return found

    def _note(self, pks: Sequence[int]) -> None:
        """Writes where these are served, unless that is what was written last."""
        current = self._servers.current
        where = ("", {}) if current is None else (current.url, current.slots_of(pks))
        if where != self._noted:
            url, slots = where
            note_where_served(base_model=settings.KW_LLM_MODEL, server_url=url, slots=slots)
            self._noted = where


def _reject_candidate(pk: int, why: str) -> None:
    """What is live stays live: it answers again when the server can be started."""
    adapter = Adapter.objects.get(pk=pk)
    if adapter.state != Adapter.State.CANDIDATE:
        return
    try:
        reject(adapter=adapter, metrics={}, reason=f"it cannot be served: {why}")
    except MoveRefused as error:
        log.warning("%s", error.detail)  # somebody else moved it just now


def serve_adapters() -> None:
    """Follows until it is told to end."""
    signal.signal(signal.SIGTERM, _end)
    model = chosen_model(os.environ.get("KW_LLM_GGUF", ""))
    servers = AdapterServers(
        home=home(),
        model=model,
        environment={**os.environ, "KW_LLM_API_KEY": settings.KW_LLM_API_KEY},
        grace_s=GRACE_S + settings.KW_SNAPSHOT_POLL_S,
        patience_s=settings.KW_REQUEST_TIMEOUT_S,
    )
    following = Following(servers, model.file or weights())
    try:
        following.begin()
        print(READY, flush=True)
        while True:
            try:
                following.follow()
            except (OperationalError, InterfaceError) as error:
                log.warning("the adapters' rows cannot be read now: %s", error)
            close_old_connections()
            time.sleep(FOLLOW_S)
    finally:
        servers.stop()


def _end(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)
