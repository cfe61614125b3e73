"""Fine-tuning runs and adapters as rows, for tests."""

from typing import Any

from django.utils import timezone

from tests.db.rows import chat
from training.adapters.models import Adapter
from training.adapters.states import promote, register_adapter, start_canary, start_shadow
from training.lora.job import LoraJob
from training.lora.models import LoraRun
from trajectories.models import Client
from workers.request import ChatRequest

State = Adapter.State
SYSTEM = "You answer about colours."
AT = "http://127.0.0.1:9/v1"  # nobody listens there


def of_family(prompt: str, **fields: Any) -> ChatRequest:
    """A request of the family that the adapters here are for."""
    return chat(prompt, **fields).model_copy(
        update={
            "messages": (
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": prompt},
            )
        }
    )


SIGNATURE = of_family("any").signature


def done_run(client: Client, **fields: Any) -> LoraRun:
    plain: dict[str, Any] = {
        "signature": SIGNATURE,
        "label": "Colours of things",
        "job": LoraJob(base_model="embedded", data="0" * 64).as_json(),
        "device": "cpu",
        "dataset": "datasets/0.tar",
        "state": LoraRun.State.DONE,
        "artifact": "adapters/0.tar",
        "digest": "1" * 64,
        "finished_at": timezone.now(),
    }
    return LoraRun.objects.create(client=client, **{**plain, **fields})


def adapter_in(state: str, client: Client, *, server_url: str = AT, **run: Any) -> Adapter:
    """An adapter that came to this state as adapters do, served at an address."""
    adapter = register_adapter(run=done_run(client, **run))
    if state in (State.SHADOW, State.CANARY, State.LIVE):
        start_shadow(adapter=adapter, metrics={}, reason="passed the gate")
    if state in (State.CANARY, State.LIVE):
        start_canary(adapter=adapter, metrics={}, reason="did well in shadow")
    if state == State.LIVE:
        promote(adapter=adapter, reason="did well as canary")
    Adapter.objects.filter(pk=adapter.pk).update(server_url=server_url)
    adapter.refresh_from_db()
    assert adapter.state == state
    return adapter
