"""What strategies came to so far, as the choice of a strategy knows it."""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Case, Count, FloatField, Sum, Value, When
from django.utils import timezone

from trajectories.last_word import last_word
from trajectories.models import SearchRecord
from workers.search.chooser import FIRST, Record, choose

PLAIN = ("one_shot", FIRST)  # what a plain answer of the model does as well
REMEMBERED_S = 30.0


class SomewherePays:
    """Whether more than one plain answer is known to pay with any worker, as of a moment ago.

    Cheap enough to ask before the nets are loaded, for calls that ask for no search.
    """

    def __init__(self, remembered_s: float = REMEMBERED_S) -> None:
        self._remembered_s = remembered_s
        self._known: tuple[float, bool] | None = None

    def __call__(self) -> bool:
        now = time.monotonic()
        if self._known is None or now - self._known[0] >= self._remembered_s:
            self._known = (now, any(_pays(found) for found in records().values()))
        return self._known[1]

    def forget(self) -> None:
        """Looks anew the next time."""
        self._known = None


somewhere_pays = SomewherePays()


def _pays(found: Sequence[Record]) -> bool:
    choice = choose(
        found,
        least_judged=settings.KW_SEARCH_MIN_JUDGED,
        gain_per_1000=settings.KW_SEARCH_MIN_GAIN,
    )
    return choice.strategy not in PLAIN


def records() -> dict[str, Sequence[Record]]:
    """What each worker's strategies came to, where somebody or something could judge the answer.

    A person's last word goes before the verifier's. Rows of the last KW_SEARCH_MEMORY_DAYS days.
    """
    since = timezone.now() - timedelta(days=settings.KW_SEARCH_MEMORY_DAYS)
    rows = (
        SearchRecord.objects.filter(created_at__gte=since, simulations__gt=0)
        .annotate(said=last_word("trajectory"))
        .annotate(
            quality=Case(
                When(said=True, then=Value(1.0)),
                When(said=False, then=Value(0.0)),
                When(outcome=SearchRecord.Outcome.OK, then=Value(1.0)),
                When(outcome=SearchRecord.Outcome.FAILED, then=Value(0.0)),
                output_field=FloatField(),
            )
        )
        .filter(quality__isnull=False)
        .order_by()
        .values("worker", "strategy")
        .annotate(judged=Count("pk"), right=Sum("quality"), spent=Sum("tokens"))
    )
    found: dict[str, list[Record]] = defaultdict(list)
    for row in rows:
        one = Record(row["strategy"], row["judged"], row["right"], row["spent"])
        found[row["worker"]].append(one)
    return dict(found)
