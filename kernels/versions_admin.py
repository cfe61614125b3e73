"""Versions in the admin: the candidate queue, and a page for each."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from kernels.agreement import agreement_words
from kernels.models import KernelVersion, ReviewAction, SecondReview
from kernels.replay_words import worth_brief
from kernels.review_history import history_of
from kernels.review_page import review_sections
from kernels.reviewing_admin import PAGE, ReviewingAdmin
from kernels.second_review import verdict_pairs
from kernels.second_words import SecondShown, asked_of, second_shown
from kernels.undoing import undo_words
from trajectories.admin_base import user_of
from trajectories.markup import Tone, badge, json_block, link
from trajectories.record_admin import RecordAdmin

STATE_TONES: dict[str, Tone] = {
    KernelVersion.State.CANDIDATE: "warning",
    KernelVersion.State.LIVE: "success",
    KernelVersion.State.RETIRED: "",
    KernelVersion.State.REJECTED: "danger",
    KernelVersion.State.QUARANTINED: "danger",
}
HEAVY = ("version__description_embedding", "version__spec", "version__evidence")
DECIDE = "admin:kernels_kernelversion_decide"
NEIGHBOURS = 200  # candidates among which the page leads to the next


@admin.register(KernelVersion)
class KernelVersionAdmin(ReviewingAdmin, RecordAdmin[KernelVersion]):
    list_display = (
        "name",
        "state_badge",
        "value_shown",
        "confidence_shown",
        "record_shown",
    )
    list_filter = ("state", "kernel__family", "kernel__client")
    list_select_related = ("kernel__client",)
    # Candidates come first, by the alphabet; of them those that are worth most.
    ordering = ("state", F("expected_value").desc(nulls_last=True), "-confidence")
    search_fields = ("kernel__name", "kernel__family")
    id_fields = ("pk", "kernel_id")
    search_help_text = "A kernel's name or family, or the id of a version or a kernel."
    heavy_fields = ("description_embedding",)
    list_before_template = "kernels/review_queue.html"
    change_form_outer_before_template = "kernels/review_page.html"
    fieldsets = (
        (
            "Identity",
            {
                "fields": (
                    "id",
                    "kernel",
                    "number",
                    "edited_from",
                    "digest",
                    "encoder_digest",
                    "profile_shown",
                    "created_at",
                    "decided_at",
                ),
                "classes": ("collapse",),
            },
        ),
    )

    class Media:
        js = ("kernels/review_keys.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[KernelVersion]:
        asked = SecondReview.objects.filter(version=OuterRef("pk"), state=SecondReview.State.OPEN)
        found = super().get_queryset(request).select_related("kernel__client")
        return found.annotate(second_open=Exists(asked))

    def get_list_display(self, request: HttpRequest) -> Any:
        """With links to the decisions, for those who may take them."""
        own = super().get_list_display(request)
        deciding = ("decide_links",) if self.has_review_permission(request) else ()
        return (*own, *deciding, "created_at")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        page: dict[str, Any] = {"agreement": agreement_words(verdict_pairs())}
        if self.has_review_permission(request):
            user = user_of(request)
            page |= {"second_asked": asked_of(user), **_my_last(user.pk)}
        return super().changelist_view(request, page | (extra_context or {}))

    def shown_with(self, request: HttpRequest, row: KernelVersion) -> dict[str, Any]:
        may = self.has_review_permission(request)
        replays = list(row.replays.all()[:5])
        second, history = second_shown(row, user_of(request)), history_of(row)
        return {
            **super().shown_with(request, row),
            "title": str(row),
            "sections": review_sections(row, replays),
            "state_badge": self.state_badge(row),
            "decisions": self._open_decisions(request, row, second),
            "review_links": _links(row, second) if may else (),
            "replay": replays[0] if replays else None,
            "may_replay": may and not (replays and replays[0].is_open),
            "second": second,
            "history": history,
            "may_undo": may,
            "last_undo": next((one for one in history if one.undo), None) if may else None,
            "shortcuts": True,
            **_beside(row),
            **self.page_names(),
        }

    def _open_decisions(
        self, request: HttpRequest, version: KernelVersion, second: SecondShown | None
    ) -> dict[str, Any]:
        """None while a second verdict is waited for."""
        if second is not None and second.is_open:
            return {}
        return self.decisions_for(request, version)

    @admin.display(description="version", ordering="kernel__name")
    def name(self, version: KernelVersion) -> SafeString:
        return format_html(
            '{} v{}<br><span class="text-xs">{}, for {}</span>',
            version.kernel.name,
            version.number,
            version.kernel.family,
            version.kernel.client or "everybody",
        )

    @admin.display(description="state", ordering="state")
    def state_badge(self, version: KernelVersion) -> SafeString:
        return badge(version.state, STATE_TONES[version.state])

    @admin.display(description="expected value", ordering=F("expected_value").desc(nulls_last=True))
    def value_shown(self, version: KernelVersion) -> SafeString | str:
        if version.value or version.state == KernelVersion.State.CANDIDATE:
            return worth_brief(version.value, version.expected_value)
        return "not computed"

    @admin.display(description="confidence", ordering="confidence")
    def confidence_shown(self, version: KernelVersion) -> str:
        return f"{version.confidence:.2f}"

    @admin.display(description="passed, failed", ordering="passes")
    def record_shown(self, version: KernelVersion) -> str:
        return f"{version.passes}, {version.failures}"

    @admin.display(description="decide")
    def decide_links(self, version: Any) -> SafeString:
        if version.second_open:
            second = reverse("admin:kernels_kernelversion_second", args=[version.pk])
            return link(second, "waits for a second verdict")
        links = [
            (decision.key, reverse(DECIDE, args=[version.pk, name]), decision.verb)
            for name, decision in self.open_to(version).items()
        ]
        return format_html_join(
            SafeString("<br>"),
            '<a class="text-link" style="white-space: nowrap" data-key="{}" href="{}">{}</a>',
            [*links, *_links(version, None)],
        )

    @admin.display(description="profile")
    def profile_shown(self, version: KernelVersion) -> SafeString:
        return json_block(version.profile)


def _links(version: KernelVersion, second: SecondShown | None) -> list[tuple[str, str, str]]:
    """Key, address and label of what can be done besides deciding."""
    edit = reverse("admin:kernels_kernelversion_edit_contract", args=[version.pk])
    found = [("e", edit, "Edit contract")]
    if version.state == KernelVersion.State.CANDIDATE and not (second and second.is_open):
        ask = reverse("admin:kernels_kernelversion_second", args=[version.pk])
        found.append(("s", ask, "Second reviewer"))
    return found


def _my_last(user_id: int) -> dict[str, Any]:
    """The user's last decision, if it can be taken back."""
    mine = ReviewAction.objects.exclude(changes=[]).filter(user=user_id)
    last = mine.select_related("version__kernel").defer(*HEAVY).order_by("-pk").first()
    words = undo_words(last) if last is not None else ""
    return {"my_last": last, "my_last_undo": words} if words else {}


def _beside(version: KernelVersion) -> dict[str, str]:
    """The pages of the candidates before and after it in the queue."""
    if version.state != KernelVersion.State.CANDIDATE:
        return {}
    waiting = KernelVersion.objects.filter(state=KernelVersion.State.CANDIDATE)
    order = (F("expected_value").desc(nulls_last=True), "-confidence", "-pk")
    ids = list(waiting.order_by(*order).values_list("pk", flat=True)[:NEIGHBOURS])
    at = ids.index(version.pk) if version.pk in ids else -1
    found = {}
    if at > 0:
        found["previous_url"] = reverse(PAGE, args=[ids[at - 1]])
    if 0 <= at < len(ids) - 1:
        found["next_url"] = reverse(PAGE, args=[ids[at + 1]])
    return found
