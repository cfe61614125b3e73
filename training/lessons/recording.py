"""Stores what the nets learn from. Each function writes rows and returns them."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from kernels.encoder import Vector, encoder_digest
from training.models import RouterOutcome, StepExample
from training.nets.roster import place_of
from training.policy.choosing import PolicyChoice
from training.policy.text_features import text_features
from training.prm.step_labels import VerifiedLeaf, step_examples
from training.splits import query_digest
from trajectories.models import Trajectory

Source = StepExample.Source


def record_outcome(
    *,
    query: str,
    embedding: Vector,
    choice: PolicyChoice,
    reward: float,
    verified: bool | None,
    depth: int | None = None,
    simulations: int | None = None,
    trajectory: Trajectory | None = None,
) -> RouterOutcome:
    """A worker answered a query. `embedding` (384,), `reward` in [0, 1].

    `depth` are the steps that the answer took, `simulations` those run until it was found: what it
    needed, not what it was allowed. None where no search tells.
    """
    place_of(choice.worker)
    return RouterOutcome.objects.create(
        query_digest=query_digest(query),
        embedding=embedding,
        encoder_digest=encoder_digest(),
        scalars=text_features(query).tolist(),
        worker=choice.worker,
        propensity=choice.propensity,
        depth=depth,
        simulations=simulations,
        reward=reward,
        verified=verified,
        trajectory=trajectory,
    )


@transaction.atomic
def record_step_examples(
    *,
    query: str,
    worker: str,
    leaves: Iterable[VerifiedLeaf],
    trajectory: Trajectory | None = None,
) -> list[StepExample]:
    """The steps of a search tree whose answers a verifier has checked, with their labels."""
    place_of(worker)
    return StepExample.objects.bulk_create(
        StepExample(
            query_digest=query_digest(query),
            query=query,
            worker=worker,
            step=one.step,
            steps_before=list(one.before),
            position=one.position,
            label=one.label,
            label_source=Source.VERIFIER,
            trajectory=trajectory,
        )
        for one in step_examples(leaves)
    )


def score_step(*, example: StepExample, score: float | None) -> None:
    """A person's score of a step, in [0, 1], overrides its label from the next round on.

    None takes it back. Raises ValueError, also where there is no label to go back to.
    """
    if score is not None:
        _require_share(score)
    elif example.label is None:
        raise ValueError("no verifier has labelled this step: it needs a score")
    example.human_score = score
    example.label_source = Source.VERIFIER if score is None else Source.HUMAN
    example.changed_at, example.learned_at = timezone.now(), None
    example.save(update_fields=["human_score", "label_source", "changed_at", "learned_at"])


@transaction.atomic
def score_answered_step(
    *,
    query: str,
    worker: str,
    step: str,
    steps_before: Sequence[str],
    score: float,
    trajectory: Trajectory | None = None,
) -> StepExample:
    """A person's score of a step, also where no verifier has labelled it."""
    place_of(worker)
    _require_share(score)
    before = list(steps_before)
    known = StepExample.objects.select_for_update().filter(
        query_digest=query_digest(query),
        worker=worker,
        step=step,
        steps_before=before,
        trajectory=trajectory,
    )
    example = known.first()
    if example is None:
        return StepExample.objects.create(
            query_digest=query_digest(query),
            query=query,
            worker=worker,
            step=step,
            steps_before=before,
            label_source=Source.HUMAN,
            human_score=score,
            trajectory=trajectory,
        )
    score_step(example=example, score=score)
    return example


def _require_share(score: float) -> None:
    if not 0 <= score <= 1:
        raise ValueError("the score of a step is within 0..1")
