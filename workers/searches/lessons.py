"""What a finished search teaches: the router, the process reward model, and those who review."""

from collections.abc import Sequence

from django.conf import settings

from kernels.encoder import Vector
from training.labels.disagreement import note_disagreement
from training.lessons.recording import record_outcome, record_step_examples
from training.nets.roster import WORKERS
from training.policy.choosing import PolicyChoice
from training.prm.step_labels import VerifiedLeaf, VerifierOutcome
from trajectories.models import Trajectory
from workers.experts.expert import Verified
from workers.search.problem import Candidate
from workers.search.rewards import verified_reward
from workers.search.search import Searched


def record_lessons(*, found: Searched, embedding: Vector, trajectory: Trajectory) -> None:
    """Stores them; `embedding` (384,) is the prompt's. Workers beyond the router's teach nothing.

    Of a team, the one that was routed to comes first, with what it earned itself: that is what its
    propensity speaks for. Then the one that answered. Labels of steps come from verifier
    outcomes alone (row X9).
    """
    worker, query = found.worker, trajectory.prompt
    if worker not in WORKERS:
        return
    for member in dict.fromkeys((found.routed.worker, worker)):
        _record_outcome(member, found, embedding, trajectory)
    chosen = found.chosen
    leaves = verified_leaves(found.found[worker].candidates)
    record_step_examples(query=query, worker=worker, leaves=leaves, trajectory=trajectory)
    outcome = _of_verifier(chosen.outcome) if chosen else None
    if chosen is not None and outcome is not None and found.scored:
        note_disagreement(
            query=query,
            worker=worker,
            step_scores=chosen.scores,
            outcome=outcome,
            margin=settings.KW_PRM_DISAGREEMENT,
            trajectory=trajectory,
        )


def _record_outcome(
    worker: str, found: Searched, embedding: Vector, trajectory: Trajectory
) -> None:
    """What a worker's own search earned; nothing where it did not come to make a simulation."""
    routed, own = found.routed, found.found[worker]
    chosen = own.chosen
    if not own.candidates or worker not in WORKERS:
        return
    record_outcome(
        query=trajectory.prompt,
        embedding=embedding,
        choice=PolicyChoice(
            worker,
            dict(routed.probabilities),
            routed.depth,
            routed.simulations,
            routed.alone,
            routed.propensity,
        ),
        reward=chosen.reward if chosen else 0.0,
        verified=chosen.outcome.passed if chosen else None,
        depth=len(chosen.steps) if chosen else None,
        simulations=_needed(own.candidates, chosen) if chosen else None,
        trajectory=trajectory,
    )


def verified_leaves(candidates: Sequence[Candidate]) -> list[VerifiedLeaf]:
    """The answers of which a verifier had something to say."""
    return [
        VerifiedLeaf(one.steps, outcome)
        for one in candidates
        if one.steps and (outcome := _of_verifier(one.outcome)) is not None
    ]


def _of_verifier(outcome: Verified) -> VerifierOutcome | None:
    worth = verified_reward(outcome)
    if worth is None:
        return None
    return VerifierOutcome(outcome.status == "ok", worth, outcome.how)


def _needed(candidates: tuple[Candidate, ...], chosen: Candidate) -> int:
    """Simulations until the answer was found that is given."""
    return next(n for n, one in enumerate(candidates, 1) if one.answer == chosen.answer)
