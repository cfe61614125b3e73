"""What the bench of learning asks of the service, of the rows and of the nets."""

from typing import Any, cast

import numpy as np
import pytest

from kwsite.bench.learning.family import Query
from kwsite.bench.learning.outcome import ERROR
from kwsite.bench.learning.predicting import TestStep as Held
from kwsite.bench.learning.predicting import fitted_now, held_step, routed, scored
from kwsite.bench.learning.searching import streamed
from kwsite.commandline.client import ServiceClient
from kwsite.commandline.failure import ServiceFailure
from tests.db.net_rows import embed_words
from training.lessons.recording import record_step_examples
from training.nets.fitting import start_from_seed
from training.nets.prm import PrmNet
from training.prm.step_labels import LabelledStep, VerifiedLeaf, VerifierOutcome
from training.text_vectors import TextVectors

pytestmark = pytest.mark.django_db

QUERY = Query("What is 2 + 3?", "math", "sums", "What is {asked}?", "Answer: 5")


class Service:
    """Answers as the API does, and keeps what it was told."""

    def __init__(self, worker: str = "math") -> None:
        self.worker = worker
        self.asked: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []

    def chat(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body)
        found = {
            "worker": self.worker,
            "workers": ["logic", self.worker],
            "outcome": {"status": "failed", "score": 0.8, "reason": "", "how": "recomputed"},
            "gate": {"first": False, "passed": True, "reflections": ["Step 1 is wrong"]},
            "tokens": 90,
            "simulations": 4,
        }
        return {"kernelweave": {"run_id": "r1", "search": found}}

    def feedback(self, body: dict[str, Any]) -> None:
        self.told.append(body)


class Silent(Service):
    def chat(self, body: dict[str, Any]) -> dict[str, Any]:
        raise ServiceFailure("no answer")


def ask(service: Service, *, told: bool) -> Any:
    return streamed(cast(ServiceClient, service), 3, QUERY, told=told)


def test_a_refused_answer_earns_a_part_of_what_held() -> None:
    service = Service()
    answer = ask(service, told=False)
    assert (answer.number, answer.right, answer.worker, answer.status) == (
        3,
        *["math"] * 2,
        "failed",
    )
    assert answer.reward == pytest.approx(0.2)
    assert (answer.gate_first, answer.gate_passed, answer.reflections) == (False, True, 1)
    assert service.asked[0]["kernelweave"]["search"]["strategy"] == "lats"
    assert service.told == []


def test_a_right_worker_is_confirmed_and_a_wrong_one_corrected() -> None:
    right, wrong = Service(), Service("code")
    assert ask(right, told=True).told
    ask(wrong, told=True)
    assert right.told == [{"run_id": "r1", "worker": {"wrong": False}}]
    assert wrong.told == [{"run_id": "r1", "worker": {"suggested": "math"}}]


def test_an_answer_that_does_not_come_is_counted_as_such() -> None:
    answer = ask(Silent(), told=True)
    assert (answer.status, answer.worker, answer.told) == (ERROR, "", False)


def test_without_a_net_the_live_router_is_the_start_from_examples() -> None:
    found = routed([QUERY], TextVectors(embed_words), None, 0)
    assert [(one.samples, one.by, one.right) for one in found] == [(0, "live", "math")]


def test_a_round_with_too_few_rows_says_so() -> None:
    said, net = fitted_now("policy", 6)
    assert (said.state, net) == ("not fitted", None)
    assert "30 are needed" in said.reason


def test_steps_are_scored_by_the_net_and_by_baselines_that_read_none() -> None:
    for number in range(12):
        good = VerifiedLeaf((f"right {number}",), VerifierOutcome(True, 1.0, "recomputed"))
        bad = VerifiedLeaf(
            (f"wrong and longer {number}",), VerifierOutcome(False, 0.0, "recomputed")
        )
        record_step_examples(query=f"math {number}", worker="math", leaves=[good, bad])
    steps = [Held(0, QUERY.text, "math", LabelledStep(text, (), "1", label, 1))
             for text, label in (("right", 1.0), ("wrong and much longer", 0.0))]  # fmt: skip
    net = PrmNet()
    start_from_seed(net, 0)
    found = scored([held_step(one) for one in steps], steps, TextVectors(embed_words), net, 6)
    assert set(found[0].scores) == {"prm 6", "length 6", "worker 6"}
    assert found[0].scores["length 6"] > found[1].scores["length 6"]
    assert found[0].scores["worker 6"] == found[1].scores["worker 6"] == pytest.approx(0.5)
    assert np.isfinite([one.scores["prm 6"] for one in found]).all()
