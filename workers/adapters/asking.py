"""An adapter as a model server: where it is asked, and how it is named there."""

from dataclasses import dataclass
from functools import lru_cache

from training.adapters.models import Adapter
from trajectories.errors import KernelWeaveError
from workers.backends.choose import backend_beside
from workers.backends.completion import Backend

MOST_BACKENDS = 64  # that a process keeps: each has a client of its own


class NotServed(KernelWeaveError):
    """The adapter is served nowhere now."""


@dataclass(frozen=True)
class Address:
    """Where an adapter is asked. A server with numbers for adapters calls it by its `slot`."""

    name: str
    server_url: str
    slot: int | None = None


def adapter_backend(adapter: Adapter) -> Backend:
    """What asks the adapter where it is served now. Raises NotServed."""
    if not adapter.is_served:
        raise NotServed(f"{adapter.name} is served nowhere now.")
    return backend_at(Address(adapter.name, adapter.server_url, adapter.slot))


@lru_cache(maxsize=MOST_BACKENDS)
def backend_at(address: Address) -> Backend:
    """The one backend of this process for this address.

    llama.cpp applies the adapters that a request lists by number, and no others; vLLM knows one by
    its name, as a model.
    """
    fixed = {} if address.slot is None else {"lora": [{"id": address.slot, "scale": 1.0}]}
    return backend_beside(base_url=address.server_url, model=address.name, fixed=fixed)
