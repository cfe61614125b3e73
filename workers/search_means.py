"""What a search works with, from settings, rows and what was learned."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Case, Count, FloatField, Sum, Value, When
from django.utils import timezone

from kernels.encoder import Vector
from training.text_features import text_features
from training.worker_feedback import worker_deltas
from trajectories.last_word import last_word
from trajectories.models import SearchRecord
from workers.experts.registry import EXPERTS
from workers.nets import live_nets
from workers.search.chooser import Record
from workers.search.search import Limits, Routed
from workers.searching import Means


def live_means(prompt: str, embedding: Vector) -> Means:
    """The means of this moment for one prompt; its embedding is (384,)."""
    rng, nets, deltas = random.Random(), live_nets(), worker_deltas()
    epsilon = settings.KW_ROUTER_EPSILON
    choice = nets.policy().choose(embedding, text_features(prompt), epsilon=epsilon, rng=rng)
    return Means(
        experts=EXPERTS,
        routed=Routed(
            choice.worker,
            choice.probabilities,
            choice.depth,
            choice.simulations,
            alone=choice.explored,
            propensity=choice.propensity,
        ),
        scorer=nets.scorer(),
        adjust=lambda worker, reward: deltas.adjusted(reward, worker),
        records=records(),
        limits=Limits(
            tokens=settings.KW_SEARCH_TOKENS,
            answer_tokens=settings.KW_DEFAULT_MAX_TOKENS,
            parallel=settings.KW_SEARCH_PARALLEL,
            gate=settings.KW_SEARCH_GATE,
            max_reflections=settings.KW_SEARCH_MAX_REFLECTIONS,
            sure=settings.KW_SEARCH_SURE,
        ),
        timeout_s=settings.KW_SEARCH_TIMEOUT_S,
        least_judged=settings.KW_SEARCH_MIN_JUDGED,
        gain_per_1000=settings.KW_SEARCH_MIN_GAIN,
        explore=settings.KW_SEARCH_EXPLORE,
        rng=rng,
    )


def records() -> dict[str, Sequence[Record]]:
    """What each worker's strategies came to, where somebody or something could judge the answer.

    A person's last word goes before the verifier's. Rows of the last KW_SEARCH_MEMORY_DAYS days.
    """
    since = timezone.now() - timedelta(days=settings.KW_SEARCH_MEMORY_DAYS)
    rows = (
        SearchRecord.objects.filter(created_at__gte=since)
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
