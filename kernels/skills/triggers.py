"""Prompts that a skill did well on, as texts that it is found by."""

from django.db import transaction

from kernels.encoder import embed, encoder_digest
from kernels.skill_models import Skill, SkillVector
from kernels.skills.choosing import visible_skill
from kernels.skills.skill_file import MOST_ITEM_CHARS
from trajectories.models import Trajectory

MOST_TRIGGERS = 20  # of a skill and a client; those with the greatest advantage


def note_trigger(*, trajectory: Trajectory) -> SkillVector | None:
    """Takes the prompt of a scored trajectory up among its skill's, or out; the row, if it is in.

    Safe to repeat, as often as the trajectory is scored. It locks the skill: call it after the
    scores are committed, a trajectory at a time.
    """
    turn = getattr(trajectory, "turn", None)
    skill = visible_skill(trajectory.client, turn.skill) if turn and turn.skill else None
    if skill is None or trajectory.advantage is None or trajectory.advantage <= 0:
        SkillVector.objects.filter(trajectory=trajectory).delete()
        return None
    text = trajectory.prompt[:MOST_ITEM_CHARS]
    if not text.strip():
        return None
    known = trajectory.encoder_digest == encoder_digest() and trajectory.embedding is not None
    values = {
        "skill": skill,
        "part": SkillVector.Part.TRIGGER,
        "text": text,
        "embedding": trajectory.embedding if known else embed(trajectory.prompt),
        "encoder_digest": encoder_digest(),
        "client": trajectory.client,
        "advantage": trajectory.advantage,
    }
    with transaction.atomic():
        Skill.objects.select_for_update().get(pk=skill.pk)
        row, _ = SkillVector.objects.update_or_create(trajectory=trajectory, defaults=values)
        dropped = _beyond_the_best(row)
        SkillVector.objects.filter(pk__in=dropped).delete()
    return None if row.pk in dropped else row


def _beyond_the_best(row: SkillVector) -> list[int]:
    """Learned prompts of the same skill and client that are said better, or are one too many."""
    learned = SkillVector.objects.filter(skill=row.skill, client=row.client).exclude(
        trajectory=None
    )
    kept: set[str] = set()
    dropped = []
    for pk, text in learned.order_by("-advantage", "id").values_list("pk", "text"):
        if text in kept or len(kept) == MOST_TRIGGERS:
            dropped.append(pk)
        else:
            kept.add(text)
    return dropped
