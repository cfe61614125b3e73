"""Times the making of receipts, and the recording of answers with and without them."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from django.conf import settings

from kernels.encoder import DIMENSIONS, encoder_digest
from kernels.models import KernelVersion
from kernels.routing import version_facts
from kwsite.bench.figures import percentile
from trajectories.models import Client, Event, Run, SignedReceipt, Trajectory
from trajectories.receipt_keys import own_keys, signing_key
from trajectories.receipts.signing import opened, sealed
from workers.answer import Answer, ChosenKernel, answer, generate
from workers.backends.scripted import ScriptedBackend
from workers.receipts import receipt_of
from workers.recording import claim_run, record_answer
from workers.request import ChatRequest
from workers.trace import Trace

KERNEL = "extract-emails"
WORKER = "bench"
PROMPT = "Extract all email addresses: ann@a.org, bo@b.org"
DECISION = {"route": "generation", "reason": "a bench", "chosen": None}


@dataclass(frozen=True)
class Part:
    """One step in the life of a receipt, in microseconds."""

    name: str
    p50_us: float
    p99_us: float


@dataclass(frozen=True)
class Recorded:
    """Recording an answer of one route: `with` and `without` are p50 in milliseconds."""

    route: str
    answers: int  # of each arm
    file_bytes: int
    without_ms: float
    with_ms: float
    parts: tuple[Part, ...]

    @property
    def ratio(self) -> float:
        return self.with_ms / self.without_ms


@dataclass(frozen=True)
class Found:
    recorded: tuple[Recorded, ...]
    load: float


def measure_receipts(answers: int, advance: Callable[[], Any]) -> Found:
    """On the database of the settings. `advance` is called once a pair of recorded answers."""
    client = Client.objects.create(name="bench-receipts")
    request = ChatRequest(
        model="kernelweave", messages=({"role": "user", "content": PROMPT},), max_tokens=50
    )
    said = (_by_kernel(request), _generated(request))
    found = tuple(_measured(client, request, one, answers, advance) for one in said)
    return Found(found, os.getloadavg()[0])


def _measured(
    client: Client, request: ChatRequest, said: Answer, answers: int, advance: Callable[[], Any]
) -> Recorded:
    """The two arms take turns, and so does which comes first."""
    key = settings.KW_RECEIPT_KEY
    times: dict[str, list[float]] = {key: [], "": []}
    for number in range(answers):
        for arm in (key, "") if number % 2 else ("", key):
            settings.KW_RECEIPT_KEY = arm
            times[arm].append(_record(client, request, said))
        settings.KW_RECEIPT_KEY = key
        advance()
    last = SignedReceipt.objects.filter(trajectory__route=said.route)
    row = last.select_related("trajectory__run").order_by("-trajectory__created_at")[0]
    parts = _parts(row.trajectory, request, said, row.file, answers)
    return Recorded(
        said.route, answers, len(row.file.encode()), median(times[""]), median(times[key]), parts
    )


def _record(client: Client, request: ChatRequest, said: Answer) -> float:
    """Milliseconds from the answer to its commit."""
    row = Run.objects.create(
        client=client,
        request=request.model_dump(mode="json"),
        decision=DECISION,
        embedding=[1.0] + [0.0] * (DIMENSIONS - 1),
        encoder_digest=encoder_digest(),
    )
    run = claim_run(run_id=str(row.pk), worker=WORKER, lease_s=600)
    assert run is not None, "nobody else knows of this run"
    trace = Trace()
    trace.add(Event.Kind.DECISION, route=said.route, reason=said.reason)
    trace.add(Event.Kind.MESSAGE, text=said.text)
    began = perf_counter()
    record_answer(run=run, request=request, answer=said, trace=trace, worker=WORKER)
    return (perf_counter() - began) * 1e3


def _parts(
    trajectory: Trajectory, request: ChatRequest, said: Answer, file: str, repeats: int
) -> tuple[Part, ...]:
    key, known, run = signing_key(), own_keys(), trajectory.run
    assert key is not None
    assert run is not None
    receipt = receipt_of(run, request, said, trajectory)
    return (
        _timed("draw up", repeats, lambda: receipt_of(run, request, said, trajectory)),
        _timed("write and sign", repeats, lambda: sealed(receipt, key)),
        _timed("verify", repeats, lambda: opened(file.encode(), known)),
    )


def _timed(name: str, repeats: int, act: Callable[[], Any]) -> Part:
    times = []
    for _ in range(repeats):
        began = perf_counter()
        act()
        times.append((perf_counter() - began) * 1e6)
    return Part(name, median(times), percentile(times, 99))


def _by_kernel(request: ChatRequest) -> Answer:
    """As the starter computes it."""
    version = KernelVersion.objects.get(kernel__name=KERNEL, state=KernelVersion.State.LIVE)
    chosen = ChosenKernel(version_facts(version.pk), ())
    return answer(request, "a bench", chosen, ScriptedBackend(), _silent, Trace(), 0)


def _generated(request: ChatRequest) -> Answer:
    return generate(request, "a bench", ScriptedBackend(), _silent, Trace())


def _silent(delta: object) -> None:
    """Nobody listens."""
