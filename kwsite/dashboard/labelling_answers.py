"""What a person says on the page of quick rating, taken once however often it is sent."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from training.labels.disagreement import reopen_review, resolve_review
from training.labels.models import LabelItem
from training.labels.queue import ask_for_labels, fill_queue, label_steps, label_worker, skip_item
from training.labels.selection import WAYS
from training.labels.taking_back import take_back
from training.models import ReviewItem
from training.nets.roster import WORKERS
from trajectories.admin_base import is_key, user_of
from trajectories.errors import KernelWeaveError
from trajectories.models import SearchRecord
from workers.turns import turn

Row = TypeVar("Row", bound=Model)
MOST = 50  # of a batch
BEST = 5  # keys of a step's score, from 1
RIGHT = {
    "verifier": "The verifier is right.",
    "model": "The reward model is right.",
    "neither": "Neither can be told to be right.",
}


def answer(request: HttpRequest) -> HttpResponse:
    """By `act`; then on to the next question. Raises BadRequest, PermissionDenied, Http404."""
    act = request.POST.get("act", "")
    take = ACTS.get(act)
    if take is None:
        raise BadRequest
    asked = {"show": "disagreements"} if request.POST.get("show") == "disagreements" else {}
    take(request)
    if act == "undo":
        asked["after"] = str(int(request.POST["item"]) - 1)  # shows what is open again
    elif is_key(request.POST.get("after", "")):
        asked["after"] = request.POST["after"]
    address = reverse("dashboard_labelling")
    return HttpResponseRedirect(f"{address}?{urlencode(asked)}" if asked else address)


def _worker(request: HttpRequest) -> None:
    """`worker` is a name; empty: the wrong one answered, and who is right is not known."""
    item = _row(request, LabelItem, "change_labelitem")
    worker = request.POST.get("worker")
    if item.label != "worker" or worker is None or worker not in (*WORKERS, ""):
        raise BadRequest
    said = f"The right worker: {worker or 'not the one that answered'}."
    label = partial(label_worker, item=item, worker=worker, user=user_of(request))
    _once(request, item, label, said)


def _steps(request: HttpRequest) -> None:
    item = _row(request, LabelItem, "change_labelitem")
    if item.label != "steps":
        raise BadRequest
    given = {
        name.removeprefix("step_"): str(value)
        for name, value in request.POST.items()
        if name.startswith("step_")
    }
    keys = set(map(str, range(1, BEST + 1)))
    if not all(is_key(place) and value in keys for place, value in given.items()):
        raise BadRequest
    if not given:
        messages.error(request, "Score at least one step, or skip the question.")
        return
    scores = {int(place): (int(value) - 1) / (BEST - 1) for place, value in given.items()}
    said = f"Steps scored: {', '.join(f'{p}: {s:.2f}' for p, s in sorted(scores.items()))}."
    label = partial(label_steps, item=item, scores=scores, user=user_of(request))
    _once(request, item, label, said)


def _skip(request: HttpRequest) -> None:
    item = _row(request, LabelItem, "change_labelitem")
    _once(request, item, partial(skip_item, item=item, user=user_of(request)), "Skipped.")


def _undo(request: HttpRequest) -> None:
    if request.POST.get("show") == "disagreements":
        review = _row(request, ReviewItem, "change_reviewitem")
        reopen = partial(reopen_review, review=review, user=user_of(request))
        _once(request, review, reopen, "Taken back: it is open again.")
        return
    item = _row(request, LabelItem, "change_labelitem")
    unsay = partial(take_back, item=item, user=user_of(request))
    _once(request, item, unsay, "Taken back: it waits for a label again.")


def _resolve(request: HttpRequest) -> None:
    review = _row(request, ReviewItem, "change_reviewitem")
    reason = RIGHT.get(request.POST.get("right", ""))
    if reason is None:
        raise BadRequest
    resolve = partial(resolve_review, review=review, user=user_of(request), reason=reason)
    _once(request, review, resolve, reason)


def _ask(request: HttpRequest) -> None:
    """Puts the answer that a disagreement is about on the labelling queue."""
    if not request.user.has_perm("training.add_labelitem"):
        raise PermissionDenied
    review = _row(request, ReviewItem, "view_reviewitem")
    trajectory = review.trajectory
    if trajectory is None or not SearchRecord.objects.filter(trajectory=trajectory).exists():
        raise BadRequest
    added = ask_for_labels(trajectory=trajectory, reason=f"asked for by {user_of(request)}")
    for item in added:
        _log(request, item, "Put on the queue by hand.")
    messages.success(request, f"On the labelling queue: {len(added)} more.")


def _batch(request: HttpRequest) -> None:
    """`newest` is the last row when the form was made: a second sending finds another one."""
    if not request.user.has_perm("training.add_labelitem"):
        raise PermissionDenied
    by, size = request.POST.get("by", ""), request.POST.get("size", "")
    if by not in WAYS or not is_key(size) or not 1 <= int(size) <= MOST:
        raise BadRequest
    with turn("make a labelling batch") as mine:
        last = LabelItem.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        if not mine or request.POST.get("newest") != str(last):
            messages.warning(request, "A batch was made meanwhile; here it is.")
            return
        added = fill_queue(by=by, count=int(size), seed=last)
    if not added:
        messages.warning(
            request, "There is nothing new to label: no search that nobody has judged yet."
        )
        return
    for item in added:
        _log(request, item, f"Put on the queue by {by}.")
    messages.success(request, f"A new batch by {by}: {len(added)} to label.")


ACTS: dict[str, Callable[[HttpRequest], None]] = {
    "worker": _worker,
    "steps": _steps,
    "skip": _skip,
    "undo": _undo,
    "resolve": _resolve,
    "ask": _ask,
    "batch": _batch,
}


def _row(request: HttpRequest, kind: type[Row], permission: str) -> Row:
    """The row that the form is about."""
    if not request.user.has_perm(f"training.{permission}"):
        raise PermissionDenied
    pk = request.POST.get("item", "")
    if not is_key(pk):
        raise BadRequest
    return get_object_or_404(kind, pk=pk)


def _once(request: HttpRequest, row: Model, say: Callable[[], object], said: str) -> None:
    """A second sending changes nothing, and says so."""
    try:
        say()
    except KernelWeaveError as error:
        messages.warning(request, error.detail)
        return
    _log(request, row, said)
    messages.success(request, said)


def _log(request: HttpRequest, row: Model, said: str) -> None:
    desk = admin.site.get_model_admin(type(row))
    desk.log_change(request, row, said)
