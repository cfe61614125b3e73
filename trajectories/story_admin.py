"""Trajectories in the admin: each one's page tells its request as a story."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from trajectories.markup import Tone, badge, brief, json_block, link, text_block, verdict
from trajectories.models import AgentTurn, Event, SearchRecord, SignedReceipt, Trajectory
from trajectories.story.agents import seen_block
from trajectories.story.checks import check_table, checks_block
from trajectories.story.headline import agent_headline, headline, kernel_link, source_link
from trajectories.story.page import StoryAdmin
from trajectories.story.receipt import receipt_block
from trajectories.story.reward import reward_block
from trajectories.story.route import decision_parts
from trajectories.story.searched import search_section, searched_by, steps_block
from trajectories.story.section import Section, said
from trajectories.story.steps import Path
from trajectories.story.timeline import timeline

Route = Trajectory.Route
ROUTE_TONES: dict[str, Tone] = {
    Route.KERNEL: "primary",
    Route.GENERATION: "info",
    Route.REUSE: "success",
    Route.SEARCH: "warning",
    Route.AGENT: "",
}
MOST_EVENTS = 100  # on a page
MOST_CHECKS = 100


class TrajectoryAdmin(StoryAdmin[Trajectory]):
    list_display = (
        "prompt_brief",
        "client",
        "route_badge",
        "kernel_name",
        "verified_badge",
        "tokens",
        "duration",
        "reward_shown",
        "created_at",
        "retracted_at",
    )
    list_filter = ("route", "verified", ("retracted_at", admin.EmptyFieldListFilter), "client")
    list_select_related = ("client",)
    paginator = InfinitePaginator
    id_fields = ("pk", "run_id", "kernel_version")
    search_fields = ("prompt",)
    search_help_text = "Words of a prompt, or the id of a trajectory, a run or a kernel version."
    heavy_fields = ("embedding",)
    downloads = {"receipt": ".json"}
    fieldsets = (
        (
            "Record",
            {
                "fields": ("id", "run", "signature", "encoder_digest", "plain", "created_at"),
                "classes": ("collapse",),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trajectory]:
        """A page's row comes with what stands beside it, in one query."""
        found = super().get_queryset(request)
        if request.resolver_match and "object_id" in request.resolver_match.kwargs:
            return found.select_related("run", "client", "receipt", "turn__session").defer(
                "embedding", "run__embedding"
            )
        return found

    def story(self, request: HttpRequest, row: Trajectory) -> list[Section]:
        record = SearchRecord.objects.filter(trajectory=row).first()
        sections = [
            Section("story", "In short", (("", self.in_short(row, record)),)),
            Section("answer", "Asked and answered", tuple(self._asked_and_answered(row))),
        ]
        if row.run is not None:
            told = decision_parts(row.run.decision, route=row.route, reason=row.route_reason)
            sections.append(Section("route", "Route decision", told + self.more_of_route(row)))
        if turn := turn_of(row):
            sections.append(Section("seen", "Seen of the agent", (("", seen_block(turn)),)))
        sections.append(Section("events", "Events", (("", self._events(request, row)),)))
        if record is not None:
            rated = self.rated_steps(row)
            steps = ("Steps of the answer", self.steps(request, row, record, rated))
            searched = search_section(record, rated, self.address_of(row, "tree"))
            sections.append(searched.with_parts(steps))
        if turn is None:
            sections.append(Section("checks", "Checks", self._checks(row)))
            receipt: SignedReceipt | None = getattr(row, "receipt", None)
            shown = receipt_block(receipt, row, self.address_of(row, "receipt"))
            sections.append(Section("receipt", "Receipt", (("", shown),)))
        return [*sections, Section("reward", "Reward", (("", reward_block(row)),))]

    def in_short(self, row: Trajectory, record: SearchRecord | None) -> SafeString:
        """The first sentence."""
        if turn := turn_of(row):
            return agent_headline(row, turn)
        return headline(row, self.answered_by(row, record))

    def answered_by(self, row: Trajectory, record: SearchRecord | None) -> SafeString:
        """Who or what answered, with links; floors above know more of them."""
        if row.route == Route.KERNEL and row.kernel_version is not None:
            return format_html("the kernel {}", kernel_link(row, self.version_number(row)))
        if row.route == Route.REUSE:
            return format_html("the stored answer of {}", source_link(row))
        if record is not None:
            return searched_by(record)
        return format_html("the model {}", row.model or "(unnamed)")

    def version_number(self, row: Trajectory) -> int | None:
        """Of the kernel that answered, as the route decision has it."""
        candidates = (row.run.decision if row.run else {}).get("candidates") or ()
        own = str(row.kernel_version)
        return next((one["version"] for one in candidates if one["version_id"] == own), None)

    def more_of_route(self, row: Trajectory) -> tuple[tuple[str, SafeString], ...]:
        """What floors above add to the route decision."""
        return ()

    def rated_steps(self, row: Trajectory) -> Mapping[Path, float]:
        """People's scores, by the path to a step; floors above know them."""
        return {}

    def steps(
        self,
        request: HttpRequest,
        row: Trajectory,
        record: SearchRecord,
        rated: Mapping[Path, float],
    ) -> SafeString:
        """The steps of the given answer."""
        return steps_block(record)

    def whole(self, row: Trajectory, part: str) -> str | None:
        if part.startswith("event-"):
            number = part.removeprefix("event-")
            events = row.events.filter(sequence=number) if number.isdecimal() else ()
            return next((_json(event.payload) for event in events), None)
        if part == "tree":
            record = SearchRecord.objects.filter(trajectory=row).first()
            return _json(record.trees()) if record else None
        if part == "receipt":
            receipt: SignedReceipt | None = getattr(row, "receipt", None)
            return receipt.file if receipt else None
        texts = {"prompt": row.prompt, "system": row.system, "output": row.output_text}
        return texts.get(part)

    def _asked_and_answered(self, row: Trajectory) -> list[tuple[str, SafeString]]:
        parts = [("Prompt", text_block(row.prompt, whole=self.address_of(row, "prompt")))]
        if row.system:
            system = text_block(row.system, whole=self.address_of(row, "system"))
            parts.append(("System prompt", system))
        if row.output_schema is not None:
            parts.append(("Requested schema", json_block(row.output_schema)))
        whole = self.address_of(row, "output")
        if row.output is None:
            output = text_block(row.output_text or "(nothing)", whole=whole)
        else:
            output = json_block(row.output, whole=whole)
        return [*parts, ("Answer", output)]

    def _checks(self, row: Trajectory) -> tuple[tuple[str, SafeString], ...]:
        """Those of the answer, then those of attempts that were not given."""
        found = row.events.filter(kind=Event.Kind.VERIFICATION, payload__has_key="status")
        ran = list(found.order_by("sequence").values_list("payload", flat=True)[:MOST_CHECKS])
        answer = ("", checks_block(row.checks, row.verified))
        if len(ran) <= len(row.checks):
            return (answer,)
        return (answer, ("Every check that ran, in order", check_table(ran)))

    def _events(self, request: HttpRequest, row: Trajectory) -> SafeString:
        wanted = request.GET.get("events", "")
        start = min(int(wanted[:9]), 10**9) if wanted.isdecimal() else 0
        found = list(row.events.order_by("sequence", "pk")[start : start + MOST_EVENTS + 1])
        if not found:
            return said("No events are kept: none were observed, or they are past their time.")
        shown = found[:MOST_EVENTS]
        begun = row.run.created_at if row.run else row.created_at
        drawn = timeline(begun, row.run, shown, lambda event: self._event_address(row, event))
        return format_html("{}{}", drawn, _pages(start, len(found) > MOST_EVENTS))

    def _event_address(self, row: Trajectory, event: Event) -> str:
        return self.address_of(row, f"event-{event.sequence}")

    @admin.display(description="prompt")
    def prompt_brief(self, trajectory: Trajectory) -> str:
        return brief(trajectory.prompt, 80) or "(empty)"

    @admin.display(description="route", ordering="route")
    def route_badge(self, trajectory: Trajectory) -> SafeString:
        return badge(trajectory.route, ROUTE_TONES[trajectory.route])

    @admin.display(description="verified", ordering="verified")
    def verified_badge(self, trajectory: Trajectory) -> SafeString:
        return verdict(trajectory.verified)

    @admin.display(description="tokens")
    def tokens(self, trajectory: Trajectory) -> int:
        return trajectory.prompt_tokens + trajectory.completion_tokens

    @admin.display(description="duration", ordering="duration_ms")
    def duration(self, trajectory: Trajectory) -> str:
        return f"{trajectory.duration_ms:,.0f} ms"

    @admin.display(description="reward", ordering="reward")
    def reward_shown(self, trajectory: Trajectory) -> str:
        return "-" if trajectory.reward is None else f"{trajectory.reward:.2f}"


def turn_of(row: Trajectory) -> AgentTurn | None:
    """None for a request."""
    found: AgentTurn | None = getattr(row, "turn", None)
    return found


def _pages(start: int, more: bool) -> SafeString:
    """Links to the events before and behind these."""
    before, behind = max(0, start - MOST_EVENTS), start + MOST_EVENTS
    links = [link(f"?events={before}#events", "Earlier events")] if start else []
    links += [link(f"?events={behind}#events", "Later events")] if more else []
    return format_html("<p>{}</p>", SafeString(" · ".join(links))) if links else SafeString("")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
