"""What the process reward model is fitted on and compared on: labelled steps as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kernels.encoder import Vector, encoder_digest
from kernels.spec import digest_of
from training.models import StepExample
from training.nets.prm import INPUTS, RECENT, step_inputs
from training.prm.gate import HeldSteps
from training.prm.learning import Steps
from training.splits import is_held_out
from training.text_vectors import TextVectors


@dataclass(frozen=True, eq=False)
class PrmMaterial:
    """Everything that one round looks at. No query is on both sides."""

    taught: Steps
    taught_texts: list[str]
    held: HeldSteps
    held_inputs: Vector  # (n, 1158)
    held_texts: list[str]
    oldest: int  # row, of both sides
    newest: int
    digest: str


def gather_steps(vectors: TextVectors, newest: int) -> PrmMaterial:
    """The newest labelled steps, in the order in which they came."""
    rows = list(reversed(StepExample.objects.order_by("-pk")[:newest]))
    taught = [row for row in rows if not is_held_out(row.query_digest)]
    held = [row for row in rows if is_held_out(row.query_digest)]
    held_steps = _steps(held, vectors)
    return PrmMaterial(
        _steps(taught, vectors),
        [row.step for row in taught],
        HeldSteps(held_steps.labels, tuple(row.query_digest for row in held)),
        held_steps.inputs,
        [row.step for row in held],
        rows[0].pk if rows else 0,
        rows[-1].pk if rows else 0,
        digest_of([encoder_digest(), [[row.pk, row.target] for row in rows]]),
    )


def _steps(rows: Sequence[StepExample], vectors: TextVectors) -> Steps:
    recent = [[str(step) for step in row.steps_before][-RECENT:] for row in rows]
    texts = [text for row in rows for text in (row.query, row.step)]
    found = vectors.of([*texts, *(text for own in recent for text in own)])
    inputs = [
        step_inputs(found[row.query], found[row.step], [found[one] for one in own], row.worker)
        for row, own in zip(rows, recent, strict=True)
    ]
    return Steps(
        np.array(inputs, dtype=np.float32).reshape(-1, INPUTS),
        np.array([row.target for row in rows], dtype=np.float32),
    )
