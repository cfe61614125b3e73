"""What is noted of skills when trajectories of agents are scored: who would have chosen which, and
which prompts a skill did well on."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from kernels.models import Skill
from kernels.skills.shadowing import shadow_trajectory
from kernels.skills.triggers import note_trigger
from trajectories.models import Trajectory


def note_shadow_choices(*, among: Sequence[UUID]) -> None:
    """One record a trajectory, however often it is scored; nothing where there is no skill."""
    for trajectory in _of_agents(among):
        shadow_trajectory(trajectory=trajectory)


def note_triggers(*, among: Sequence[UUID]) -> None:
    """Call it when their scores are committed."""
    for trajectory in _of_agents(among):
        note_trigger(trajectory=trajectory)


def _of_agents(among: Sequence[UUID]) -> QuerySet[Trajectory]:
    found = Trajectory.objects.filter(pk__in=among, route=Trajectory.Route.AGENT)
    if not Skill.objects.filter(active=True).exists():
        return found.none()
    return found.select_related("client", "turn").order_by("created_at")
