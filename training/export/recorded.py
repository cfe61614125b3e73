"""Reads the trajectories that may be learned from, as lessons, out of one snapshot of the database.

A request is its system message, its prompt and its answer, or the right one where a person gave it;
an agent's is its prompt and what it said at the end. What its tools did is left out: their outputs
are cut, and the small models that are trained have no place for tools in their chat template.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, CharField, Count, Q, Value, When
from django.db.models.fields.json import KeyTextTransform

from training.export.lesson import Lesson, Message
from trajectories.last_word import last_word, right_answer
from trajectories.models import Trajectory

CHUNK = 2_000  # rows of the server-side cursor
TEXTS = ["prompt", "output", "output_text"]  # of an agent's, which may have been cut

CORRECTED = ~Q(right="") & Q(right__isnull=False)  # a person said what would have been right
CORRECTED_ADVANTAGE = 1.0  # of such an answer: nothing is worth more

# Why a trajectory is left out, in this order; what is none of these may be exported.
LEFT_OUT = {
    "retracted": Q(retracted_at__isnull=False),
    "still open": Q(closed_at=None),
    "not scored yet": (Q(scored_at=None) | Q(advantage=None)) & ~CORRECTED,
    "failed its checks": Q(verified=False) & ~CORRECTED,
    "denied by a person": Q(said=False) & ~CORRECTED,
    "corrected by the next prompt": Q(turn__corrected=True) & ~CORRECTED,
    "earlier turns, tools or parts that are no text": Q(run__isnull=False, plain=False),
    "cut off by its tokens": Q(ended="length") & ~CORRECTED,
    "cut when it was stored": Q(turn__cut__has_any_keys=TEXTS),
    "no advantage": (Q(advantage__lte=0) | Q(advantage=float("nan"))) & ~CORRECTED,
}


@dataclass(frozen=True)
class Choice:
    """Which trajectories are looked at; what is empty chooses all."""

    clients: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None  # itself not included

    def as_json(self) -> dict[str, Any]:
        return {
            "clients": sorted(self.clients),
            "domains": sorted(self.domains),
            "signatures": sorted(self.signatures),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }


@contextmanager
def snapshot() -> Iterator[None]:
    """All that is read meanwhile is of one moment."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def count_reasons(choice: Choice) -> Counter[str]:
    """Why trajectories are left out; under "" those that are not."""
    counted = _chosen(choice).order_by().values_list("why").annotate(Count("pk"))
    return Counter(dict(counted))


def recorded_lessons(choice: Choice) -> Iterator[Lesson]:
    """In no order. Belongs into a snapshot."""
    rows = _chosen(choice).filter(why="").order_by()
    texts = rows.values_list(
        "system", "prompt", "lesson", "worth", "domain", "question_digest", "pk"
    )
    for system, prompt, output, worth, domain, question, pk in texts.iterator(chunk_size=CHUNK):
        said = (("system", system), ("user", prompt), ("assistant", output))
        messages = (Message(role, text) for role, text in said if text or role != "system")
        yield Lesson(tuple(messages), worth, domain, question, str(pk))


def _chosen(choice: Choice) -> Any:
    """A query set; `why` is empty for what may be exported."""
    found: Any = Trajectory.objects.all()
    if choice.clients:
        found = found.filter(client__name__in=choice.clients)
    if choice.domains:
        found = found.filter(domain__in=choice.domains)
    if choice.signatures:
        found = found.filter(signature__in=choice.signatures)
    if choice.since:
        found = found.filter(created_at__gte=choice.since)
    if choice.until:
        found = found.filter(created_at__lt=choice.until)
    found = found.annotate(
        said=last_word("pk"),
        right=right_answer("pk"),
        ended=KeyTextTransform("finish_reason", "run__response"),
    )
    found = found.annotate(
        lesson=Case(When(CORRECTED, then="right"), default="output_text"),
        worth=Case(When(CORRECTED, then=Value(CORRECTED_ADVANTAGE)), default="advantage"),
    )
    reasons = (When(condition, then=Value(why)) for why, condition in LEFT_OUT.items())
    return found.annotate(why=Case(*reasons, default=Value(""), output_field=CharField()))
