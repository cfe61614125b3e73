"""What a person sees of one question: the request, its answer, and why it is asked."""

from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse

from training.labels.models import LabelItem
from training.models import ReviewItem
from training.nets.roster import WORKERS
from trajectories.models import SearchRecord

State = LabelItem.State
WHY = {
    "uncertainty": "Picked where the nets are least sure.",
    "diversity": "Picked as unlike what has been labelled.",
    "error": "Picked where the reward model and the verifier part.",
    "complexity": "Picked as a complex question.",
    "mix": "Picked by a mix of all strategies.",
    "by hand": "Put here by somebody.",
}


@dataclass(frozen=True)
class Step:
    """A step of the answer, with the score of the search; `number` begins at 1."""

    number: int
    text: str
    score: float


@dataclass(frozen=True)
class Worker:
    name: str
    key: str
    likely: float | None  # by the router
    answered: bool


@dataclass(frozen=True)
class Progress:
    """How far the batch is."""

    done: int
    skipped: int
    all: int

    @property
    def percent(self) -> int:
        return round(100 * (self.done + self.skipped) / max(1, self.all))


@dataclass(frozen=True)
class Card:
    item: LabelItem
    why: str
    prompt: str
    answer: str
    answered_by: str
    steps: tuple[Step, ...]
    workers: tuple[Worker, ...]
    batch: Progress
    search_url: str


@dataclass(frozen=True)
class Disagreement:
    review: ReviewItem
    answer: str
    steps: tuple[Step, ...]
    trajectory_url: str


def next_label(after: int = 0) -> LabelItem | None:
    """The first that waits behind `after`, else the first of all."""
    waiting = LabelItem.objects.filter(state=State.OPEN).select_related("trajectory").order_by("pk")
    waiting = waiting.defer("trajectory__embedding")
    return waiting.filter(pk__gt=after).first() or (waiting.first() if after else None)


def next_disagreement(after: int = 0) -> ReviewItem | None:
    waiting = ReviewItem.objects.filter(state=ReviewItem.State.OPEN).order_by("pk")
    waiting = waiting.select_related("trajectory").defer("trajectory__embedding")
    return waiting.filter(pk__gt=after).first() or (waiting.first() if after else None)


def label_card(item: LabelItem) -> Card:
    search = SearchRecord.objects.defer("tree").get(trajectory=item.trajectory_id)
    return Card(
        item,
        WHY[item.picked_by],
        item.trajectory.prompt,
        item.trajectory.output_text,
        search.worker,
        _steps(search),
        tuple(
            Worker(name, str(place), search.probabilities.get(name), name == search.worker)
            for place, name in enumerate(WORKERS, 1)
        ),
        progress(item),
        reverse("admin:trajectories_searchrecord_change", args=[search.pk]),
    )


def disagreement_card(review: ReviewItem) -> Disagreement:
    trajectory = review.trajectory
    if trajectory is None:
        return Disagreement(review, "", (), "")
    search = SearchRecord.objects.defer("tree").filter(trajectory=trajectory).first()
    url = reverse("admin:trajectories_trajectory_change", args=[trajectory.pk])
    return Disagreement(review, trajectory.output_text, _steps(search) if search else (), url)


def progress(item: LabelItem) -> Progress:
    """Of all that were added with it."""
    batch = LabelItem.objects.filter(created_at=item.created_at)
    counts = dict(batch.order_by().values_list("state").annotate(Count("pk")))
    return Progress(counts.get(State.DONE, 0), counts.get(State.SKIPPED, 0), sum(counts.values()))


def _steps(search: SearchRecord) -> tuple[Step, ...]:
    pairs = zip(search.steps, search.step_scores, strict=True)
    return tuple(Step(number, text, score) for number, (text, score) in enumerate(pairs, 1))
