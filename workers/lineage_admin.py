"""Where an answer comes from and what came of it, on its page; it can be retracted there."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from kernels.deciding_admin import DecidingAdmin, Decision
from training.lineage import Link, lineage_of
from trajectories.markup import link, moment, table, text_block
from trajectories.models import Retraction, Trajectory
from workers.retracting import retract_trajectory, retraction_of

PAGES = {
    "trajectory": "admin:trajectories_trajectory_change",
    "kernel": "admin:kernels_kernelversion_change",
    "exemplar": "admin:kernels_exemplar_change",
    "cache entry": "admin:kernels_cacheentry_change",
    "snapshot": "admin:training_snapshot_change",
    "adapter": "admin:training_adapter_change",
    "calibration": "admin:kernels_calibration_change",
    "skill": "admin:kernels_skill_change",
}
LINEAGE = ("Lineage", {"fields": ("shaped_by_shown", "shaped_shown", "retraction_shown")})


class LineageAdmin(DecidingAdmin[Trajectory]):
    """For trajectories."""

    decisions = {
        "retract": Decision(
            action="retract_selected",
            label="Retract, with a reason",
            verb="Retract",
            done="Retracted",
            applies_to=("open", "closed"),
            consequence="For good: nobody gets the answer again, nothing learns from it any more, "
            "and the kernels and nets that did are flagged.",
            decide=retract_trajectory,
            needs_reason=True,
            variant="danger",
        )
    }
    row_name = "trajectory"
    rows_name = "trajectories"
    decide_order = ("created_at",)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Trajectory | None:
        """With its lineage, which the page's fields are asked for more than once."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            vars(found).update(lineage=lineage_of(found), taken_back=retraction_of(found))
        return found

    @admin.display(description="shaped by")
    def shaped_by_shown(self, trajectory: Any) -> SafeString | None:
        return _links(trajectory.lineage.shaped_by)

    @admin.display(description="it shaped")
    def shaped_shown(self, trajectory: Any) -> SafeString | None:
        return _links(trajectory.lineage.shaped)

    @admin.display(description="retracted")
    def retraction_shown(self, trajectory: Any) -> SafeString | None:
        found: Retraction | None = trajectory.taken_back
        if found is None:
            return None
        effects = (f"{name.replace('_', ' ')}: {value}" for name, value in found.effects.items())
        who = found.user or "its client, or a command"
        own = found.trajectory_id == trajectory.pk
        source = () if own else (f"with the answer that it repeats, {found.trajectory_id}",)
        said = [f"{moment(found.at)} by {who}", *source, found.reason, *effects]
        return text_block("\n".join(said))

    def get_fieldsets(self, request: HttpRequest, obj: Trajectory | None = None) -> list:  # type: ignore[type-arg]
        return [*super().get_fieldsets(request, obj), LINEAGE]


def _links(found: Sequence[Link]) -> SafeString | None:
    rows = [[one.how, one.kind, _named(one)] for one in found]
    return table(["how", "what", ""], rows) if rows else None


def _named(one: Link) -> SafeString | str:
    """Weights and baselines have no page."""
    label = one.label or one.id
    return link(reverse(PAGES[one.kind], args=[one.id]), label) if one.kind in PAGES else label
