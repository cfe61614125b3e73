"""One query searched: through the running service, or as a worker does it, in this process."""

from typing import Any, cast

import numpy as np

from kernels.encoder import embed_all
from kwsite.bench.learning.family import Query
from kwsite.bench.learning.outcome import ERROR, Answered
from kwsite.bench.learning.stream import part_of
from kwsite.commandline.client import ServiceClient
from kwsite.commandline.failure import ServiceFailure
from training.prm.step_labels import LabelledStep, step_examples
from workers.backends.completion import Backend, BackendError, Delta
from workers.experts.expert import Verified, VerifiedStatus
from workers.request import ChatRequest
from workers.search.options import SearchOptions
from workers.search.rewards import verified_reward
from workers.search.search import Searched
from workers.searches.answering import search_answer
from workers.searches.lessons import verified_leaves
from workers.searches.means import live_means
from workers.trace import Trace

ANSWER_TOKENS = 72
OPTIONS: dict[str, Any] = {
    "strategy": "lats",
    "simulations": 3,
    "budget_tokens": 180,
    "max_reflections": 1,
}
MODEL = "kernelweave"


def streamed(service: ServiceClient, number: int, query: Query, *, told: bool) -> Answered:
    """Asks the service; where `told`, then says over HTTP whether the right worker answered."""
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": query.text}],
        "max_tokens": ANSWER_TOKENS,
        "kernelweave": {"search": {**OPTIONS, "evidence": list(query.evidence)}},
    }
    try:
        extras = service.chat(body)["kernelweave"]
    except ServiceFailure:  # one answer that does not come must not end a run of an hour
        return _failed(number, query, "stream")
    found, gate = extras["search"], extras["search"]["gate"]
    if told:
        wrong = found["worker"] != query.worker
        said = {"suggested": query.worker} if wrong else {"wrong": False}
        service.feedback({"run_id": extras["run_id"], "worker": said})
    outcome = found["outcome"] or {"status": "failed", "score": 0.0}
    return Answered(
        number,
        query.family,
        "stream",
        query.worker,
        found["worker"],
        outcome["status"],
        _reward(outcome["status"], outcome["score"]),
        found["tokens"],
        found["simulations"],
        bool(gate and gate["first"]),
        bool(gate and gate["passed"]),
        len(gate["reflections"]) if gate else 0,
        len(found["workers"]),
        told,
    )


def searched(
    number: int, query: Query, backend: Backend
) -> tuple[Answered, tuple[LabelledStep, ...]]:
    """What a worker would do with what is live now, without exploring and without a record.

    Also the steps that the verifier's outcomes label.
    """
    request = ChatRequest(
        model=MODEL,
        messages=({"role": "user", "content": query.text},),
        max_tokens=ANSWER_TOKENS,
        search=SearchOptions(**OPTIONS, evidence=query.evidence),
    )
    (vector,) = embed_all([query.text])
    means = live_means(query.text, np.asarray(vector, dtype=np.float32))
    try:
        answer = search_answer(request, "", backend, _silent, Trace(), means, lambda: False)
    except BackendError:
        return _failed(number, query, part_of(query)), ()
    found = answer.searched
    assert found is not None, "a search says what it searched"
    return _answered(number, query, found), _steps(found)


def _answered(number: int, query: Query, found: Searched) -> Answered:
    gate, chosen = found.gate, found.chosen
    return Answered(
        number,
        query.family,
        part_of(query),
        query.worker,
        found.worker,
        chosen.outcome.status if chosen else "failed",
        (verified_reward(chosen.outcome) or 0.0) if chosen else 0.0,
        found.tokens,
        sum(len(one.candidates) for one in found.found.values()),
        bool(gate and gate.first),
        bool(gate and gate.passed),
        len(gate.reflections) if gate else 0,
        len(found.found),
    )


def _steps(found: Searched) -> tuple[LabelledStep, ...]:
    return step_examples(verified_leaves(found.found[found.worker].candidates))


def _reward(status: str, score: float) -> float:
    return verified_reward(Verified(cast(VerifiedStatus, status), score, "", "")) or 0.0


def _failed(number: int, query: Query, part: str) -> Answered:
    return Answered(
        number, query.family, part, query.worker, "", ERROR, 0.0, 0, 0, False, False, 0, 0
    )


def _silent(_: Delta) -> None:
    """Nobody listens."""
