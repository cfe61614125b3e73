"""Outcomes and steps as rows, and an encoder that reads the worker from the text, for tests."""

import hashlib
from collections.abc import Sequence

import numpy as np

from kernels.encoder import Vector, encoder_digest
from tests.net_lessons import embeddings
from training.learning_round import RoundLimits
from training.lessons.recording import record_step_examples
from training.models import RouterOutcome, StepExample
from training.nets.roster import WORKERS
from training.policy.text_features import text_features
from training.prm.step_labels import VerifiedLeaf, VerifierOutcome
from training.snapshots.live import LiveNets
from training.splits import query_digest
from training.text_vectors import TextVectors

EFFORTS = dict.fromkeys(WORKERS, (5, 10))
EXAMPLES = {worker: [f"{worker} example {n}" for n in range(3)] for worker in WORKERS}
MISLEADING = {w: EXAMPLES[WORKERS[n - 1]] for n, w in enumerate(WORKERS)}  # all of another's kind
LIMITS = RoundLimits(every=25, min_rows=30, min_held_out=10, go_live=True)
GOOD = VerifierOutcome(True, 1.0, "recomputed")
BAD = VerifierOutcome(False, 0.0, "recomputed")


def embed_words(texts: Sequence[str]) -> list[Vector]:
    """The first word says the direction; the rest is noise. "good" and "bad" have one, too."""
    found = []
    for text in texts:
        word = text.split()[0]
        seed = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
        if word in WORKERS:
            place = np.array([WORKERS.index(word)])
            found.append(embeddings(place, seed)[0])
        else:
            row = embeddings(np.array([1 if word == "good" else 2]), seed)[0]
            found.append(row)
    return found


def vectors() -> TextVectors:
    return TextVectors(embed_words)


def nets(poll_s: float = 0) -> LiveNets:
    return LiveNets(EXAMPLES, EFFORTS, embed_texts=embed_words, poll_s=poll_s)


def add_outcomes(
    count: int, start: int = 0, *, reward: float = 1.0, said: bool = True
) -> list[RouterOutcome]:
    """Each worker's queries in turn, answered by that one, or by another that a person corrects."""
    rows = []
    for number in range(start, start + count):
        right = WORKERS[number % 6]
        query = f"{right} query {number}"
        wrong = said and number % 2 == 0
        rows.append(
            RouterOutcome(
                query_digest=query_digest(query),
                embedding=embed_words([query])[0],
                encoder_digest=encoder_digest(),
                scalars=text_features(query).tolist(),
                worker=WORKERS[(number + 1) % 6] if wrong else right,
                suggested_worker=right if wrong else "",
                depth=4,
                simulations=8,
                reward=0.0 if wrong else reward,
                verified=not wrong,
            )
        )
    return RouterOutcome.objects.bulk_create(rows)


def add_steps(count: int, start: int = 0) -> list[StepExample]:
    """`count` queries, each with a good answer and a bad one, of two steps."""
    return [
        example
        for number in range(start, start + count)
        for example in record_step_examples(
            query=f"math question {number}",
            worker="math",
            leaves=[
                VerifiedLeaf((f"good begin {number}", f"good end {number}"), GOOD),
                VerifiedLeaf((f"bad begin {number}", f"bad end {number}"), BAD),
            ],
        )
    ]
