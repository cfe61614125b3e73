"""What is known after so many queries: whom routers choose, and how steps are scored.

Nothing is generated here. Queries and steps are held out from all learning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from kernels.encoder import Vector, encoder_digest
from kwsite.bench.learning.family import Query
from kwsite.bench.learning.outcome import HeldStep, Round, Routed
from kwsite.bench.learning.stream import part_of
from training.learning_round import live_net
from training.models import StepExample
from training.nets.policy import PolicyNet
from training.nets.prm import PrmNet, step_inputs
from training.nets.roster import Kind
from training.nets.weights import Net
from training.not_fitted import NotRefitted
from training.policy.choosing import Policy
from training.policy.text_features import text_features
from training.prm.gate import fit_length_baseline
from training.prm.step_labels import LabelledStep
from training.snapshots.in_service import NetPolicy
from training.snapshots.live import cold_start
from training.snapshots.storage import read_snapshot
from training.splits import is_held_out
from training.text_vectors import TextVectors
from workers.nets import EFFORTS, EXAMPLES, learn

LIVE, FITTED = "live", "fitted"


@dataclass(frozen=True)
class TestStep:
    """A labelled step of a held-out query, with the texts that the model reads."""

    query: int
    text: str
    worker: str
    step: LabelledStep


def fitted_now(kind: Kind, samples: int) -> tuple[Round, Net | None]:
    """A round of learning at once, and the net that it made, live or not."""
    try:
        made = learn(kind, now=True)
    except NotRefitted as error:
        return Round(samples, kind, "not fitted", error.detail, {}), None
    net = read_snapshot(made, encoder_digest=encoder_digest()).net
    return Round(samples, kind, made.state, made.reason, made.metrics), net


def routed(
    queries: Sequence[Query], vectors: TextVectors, fitted: Net | None, samples: int
) -> list[Routed]:
    """Whom the live router chooses, which may be the start from examples; and the fitted net."""
    _, live = live_net("policy")
    routers = {LIVE: live} | ({FITTED: fitted} if fitted else {})
    return [
        Routed(samples, by, n, part_of(query), query.worker, worker)
        for by, net in routers.items()
        for n, (query, worker) in enumerate(
            zip(queries, chosen(net, queries, vectors), strict=True)
        )
    ]


def chosen(net: Net | None, queries: Sequence[Query], vectors: TextVectors) -> list[str]:
    """The likeliest worker for each query; without a net, by the start from examples."""
    texts = [query.text for query in queries]
    policy: Policy = cold_start(EXAMPLES, EFFORTS, vectors)
    if isinstance(net, PolicyNet):
        policy = NetPolicy(net)
    return [
        policy.choose(embedding, text_features(text), epsilon=0, rng=Random(0)).worker
        for text, embedding in zip(texts, vectors.matrix(texts), strict=True)
    ]


def held_step(one: TestStep) -> HeldStep:
    return HeldStep(one.query, one.worker, one.step.label, len(one.step.step))


def scored(
    found: Sequence[HeldStep],
    steps: Sequence[TestStep],
    vectors: TextVectors,
    net: Net | None,
    samples: int,
) -> list[HeldStep]:
    """The same with the scores of this moment: the net's, and of two baselines that read no step.

    These know the length of a step, or the worker's share of right steps, as taught so far.
    """
    taught = [row for row in StepExample.objects.all() if not is_held_out(row.query_digest)]
    columns: dict[str, Sequence[float] | Vector] = {}
    if isinstance(net, PrmNet) and steps:
        columns["prm"] = net.scores(_inputs(steps, vectors))
    if taught and steps:
        labels = np.array([row.target for row in taught], dtype=np.float32)
        length = fit_length_baseline([row.step for row in taught], labels)
        columns["length"] = length.scores([one.step.step for one in steps])
        shares = _shares(taught)
        columns["worker"] = [shares.get(one.worker, float(labels.mean())) for one in steps]
    return [
        replace(
            one, scores=one.scores | {f"{by} {samples}": float(columns[by][n]) for by in columns}
        )
        for n, one in enumerate(found)
    ]


def _shares(taught: Sequence[StepExample]) -> Mapping[str, float]:
    targets: dict[str, list[float]] = {}
    for row in taught:
        targets.setdefault(row.worker, []).append(row.target)
    return {worker: sum(own) / len(own) for worker, own in targets.items()}


def _inputs(steps: Sequence[TestStep], vectors: TextVectors) -> Vector:
    texts = [text for one in steps for text in (one.text, one.step.step, *one.step.before)]
    known = vectors.of(list(dict.fromkeys(texts)))
    rows = [
        step_inputs(
            known[one.text], known[one.step.step], [known[t] for t in one.step.before], one.worker
        )
        for one in steps
    ]
    return np.stack(rows)
