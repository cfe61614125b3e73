"""What waits for a person: how many there are of each kind, and where they are decided about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from kernels.models import Composition, KernelVersion, NearReuse, SecondReview
from kernels.second_review import PERMISSION
from kernels.second_words import waiting_for
from training.models import LabelItem, LoraRun, NightlyPlan, NightlyStep, ReviewItem
from trajectories.admin_base import user_of
from trajectories.models import Run

MOST = 1000  # that are counted
LATELY = timedelta(days=7)
JUST_NOW = timedelta(days=1)


@dataclass(frozen=True)
class Kind:
    """Rows that wait. `listed`: the model whose list shows them, with what is asked of the list."""

    one: str
    many: str
    icon: str
    rows: Callable[[User], QuerySet[Any]]
    listed: type[Model]
    query: Callable[[], str]
    is_trouble: bool = False

    def may_be_seen(self, request: HttpRequest) -> bool:
        meta = self.listed._meta
        return request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}")

    @property
    def url(self) -> str:
        meta = self.listed._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") + self.query()


@dataclass(frozen=True)
class Waiting:
    """`count` of a kind, as it is shown."""

    kind: Kind
    number: int

    @property
    def count(self) -> str:
        return f"more than {MOST:,}" if self.number > MOST else f"{self.number:,}"

    @property
    def words(self) -> str:
        return self.kind.one if self.number == 1 else self.kind.many


def waits_for(request: HttpRequest) -> list[Waiting]:
    """What this user may see of it; kinds of which nothing waits are left out."""
    user = user_of(request)
    seen = [kind for kind in KINDS if kind.may_be_seen(request)]
    found = [Waiting(kind, _counted(kind.rows(user))) for kind in seen]
    return [one for one in found if one.number]


def _counted(rows: QuerySet[Any]) -> int:
    return rows.order_by()[: MOST + 1].count()


def _in_state(model: type[Model], state: str) -> Callable[[User], QuerySet[Any]]:
    return lambda user: model._default_manager.filter(state=state)


def _since(ago: timedelta) -> str:
    return f"{timezone.now() - ago:%Y-%m-%dT%H:%M:%SZ}"


def _failed_steps(user: User) -> QuerySet[NightlyStep]:
    lately = timezone.now() - LATELY
    return NightlyStep.objects.filter(state=NightlyStep.State.FAILED, plan__created_at__gte=lately)


def _failed_trainings(user: User) -> QuerySet[LoraRun]:
    lately = timezone.now() - LATELY
    return LoraRun.objects.filter(state=LoraRun.State.FAILED, created_at__gte=lately)


def _failed_runs(user: User) -> QuerySet[Run]:
    return Run.objects.filter(status=Run.Status.FAILED, created_at__gte=timezone.now() - JUST_NOW)


def _second_verdicts(user: User) -> QuerySet[SecondReview]:
    return waiting_for(user) if user.has_perm(PERMISSION) else SecondReview.objects.none()


KINDS = (
    Kind(
        "candidate kernel on which your verdict was asked for",
        "candidate kernels on which your verdict was asked for",
        "how_to_vote",
        _second_verdicts,
        KernelVersion,
        lambda: "?state__exact=candidate",
    ),
    Kind(
        "candidate kernel to decide about",
        "candidate kernels to decide about",
        "rule",
        _in_state(KernelVersion, KernelVersion.State.CANDIDATE),
        KernelVersion,
        lambda: "?state__exact=candidate",
    ),
    Kind(
        "kernel in quarantine",
        "kernels in quarantine",
        "report",
        _in_state(KernelVersion, KernelVersion.State.QUARANTINED),
        KernelVersion,
        lambda: "?state__exact=quarantined",
        is_trouble=True,
    ),
    Kind(
        "composition to decide about",
        "compositions to decide about",
        "account_tree",
        _in_state(Composition, Composition.State.CANDIDATE),
        Composition,
        lambda: "?state__exact=candidate",
    ),
    Kind(
        "disagreement of reward model and verifier",
        "disagreements of reward model and verifier",
        "balance",
        _in_state(ReviewItem, ReviewItem.State.OPEN),
        ReviewItem,
        lambda: "?state__exact=open",
    ),
    Kind(
        "answer to label",
        "answers to label",
        "label",
        _in_state(LabelItem, LabelItem.State.OPEN),
        LabelItem,
        lambda: "?state__exact=open",
    ),
    Kind(
        "worker whose near reuse is switched off",
        "workers whose near reuse is switched off",
        "content_copy",
        _in_state(NearReuse, NearReuse.State.OFF),
        NearReuse,
        lambda: "?state__exact=off",
        is_trouble=True,
    ),
    Kind(
        "step of a nightly plan that failed in the last 7 days",
        "steps of nightly plans that failed in the last 7 days",
        "nights_stay",
        _failed_steps,
        NightlyPlan,
        lambda: f"?created_at__gte={_since(LATELY)}",
        is_trouble=True,
    ),
    Kind(
        "fine-tuning that failed in the last 7 days",
        "fine-tunings that failed in the last 7 days",
        "model_training",
        _failed_trainings,
        LoraRun,
        lambda: f"?state__exact=failed&created_at__gte={_since(LATELY)}",
        is_trouble=True,
    ),
    Kind(
        "run that failed in the last 24 hours",
        "runs that failed in the last 24 hours",
        "error",
        _failed_runs,
        Run,
        lambda: f"?status__exact=failed&created_at__gte={_since(JUST_NOW)}",
        is_trouble=True,
    ),
)
