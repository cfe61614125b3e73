"""What the next prompt of an agent's session says of the answer before it (row KR11)."""

from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

import numpy as np
from django.db.models import Exists, OuterRef, Q, Subquery

from kernels.encoder import embed_all, encoder_digest
from kernels.reuse.near import differences_of_meaning
from kernels.reuse.question import question
from trajectories.corrections.detecting import Direction, Vectors, corrections, fit_direction
from trajectories.corrections.redoing import asks_again
from trajectories.models import AgentTurn, Trajectory

COMPARED = 2000  # characters of a prompt, up to which questions are compared word by word
# One that was opened without a prompt says nothing yet.
_FOLLOWING = AgentTurn.objects.filter(
    session=OuterRef("session"), place=OuterRef("place") + 1
).exclude(trajectory__prompt="")
_UNHEARD = Q(corrected=None) | Q(redone=None)


def unjudged() -> Exists:
    """Of a trajectory: the session's next prompt is there, and was not held to it yet."""
    turns = AgentTurn.objects.filter(_UNHEARD, Exists(_FOLLOWING), trajectory=OuterRef("pk"))
    return Exists(turns)


def judge_next_prompts(*, among: Sequence[UUID]) -> None:
    """Embeds those prompts that are not yet, and notes which answers were corrected or redone.

    All in one batch, and in no transaction: a tap never waits for the encoder. What somebody said
    of a correction stays. `among` are ids of trajectories; those of requests are left out.
    """
    turns = list(
        AgentTurn.objects.filter(trajectory__in=among)
        .annotate(following=Subquery(_FOLLOWING.values("trajectory")[:1]))
        .values_list("trajectory", "following", "corrected", "redone")
    )
    next_of = {
        pk: following
        for pk, following, corrected, redone in turns
        if following is not None and (corrected is None or redone is None)
    }
    prompts, vectors = _embedded({pk for pk, *_ in turns}, set(next_of.values()))
    if not next_of:
        return
    following_vectors = np.stack([vectors[following] for following in next_of.values()])
    said = corrections(
        [prompts[following] for following in next_of.values()], following_vectors, direction()
    )
    for (pk, following), correction in zip(next_of.items(), said, strict=True):
        turn = AgentTurn.objects.filter(pk=pk)
        turn.filter(corrected=None).update(
            corrected=correction.corrects, corrected_by=correction.why
        )
        cosine = float(vectors[pk] @ vectors[following])
        again = is_same_again(prompts[following], prompts[pk], cosine)
        turn.filter(redone=None).update(redone=again)


@lru_cache(maxsize=1)
def direction() -> Direction:
    """Fitted once a process: it embeds the examples."""
    return fit_direction(embed_many)


def embed_many(texts: Sequence[str]) -> Vectors:
    """(n, 384), each of length 1."""
    return np.stack(embed_all(texts))


def _embedded(mine: set[UUID], following: set[UUID]) -> tuple[dict[UUID, str], dict[UUID, Vectors]]:
    """Prompts and their vectors by trajectory; `mine` keep theirs, if they have none."""
    rows = Trajectory.objects.filter(pk__in=mine | following)
    prompts: dict[UUID, str] = {}
    vectors: dict[UUID, Vectors] = {}
    for pk, prompt, embedding, digest in rows.values_list(
        "pk", "prompt", "embedding", "encoder_digest"
    ):
        prompts[pk] = prompt
        if embedding is not None and digest == encoder_digest():
            vectors[pk] = np.asarray(embedding, dtype=np.float32)
    missing = [pk for pk in prompts if pk not in vectors]
    if missing:
        found = embed_many([prompts[pk] for pk in missing])
        vectors |= dict(zip(missing, found, strict=True))
    for pk in mine.intersection(missing):
        Trajectory.objects.filter(pk=pk, embedding=None).update(
            embedding=vectors[pk], encoder_digest=encoder_digest()
        )
    return prompts, vectors


def is_same_again(prompt: str, before: str, cosine: float) -> bool:
    """Whether a prompt asks the same as the one before, compared word by word where that is short.

    `cosine` is that of their embeddings.
    """
    short = max(len(prompt), len(before)) <= COMPARED
    same = short and not differences_of_meaning(question(before), question(prompt))
    return asks_again(prompt, before, cosine=cosine, same_question=same)
