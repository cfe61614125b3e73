"""Which adapter generates the answer to a request: by family, and by a share of its runs.

The table of adapters is read every few seconds by each process, not once a request.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Literal
from uuid import UUID

from django.conf import settings

from training.adapters.models import Adapter
from training.adapters.serving import adapters_to_serve
from training.nightly.models import NightlySettings
from workers.adapters.asking import Address
from workers.backends.choose import serves_adapters
from workers.request import ChatRequest

State = Adapter.State
FamilyKey = tuple[int, str]  # client, signature
Arm = Literal["base", "live", "canary", "control"]


@dataclass(frozen=True)
class Family:
    """What of a family is served now. `before` is the adapter that the live one replaced."""

    live: Address | None = None
    before: Address | None = None
    canary: Address | None = None
    shadow: Address | None = None


@dataclass(frozen=True)
class Shares:
    """Of a family's requests: those for its canary, and those for what the live one replaced."""

    canary: float
    control: float


@dataclass(frozen=True)
class Routed:
    """Who generates; without an address it is the base model."""

    arm: Arm
    address: Address | None = None


BASE = Routed("base")


def routed(family: Family, shares: Shares, run_id: UUID) -> Routed:
    """The arm of a run: the same whoever asks, however often."""
    place = share_of(run_id)
    if family.canary is not None and place < shares.canary:
        return Routed("canary", family.canary)
    if family.live is None:
        return BASE
    if place >= 1 - shares.control:
        return Routed("control", family.before)
    return Routed("live", family.live)


def share_of(run_id: UUID, *, purpose: str = "") -> float:
    """Where a run lies in [0, 1): evenly, and independently for each purpose."""
    digest = hashlib.sha256(purpose.encode() + run_id.bytes).digest()
    return int.from_bytes(digest[:8]) / 2**64


class AdapterTable:
    """The families with adapters, as of `poll_s` ago. Threads may share it."""

    def __init__(
        self, poll_s: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._poll_s = poll_s
        self._clock = clock
        self._lock = Lock()
        self._read_at: float | None = None
        self._families: Mapping[FamilyKey, Family] = {}
        self._shares = Shares(0.0, 0.0)

    def family_of(self, client_id: int, request: ChatRequest) -> Family | None:
        """None where no adapter may generate the answer: as with kernels, to one plain question."""
        if request.beyond_kernels or not serves_adapters():
            return None
        with self._lock:
            self._follow()
            return self._families.get((client_id, request.signature))

    def route(self, client_id: int, request: ChatRequest, run_id: UUID) -> Routed:
        """Who generates the answer to this run."""
        family = self.family_of(client_id, request)
        return BASE if family is None else routed(family, self._shares, run_id)

    def forget(self) -> None:
        """The next request reads it anew."""
        with self._lock:
            self._read_at = None

    def _follow(self) -> None:
        poll_s = settings.KW_SNAPSHOT_POLL_S if self._poll_s is None else self._poll_s
        now = self._clock()
        if self._read_at is not None and now - self._read_at < poll_s:
            return
        self._families = _families()
        if self._families:
            told = NightlySettings.objects.first() or NightlySettings()
            self._shares = Shares(told.canary_share, settings.KW_ADAPTER_CONTROL_SHARE)
        self._read_at = now


def _families() -> dict[FamilyKey, Family]:
    """In one query; what is served nowhere is not in it."""
    rows = adapters_to_serve(settings.KW_LLM_MODEL).exclude(server_url="")
    served = {row.pk: row for row in rows}
    found: dict[FamilyKey, dict[str, Address]] = {}
    for row in served.values():
        parts = found.setdefault((row.client_id, row.signature), {})
        if row.state in (State.LIVE, State.CANARY, State.SHADOW):
            parts[row.state] = address_of(row)
        if row.state == State.LIVE and row.parent_id in served:
            parts["before"] = address_of(served[row.parent_id])
    return {key: Family(**parts) for key, parts in found.items() if parts}


def address_of(adapter: Adapter) -> Address:
    return Address(adapter.name, adapter.server_url, adapter.slot)


table = AdapterTable()
