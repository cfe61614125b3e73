"""The labelling queue in the admin: who should have answered, and scores of steps."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from training.labels.forms import RightWorkerForm, StepScoresForm, step_names, steps_form
from training.labels.models import LabelItem
from training.labels.queue import AlreadyLabelled, label_steps, label_worker, skip_item
from trajectories.admin_base import ModelAdmin
from trajectories.markup import Tone, badge, brief, link, table, text_block
from trajectories.models import SearchRecord
from trajectories.record_admin import RecordAdmin

State = LabelItem.State
TONES: dict[str, Tone] = {State.OPEN: "warning", State.DONE: "success", State.SKIPPED: ""}
LIST = "admin:training_labelitem_changelist"
PAGE = "admin:training_labelitem_change"


class LabelItemAdmin(RecordAdmin[LabelItem]):
    list_display = ("prompt_brief", "label", "picked_by", "reason", "state_badge", "created_at")
    list_filter = ("state", "label", "picked_by")
    list_select_related = ("trajectory",)
    id_fields = ("trajectory_id",)
    search_fields = ("trajectory__prompt", "reason")
    heavy_fields = ("trajectory__embedding",)
    actions = ("confirm_selected", "skip_selected")
    shown = (
        "state_badge",
        "label",
        "reason",
        "prompt_shown",
        "worker_shown",
        "answer_shown",
        "steps_shown",
        "search_link",
        "labelled_by",
        "labelled_at",
    )
    readonly_fields = shown

    def has_change_permission(self, request: HttpRequest, obj: LabelItem | None = None) -> bool:
        is_open = obj is None or obj.state == State.OPEN
        return is_open and ModelAdmin.has_change_permission(self, request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: LabelItem | None = None) -> Any:
        parts: list[Any] = [("Asked", {"fields": self.shown})]
        if obj is not None and self.has_change_permission(request, obj):
            parts.append(("Label", {"fields": _asked_fields(obj)}))
        return parts

    def get_form(
        self,
        request: HttpRequest,
        obj: LabelItem | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[forms.ModelForm[LabelItem]]:
        if obj is not None and self.has_change_permission(request, obj):
            asks_worker = obj.label == "worker"
            kwargs["form"] = RightWorkerForm if asks_worker else steps_form(len(_search(obj).steps))
        return super().get_form(request, obj, change, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        obj: LabelItem,
        form: forms.ModelForm[LabelItem],
        change: bool,
    ) -> None:
        user = _user(request)
        if isinstance(form, StepScoresForm):
            label_steps(item=obj, scores=form.scores(), user=user)
        else:
            label_worker(item=obj, worker=form.cleaned_data["right_worker"], user=user)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except AlreadyLabelled as error:
            messages.error(request, error.detail)
            return HttpResponseRedirect(reverse(LIST))

    def response_change(self, request: HttpRequest, obj: LabelItem) -> HttpResponse:
        """On to the next one of the queue."""
        messages.success(request, "The label is recorded.")
        following = LabelItem.objects.filter(state=State.OPEN).order_by("pk").first()
        url = reverse(PAGE, args=[following.pk]) if following else reverse(LIST)
        return HttpResponseRedirect(url)

    @admin.action(description="The worker that answered is right", permissions=["change"])
    def confirm_selected(self, request: HttpRequest, queryset: QuerySet[LabelItem]) -> None:
        def confirm(item: LabelItem) -> None:
            label_worker(item=item, worker=_search(item).worker, user=_user(request))

        asked = list(queryset.filter(label="worker"))
        done = self._each(request, asked, confirm, "The worker that answered is right.")
        messages.success(request, f"Labelled: {done}, of those that ask for the worker.")

    @admin.action(description="Skip", permissions=["change"])
    def skip_selected(self, request: HttpRequest, queryset: QuerySet[LabelItem]) -> None:
        def skip(item: LabelItem) -> None:
            skip_item(item=item, user=_user(request))

        messages.success(
            request, f"Skipped: {self._each(request, list(queryset), skip, 'Skipped.')}."
        )

    def _each(
        self,
        request: HttpRequest,
        items: Sequence[LabelItem],
        decide: Callable[[LabelItem], None],
        told: str,
    ) -> int:
        """Decides about each that still waits, and says how many did not; how many did."""
        done = 0
        for item in items:
            try:
                decide(item)
            except AlreadyLabelled:
                continue
            done += 1
            self.log_change(request, item, told)
        if done < len(items):
            messages.warning(request, f"Labelled or skipped already: {len(items) - done}.")
        return done

    @admin.display(description="prompt")
    def prompt_brief(self, item: LabelItem) -> str:
        return brief(item.trajectory.prompt, 80) or "(empty)"

    @admin.display(description="state", ordering="state")
    def state_badge(self, item: LabelItem) -> SafeString:
        return badge(item.state, TONES[item.state])

    @admin.display(description="prompt")
    def prompt_shown(self, item: LabelItem) -> SafeString:
        return text_block(item.trajectory.prompt)

    @admin.display(description="worker that answered")
    def worker_shown(self, item: LabelItem) -> str:
        search = _search(item)
        likely = sorted(search.probabilities.items(), key=lambda pair: -pair[1])
        chances = ", ".join(f"{name} {share:.2f}" for name, share in likely)
        return f"{search.worker} (router: {chances})"

    @admin.display(description="answer")
    def answer_shown(self, item: LabelItem) -> SafeString:
        return text_block(item.trajectory.output_text)

    @admin.display(description="steps, with their scores")
    def steps_shown(self, item: LabelItem) -> SafeString:
        search = _search(item)
        pairs = zip(search.steps, search.step_scores, strict=True)
        rows = [[str(n), text_block(step), f"{s:.2f}"] for n, (step, s) in enumerate(pairs, 1)]
        return table(["", "step", "score"], rows)

    @admin.display(description="search")
    def search_link(self, item: LabelItem) -> SafeString:
        pk = _search(item).pk
        return link(reverse("admin:trajectories_searchrecord_change", args=[pk]), "all its steps")


def open_labels(request: HttpRequest) -> int:
    """How many answers wait for a label; the sidebar shows it."""
    return LabelItem.objects.filter(state=State.OPEN).count()


def _asked_fields(item: LabelItem) -> list[str]:
    return ["right_worker"] if item.label == "worker" else step_names(len(_search(item).steps))


def _search(item: LabelItem) -> SearchRecord:
    return SearchRecord.objects.defer("tree").get(trajectory=item.trajectory_id)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin lets nobody else in
    return request.user
