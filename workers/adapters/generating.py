"""Generation by an adapter; the base model answers where its server does not."""

import logging
from collections.abc import Callable
from dataclasses import replace

from trajectories.measures import ADAPTER_FAILURES
from trajectories.models import Event
from workers.adapters.asking import Address, backend_at
from workers.adapters.routing import Routed
from workers.answer import Answer, Say, generate
from workers.backends.completion import Backend, BackendRejected, BackendUnavailable, Delta
from workers.request import ChatRequest
from workers.trace import Trace

log = logging.getLogger(__name__)

# A server that is away, or that does not know the adapter (any more).
AWAY = (BackendUnavailable, BackendRejected)


def generate_as_routed(
    routed: Routed,
    request: ChatRequest,
    reason: str,
    backend: Backend,
    say: Say,
    trace: Trace,
    backend_of: Callable[[Address], Backend] = backend_at,
) -> Answer:
    """Generates by whom it was routed to; `backend` is the base model. Raises BackendError."""
    address = routed.address
    if address is None:
        return generate(request, reason, backend, say, trace)
    trace.add(Event.Kind.DECISION, adapter=address.name, arm=routed.arm)
    said = _Said(say)
    try:
        writer = backend_of(address)
        done = generate(request, reason, backend, said.say, trace, writer=writer)
    except AWAY as error:
        if said.anything:
            raise  # what was said cannot be taken back
        ADAPTER_FAILURES.labels(adapter=address.name).inc()
        log.warning("the adapter %s did not answer: %s", address.name, error.detail)
        why = f"the adapter {address.name} did not answer ({error.detail}); the base model does"
        trace.add(Event.Kind.FAILURE, adapter=address.name, reason=why)
        return generate(request, f"{reason}; {why}", backend, say, trace)
    return replace(done, adapter=address.name)


class _Said:
    """Passes pieces on, and knows whether there was any."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.anything = False

    def say(self, delta: Delta) -> None:
        self.anything = True
        self._say(delta)
