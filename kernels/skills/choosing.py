"""Chooses a skill for a prompt of a client, by patterns and by vectors side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q, QuerySet
from pgvector.django import CosineDistance

from kernels.encoder import Vector, encoder_digest, last_mean, recall
from kernels.skill_models import Skill, SkillVector
from kernels.skills.patterns import Patterned, PatternMatch, regex_choice
from kernels.skills.ranking import BestPart, Ranked, ranked, served_order, vector_choice
from kernels.skills.switching import serving_for
from trajectories.models import Client, Weight


@dataclass(frozen=True)
class Choice:
    """What both chose, and what is served of it."""

    serving: str
    by_regex: PatternMatch | None
    by_vector: Ranked | None
    order: tuple[Ranked, ...]  # as served
    nearest: Ranked | None  # the first by vectors, near enough or not
    cache_hit: bool

    @property
    def skill(self) -> str | None:
        """The skill that is served."""
        chosen = self.by_vector if self.serving == "vector" else self.by_regex
        return chosen.skill if chosen else None

    def as_json(self) -> dict[str, Any]:
        return {
            "serving": self.serving,
            "skill": self.skill,
            "regex": self.by_regex.as_json() if self.by_regex else None,
            "vector": self.by_vector.as_json() if self.by_vector else None,
            "cache_hit": self.cache_hit,
        }


def choose_skill(*, client: Client | None, prompt: str, without: UUID | None = None) -> Choice:
    """`without`: a trajectory whose own prompt is not to be found again."""
    skills, serving = visible_skills(client), serving_for(client)
    if not skills:
        return Choice(serving, None, None, (), None, False)
    layers, cache_hit = recall(prompt)
    by_regex = regex_choice(
        prompt, [Patterned(skill.name, tuple(skill.patterns)) for skill in skills.values()]
    )
    parts = _best_parts(skills, client, last_mean(layers[None])[0], without)
    ranking = ranked(parts, weights_of(client))
    return Choice(
        serving,
        by_regex,
        vector_choice(ranking, settings.KW_SKILL_MIN_COSINE),
        served_order(ranking, by_regex.skill if by_regex else None, serving),
        ranking[0] if ranking else None,
        cache_hit,
    )


def visible_skills(client: Client | None) -> dict[UUID, Skill]:
    """The active skills of a client by id: its own, and the shared ones of other names.

    Without a client, the shared ones.
    """
    rows = _active(client).order_by(F("client").desc(nulls_last=True), "name")
    by_name: dict[str, Skill] = {}
    for skill in rows.only("id", "client_id", "name", "intent", "patterns"):
        by_name.setdefault(skill.name, skill)
    return {skill.pk: skill for skill in by_name.values()}


def visible_skill(client: Client, name: str) -> Skill | None:
    """The active skill that this name means to a client."""
    named = _active(client).filter(name=name)
    return named.order_by(F("client").desc(nulls_last=True)).first()


def weights_of(client: Client | None) -> dict[str, float]:
    """By name of skill; what is not there was never rewarded."""
    if client is None:
        return {}
    return dict(Weight.objects.filter(client=client).values_list("skill", "value"))


def _active(client: Client | None) -> QuerySet[Skill]:
    return Skill.objects.filter(Q(client=client) | Q(client=None), active=True)


def _best_parts(
    skills: Mapping[UUID, Skill], client: Client | None, vector: Vector, without: UUID | None
) -> list[BestPart]:
    """Of each skill the nearest text; exact, so that the same prompt gives the same ranking."""
    rows = SkillVector.objects.filter(
        Q(client=client) | Q(client=None),
        skill__in=list(skills),
        encoder_digest=encoder_digest(),
    )
    if without is not None:
        rows = rows.filter(~Q(trajectory=without) | Q(trajectory=None))
    nearest = (
        rows.annotate(distance=CosineDistance("embedding", vector))
        .order_by("skill_id", "distance", "id")
        .distinct("skill_id")
        .values_list("skill_id", "part", "text", "distance")
    )
    return [
        BestPart(skills[pk].name, part, text, 1.0 - distance)
        for pk, part, text, distance in nearest
    ]
