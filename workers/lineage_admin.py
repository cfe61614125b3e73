"""Where an answer comes from and what came of it, on its page; it can be retracted there."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernels.deciding_admin import DecidingAdmin, Decision
from kernels.models import CacheHit
from training.lineage import Link, lineage_of
from trajectories.markup import link, moment, table, text_block
from trajectories.models import Retraction, SearchRecord, Trajectory
from trajectories.story.page import after
from trajectories.story.section import Section, said
from trajectories.story_admin import TrajectoryAdmin
from workers.retracting import retract_trajectory, retraction_of
from workers.route_slots import slots_part

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


class LineageAdmin(DecidingAdmin[Trajectory], TrajectoryAdmin):
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

    def story(self, request: HttpRequest, row: Any) -> list[Section]:
        sections = super().story(request, row)
        parts = [
            ("What shaped it", _links(row.lineage.shaped_by) or said("Nothing that is kept.")),
            ("What it shaped", _links(row.lineage.shaped) or said("Nothing so far.")),
        ]
        if row.taken_back is not None:
            parts.append(("Retracted", _retraction(row, row.taken_back)))
        elif "retract" in self.decisions_for(request, row):
            url = reverse("admin:trajectories_trajectory_decide", args=[row.pk, "retract"])
            parts.append(("", said(link(url, "Retract it, with a reason"))))
        return after(sections, "receipt", Section("lineage", "Lineage", tuple(parts)))

    def more_of_route(self, row: Trajectory) -> tuple[tuple[str, SafeString], ...]:
        return slots_part(row)

    def answered_by(self, row: Trajectory, record: SearchRecord | None) -> SafeString:
        """With the cache entry that was hit, and the adapter that wrote."""
        named = super().answered_by(row, record)
        if row.route == Trajectory.Route.REUSE:
            hit = CacheHit.objects.filter(trajectory=row).first()
            return format_html("{} ({})", named, _hit(hit)) if hit else named
        if row.adapter:
            written = [one for one in vars(row)["lineage"].shaped_by if one.kind == "adapter"]
            adapter = _named(written[0]) if written else row.adapter
            return format_html("{} with the adapter {}", named, adapter)
        return named


def _hit(hit: CacheHit) -> SafeString:
    how = "nearly the same question" if hit.near else "the same question"
    cosine = f", cosine {hit.cosine:.3f}" if hit.cosine is not None else ""
    entry = link(reverse(PAGES["cache entry"], args=[hit.entry_id]), "cache entry")
    return format_html("{}, {}{}", entry, how, cosine)


def _retraction(row: Trajectory, found: Retraction) -> SafeString:
    effects = (f"{name.replace('_', ' ')}: {value}" for name, value in found.effects.items())
    who = found.user or "its client, or a command"
    own = found.trajectory_id == row.pk
    source = () if own else (f"with the answer that it repeats, {found.trajectory_id}",)
    lines = [f"by {who}", *source, found.reason, *effects]
    return format_html("{}{}", moment(found.at), text_block("\n".join(lines)))


def _links(found: Sequence[Link]) -> SafeString | None:
    rows = [[one.how, one.kind, _named(one)] for one in found]
    return table(["how", "what", ""], rows) if rows else None


def _named(one: Link) -> SafeString | str:
    """Weights and baselines have no page."""
    label = one.label or one.id
    return link(reverse(PAGES[one.kind], args=[one.id]), label) if one.kind in PAGES else label
