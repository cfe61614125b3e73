"""Which families have enough to train an adapter on: a client's requests of one signature."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Q

from trajectories.last_word import last_word
from trajectories.models import Trajectory

LABEL_CHARS = 60
PLAIN = Q(plain=True, run__isnull=False, retracted_at=None)


@dataclass(frozen=True)
class Family:
    """A client's requests with the same system prompt and output schema."""

    client_id: int
    client: str
    signature: str
    label: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def families_with_enough(*, lessons: int, most: int) -> list[Family]:
    """Those with the most answers first; at most `most` of them.

    Whether an answer may be learned from is looked at when the family is exported.
    """
    found = (
        Trajectory.objects.filter(PLAIN)
        .values("client_id", "client__name", "signature")
        .annotate(count=Count("pk"))
        .filter(count__gte=lessons)
        .order_by("-count", "client_id", "signature")
    )
    return [
        Family(
            one["client_id"],
            one["client__name"],
            one["signature"],
            label_of(_newest(one["client_id"], one["signature"])),
        )
        for one in found[:most]
    ]


def trajectories_of(family: Family) -> Any:
    """The newest first, with `said`: the last word of people."""
    rows = Trajectory.objects.filter(PLAIN, client=family.client_id, signature=family.signature)
    return rows.annotate(said=last_word("pk")).order_by("-created_at")


def label_of(texts: Sequence[str]) -> str:
    """What people call the family: how its system prompt, else a prompt of it, begins."""
    text = next((" ".join(text.split()) for text in texts if text.strip()), "requests")
    if len(text) <= LABEL_CHARS:
        return text
    return text[: LABEL_CHARS - 1].rsplit(" ", 1)[0] + "…"


def _newest(client_id: int, signature: str) -> tuple[str, str]:
    rows = Trajectory.objects.filter(PLAIN, client=client_id, signature=signature)
    system, prompt = rows.order_by("-created_at").values_list("system", "prompt")[0]
    return system, prompt
