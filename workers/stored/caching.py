"""Writes the cache of searched answers: entries (row KA9), and each time one is given again."""

from kernels.models import CacheEntry, CacheHit
from trajectories.models import Feedback, SearchRecord, Trajectory
from workers.answer import Answer
from workers.experts import judged, rederiving
from workers.request import ChatRequest
from workers.stored.exact import oldest, pins_of

JUDGES = (judged.HOW, rederiving.HOW)  # a model passed it, and nothing else did


def cache_search(*, trajectory: Trajectory, record: SearchRecord, request: ChatRequest) -> None:
    """Keeps a search's answer, if it passed, and if its question may be answered again.

    What only a judge passed, of a worker that was named or chosen at random, is kept for those who
    name the worker: nobody else would have been answered by it.
    """
    if trajectory.verified:
        by_judge = record.checked_by in JUDGES and not _held_to_conditions(trajectory)
        _keep(trajectory, record, request, only_named=by_judge and record.alone)


def cache_confirmed(*, trajectory: Trajectory) -> None:
    """Keeps a search's answer that nothing could check and a person calls right.

    One that somebody denied before is not kept, whatever they say now.
    """
    record = SearchRecord.objects.filter(trajectory=trajectory).first()
    denied = Feedback.objects.filter(Feedback.DENIALS, trajectory=trajectory).exists()
    if record is not None and trajectory.verified is None and not denied:
        _keep(trajectory, record, ChatRequest.model_validate(trajectory.answered_run.request))


def _held_to_conditions(trajectory: Trajectory) -> bool:
    """Whether a condition of the app itself held."""
    return any(one["kind"] != "worker" and one["status"] == "ok" for one in trajectory.checks)


def _keep(
    trajectory: Trajectory, record: SearchRecord, request: ChatRequest, *, only_named: bool = False
) -> None:
    if not trajectory.question_digest:
        return
    CacheEntry.objects.get_or_create(
        trajectory=trajectory,
        defaults={
            "client_id": trajectory.client_id,
            "worker": record.worker,
            "strategy": record.strategy,
            "only_named": only_named,
            "pins": pins_of(request),
            "max_tokens": request.max_tokens,
            "embedding": trajectory.embedding,
            "encoder_digest": trajectory.encoder_digest,
        },
    )
    # What is too old is not given again in any case, and would only be in the way of what is near.
    CacheEntry.objects.filter(
        client_id=trajectory.client_id,
        state=CacheEntry.State.LIVE,
        trajectory__created_at__lt=oldest(),
    ).update(state=CacheEntry.State.ENDED, ended_because="It is older than KW_REUSE_MAX_AGE_S.")


def record_hit(*, trajectory: Trajectory, answer: Answer) -> None:
    """Counts a reuse of an entry; answers that are no search's have none."""
    entry = CacheEntry.objects.filter(trajectory=answer.reused).first()
    if entry is not None:
        CacheHit.objects.create(
            entry=entry,
            trajectory=trajectory,
            worker=entry.worker,
            near=answer.cosine is not None,
            cosine=answer.cosine,
        )
