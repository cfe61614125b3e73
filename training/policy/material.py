"""What the policy is fitted on and compared on: outcomes as arrays, and the experts' examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernels.encoder import DIMENSIONS, Vector, encoder_digest
from kernels.spec import digest_of
from training.models import RouterOutcome
from training.nets.policy import policy_inputs
from training.nets.roster import place_of
from training.policy.gate import NOBODY, Held
from training.policy.learning import Lessons
from training.policy.text_features import NAMES, text_features
from training.splits import is_held_out, query_digest
from training.text_vectors import TextVectors


@dataclass(frozen=True, eq=False)
class PolicyMaterial:
    """Everything that one round looks at. No query is on both sides."""

    first: Lessons
    lessons: Lessons
    held: Held
    oldest: int  # row, of both sides
    newest: int
    digest: str


def gather_outcomes(
    examples: Mapping[str, Sequence[str]],
    efforts: Mapping[str, tuple[int, int]],
    vectors: TextVectors,
    newest: int,
) -> PolicyMaterial:
    """The newest outcomes for this encoder, in the order in which they came."""
    known = RouterOutcome.objects.filter(encoder_digest=encoder_digest())
    rows = list(reversed(known.order_by("-pk")[:newest]))
    shown = {query_digest(prompt) for own in examples.values() for prompt in own}
    held = [
        row
        for row in routed_to(rows)
        if is_held_out(row.query_digest) and row.query_digest not in shown
    ]
    taught = [row for row in rows if not is_held_out(row.query_digest)]
    told = [
        [r.pk, r.query_digest, r.worker, r.named_worker, r.reward, r.depth, r.simulations]
        for r in rows
    ]
    return PolicyMaterial(
        first_lessons(examples, efforts, vectors),
        _lessons(taught),
        _held(held),
        rows[0].pk if rows else 0,
        rows[-1].pk if rows else 0,
        digest_of([encoder_digest(), {k: list(v) for k, v in examples.items()}, told]),
    )


def routed_to(rows: Sequence[RouterOutcome]) -> list[RouterOutcome]:
    """Without those who answered in place of the one that was routed to, unless a person named one.

    Of a team, the one that was routed to is its search's first row.
    """
    first: dict[Any, int] = {}
    for row in rows:
        first.setdefault(row.trajectory_id or -row.pk, row.pk)
    return [
        row for row in rows if row.named_worker or first[row.trajectory_id or -row.pk] == row.pk
    ]


def first_lessons(
    examples: Mapping[str, Sequence[str]],
    efforts: Mapping[str, tuple[int, int]],
    vectors: TextVectors,
) -> Lessons:
    """Each example prompt as an outcome that its own expert earned 1 with, at its defaults."""
    pairs = [(worker, prompt) for worker, own in examples.items() for prompt in own]
    texts = [prompt for _, prompt in pairs]
    scalars = np.array([text_features(text) for text in texts]).reshape(-1, len(NAMES))
    return Lessons(
        policy_inputs(vectors.matrix(texts), scalars),
        np.array([place_of(worker) for worker, _ in pairs], dtype=np.int64),
        np.ones(len(pairs), dtype=np.float32),
        _floats([efforts[worker][0] for worker, _ in pairs]),
        _floats([efforts[worker][1] for worker, _ in pairs]),
        np.ones(len(pairs), dtype=np.bool_),
    )


def _lessons(rows: Sequence[RouterOutcome]) -> Lessons:
    """Where a person named the right worker, that is the lesson; of another, it says no effort."""
    return Lessons(
        policy_inputs(_embeddings(rows), _scalars(rows)),
        np.array([place_of(row.named_worker or row.worker) for row in rows], dtype=np.int64),
        _floats([1.0 if row.named_worker else row.reward for row in rows]),
        _floats([row.depth if _earned(row) else np.nan for row in rows]),
        _floats([row.simulations if _earned(row) else np.nan for row in rows]),
        np.array([bool(row.named_worker) for row in rows], dtype=np.bool_),
    )


def _earned(row: RouterOutcome) -> bool:
    """Whether its effort led to something; unnamed, its reward weighs the effort by itself."""
    return not row.named_worker or (not row.suggested_worker and row.reward > 0)


def _held(rows: Sequence[RouterOutcome]) -> Held:
    suggested = [place_of(r.named_worker) if r.named_worker else NOBODY for r in rows]
    return Held(
        _embeddings(rows),
        _scalars(rows),
        np.array([place_of(row.worker) for row in rows], dtype=np.int64),
        np.array(suggested, dtype=np.int64),
        _floats([row.reward for row in rows]),
        _floats([row.propensity for row in rows]),
        tuple(row.query_digest for row in rows),
    )


def _embeddings(rows: Sequence[RouterOutcome]) -> Vector:
    return np.array([row.embedding for row in rows], np.float32).reshape(-1, DIMENSIONS)


def _scalars(rows: Sequence[RouterOutcome]) -> Vector:
    return np.array([row.scalars for row in rows], np.float32).reshape(-1, len(NAMES))


def _floats(values: Sequence[Any]) -> Vector:
    """None becomes NaN."""
    return np.array(values, dtype=np.float32)
