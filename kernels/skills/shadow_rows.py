"""Records of what patterns and vectors chose, and the figures that they add up to."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from kernels.shadow_models import ShadowRecord
from kernels.skills.shadow_gate import Judged, ShadowFigures, lift_of
from trajectories.models import Client

MOST_RECORDS = 10_000  # that figures look at, the newest
SPOKEN = ~Q(by_regex="", by_vector="")


def shadow_figures(client: Client | None) -> ShadowFigures:
    """Of a client's records, or of all, as far as they are kept."""
    newest = _newest(client)
    counts = ShadowRecord.objects.filter(pk__in=newest).aggregate(
        records=Count("pk", filter=SPOKEN),
        silent=Count("pk", filter=~SPOKEN),
        cache_hits=Count("pk", filter=SPOKEN & Q(cache_hit=True)),
        agreed=Count("pk", filter=SPOKEN & Q(agreed=True)),
    )
    judged = (
        ShadowRecord.objects.filter(
            SPOKEN,
            pk__in=newest,
            trajectory__reward__isnull=False,
            trajectory__retracted_at=None,
        )
        .exclude(trajectory__turn__skill="")
        .values_list("by_regex", "by_vector", "trajectory__turn__skill", "trajectory__reward")
    )
    pairs = [
        Judged(regex, vector, used, reward)
        for regex, vector, used, reward in judged
        if used is not None and reward is not None
    ]
    lift = lift_of(pairs, settings.KW_SHADOW_MIN_JUDGED)
    return ShadowFigures(**counts, lift=lift)


def forget_old_records() -> int:
    """Deletes what is older than `KW_SHADOW_DAYS`; how many there were."""
    before = timezone.now() - timedelta(days=settings.KW_SHADOW_DAYS)
    return ShadowRecord.objects.filter(at__lt=before).delete()[0]


def prompt_digest(prompt: str) -> str:
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()


def _newest(client: Client | None) -> QuerySet[ShadowRecord, int]:
    rows = ShadowRecord.objects.filter(client=client) if client else ShadowRecord.objects.all()
    since = timezone.now() - timedelta(days=settings.KW_SHADOW_DAYS)
    return rows.filter(at__gte=since).order_by("-at").values_list("pk", flat=True)[:MOST_RECORDS]
