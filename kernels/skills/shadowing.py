"""Writes down what patterns and vectors chose for a prompt, whoever of them serves."""

from django.db import transaction

from kernels.shadow_models import ShadowRecord
from kernels.skills.choosing import Choice, choose_skill
from kernels.skills.shadow_rows import prompt_digest
from trajectories.markup import brief
from trajectories.models import Client, Trajectory
from trajectories.taps.redaction import redacted

BRIEF_CHARS = 120


def shadow_choice(
    *, client: Client, prompt: str, choice: Choice, trajectory: Trajectory | None = None
) -> ShadowRecord:
    """Stores one record; a trajectory has one, and keeps its first."""
    regex = choice.by_regex.skill if choice.by_regex else ""
    vector = choice.by_vector.skill if choice.by_vector else ""
    values = {
        "client": client,
        "prompt_digest": prompt_digest(prompt),
        "prompt_brief": brief(redacted(prompt)[0], BRIEF_CHARS),
        "by_regex": regex,
        "by_vector": vector,
        "cosine": choice.nearest.cosine if choice.nearest else None,
        "cache_hit": choice.cache_hit,
        "agreed": regex == vector,
    }
    if trajectory is None:
        return ShadowRecord.objects.create(**values)
    return ShadowRecord.objects.get_or_create(trajectory=trajectory, defaults=values)[0]


def shadow_trajectory(*, trajectory: Trajectory) -> ShadowRecord | None:
    """Chooses for the prompt of an agent's trajectory and stores it; None where there is no skill.

    Safe to repeat. Call it before the prompt is embedded for anything else, or the record says
    that its embedding was remembered; and outside of a transaction that holds other rows.
    """
    known = ShadowRecord.objects.filter(trajectory=trajectory).first()
    if known is not None:
        return known
    client, prompt = trajectory.client, trajectory.prompt
    choice = choose_skill(client=client, prompt=prompt, without=trajectory.pk)
    if choice.nearest is None and choice.by_regex is None:
        return None
    with transaction.atomic():
        return shadow_choice(client=client, prompt=prompt, choice=choice, trajectory=trajectory)
