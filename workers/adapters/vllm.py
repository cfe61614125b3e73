"""Adapters at a vLLM server: loaded by name while it runs, and unloaded when nobody asks them.

The server must have been started with `--enable-lora` and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True,
and it must see the folder KW_ADAPTER_DIR, perhaps under another name. What it serves it is asked
each time, so that one that was started anew gets its adapters again.
"""

import logging
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from django.conf import settings

from training.adapters.models import Adapter
from training.adapters.serving import adapters_to_serve, note_where_served
from training.adapters.states import MoveRefused, reject
from training.lora.artifact import BadArchive, unpack
from training.lora.models import artifact_storage
from trajectories.errors import KernelWeaveError

log = logging.getLogger(__name__)


class VllmFailed(KernelWeaveError):
    """The vLLM server did not do what it was asked."""


class AdapterRefused(VllmFailed):
    """The vLLM server cannot load the adapter."""


class NoRuntimeLoading(VllmFailed):
    """Start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True: it loads none."""


@dataclass(frozen=True)
class Vllm:
    """A running server. `base_url` ends in the version, as in `http://127.0.0.1:8000/v1`."""

    http: httpx2.Client
    base_url: str

    def names(self) -> set[str]:
        """The models and adapters that it serves. Raises VllmFailed."""
        found = self._asked("GET", "models")
        try:
            return {str(model["id"]) for model in found.json()["data"]}
        except (ValueError, KeyError, TypeError) as error:
            raise VllmFailed(f"vLLM's list of models cannot be read: {error}") from error

    def load(self, name: str, path: str) -> None:
        """Raises AdapterRefused, NoRuntimeLoading or VllmFailed."""
        self._asked("POST", "load_lora_adapter", {"lora_name": name, "lora_path": path})

    def unload(self, name: str) -> None:
        """Raises VllmFailed."""
        self._asked("POST", "unload_lora_adapter", {"lora_name": name})

    def _asked(self, method: str, what: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        try:
            reply = self.http.request(method, f"{self.base_url.rstrip('/')}/{what}", json=body)
        except httpx2.HTTPError as error:
            raise VllmFailed(f"vLLM cannot be asked: {error}") from error
        if reply.is_success:
            return reply
        if reply.status_code == 404 and '"detail"' in reply.text:
            raise NoRuntimeLoading
        said = f"vLLM answered {reply.status_code} to {what}: {reply.text[:300]}"
        raise AdapterRefused(said) if reply.is_client_error else VllmFailed(said)


def serve_at_vllm(server: Vllm) -> None:
    """One round: loads what is missing, notes where all are, and unloads what is over.

    That was noted in a round before, so that nobody asks it any more. Raises VllmFailed.
    """
    wanted = list(adapters_to_serve(settings.KW_LLM_MODEL))
    loaded = server.names()
    others = Adapter.objects.filter(name__in=loaded, server_url="")
    over = others.exclude(pk__in=[adapter.pk for adapter in wanted])
    for name in over.values_list("name", flat=True):
        server.unload(name)
        log.info("vLLM no longer serves %s", name)
    for adapter in wanted:
        if adapter.name not in loaded and _load(server, adapter):
            loaded.add(adapter.name)
    served = {adapter.pk: None for adapter in wanted if adapter.name in loaded}
    note_where_served(
        base_model=settings.KW_LLM_MODEL, server_url=settings.KW_LLM_BASE_URL, slots=served
    )


def _load(server: Vllm, adapter: Adapter) -> bool:
    try:
        folder = _unpacked(adapter, Path(settings.KW_ADAPTER_DIR))
        seen_as = Path(settings.KW_ADAPTER_DIR_THERE or settings.KW_ADAPTER_DIR) / folder.name
        server.load(adapter.name, str(seen_as))
    except OSError as error:
        log.error("%s cannot be fetched; tried again: %s", adapter.name, error)
        return False
    except (BadArchive, AdapterRefused) as error:
        if adapter.name in server.names():
            return True  # another round did it meanwhile
        log.error("%s cannot be served: %s", adapter.name, error.detail)
        _reject_candidate(adapter, error.detail)
        return False
    log.info("vLLM serves %s", adapter.name)
    return True


def _unpacked(adapter: Adapter, folder: Path) -> Path:
    """Its files, by their digest. Raises BadArchive, OSError."""
    found = folder / adapter.digest
    if not found.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".fetched-", suffix=".tar") as archive:
            with artifact_storage().open(adapter.archive) as source:
                shutil.copyfileobj(source, archive)
            archive.flush()
            unpack(Path(archive.name), found, digest=adapter.digest)
    return found


def _reject_candidate(adapter: Adapter, why: str) -> None:
    if adapter.state != Adapter.State.CANDIDATE:
        return
    try:
        reject(adapter=adapter, metrics=None, reason=f"it cannot be served: {why}")
    except MoveRefused as error:
        log.warning("%s", error.detail)  # somebody else moved it just now
