"""Reads what routing thought of recent requests, and what came of those a kernel was chosen for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, Func, JSONField, OuterRef, Value

from kernels.decision import TOO_LOW
from kernels.matching import Features
from training.routing.verdict import Signs, could_fail, verdict
from trajectories.last_word import last_word
from trajectories.models import Client, Feedback, Trajectory

NEWEST = 2_000  # requests that are looked at
FREE = (
    '$.candidates[*] ? (@.obstacle == "" || !exists(@.obstacle) '
    f'|| @.obstacle starts with "{TOO_LOW}")'
)
COLUMNS = (
    "candidate",
    "run__decision__chosen",
    "run__decision__calibration",
    "run__response__kernelweave__failed_kernel",
    "run__request__contract__conditions",
    "kernel_version",
    "judged",
    "approved",
    "model",
    "checks",
)


@dataclass(frozen=True)
class Choice:
    """The likeliest kernel for a request, of those that nothing but the threshold could stop."""

    probability: float
    features: Mapping[str, float]
    calibration: int | None
    head: int | None  # whose P it is; None: the calibration's
    taken: bool
    right: bool | None  # None: it was not taken, or nothing speaks for either

    @property
    def known_features(self) -> Features | None:
        """None when they are not the features of today."""
        known = set(self.features) == set(Features.names())
        return Features(**self.features) if known else None


@dataclass(frozen=True)
class Looked:
    """The choices among the newest requests of a time; `all_seen`: there were no more."""

    requests: int
    all_seen: bool
    choices: tuple[Choice, ...]

    @property
    def judged(self) -> list[tuple[float, bool]]:
        """P and truth, where a kernel was taken and something speaks for or against it."""
        return [(one.probability, one.right) for one in self.choices if one.right is not None]


def recent_choices(
    *,
    since: datetime,
    until: datetime | None = None,
    client: Client | None = None,
    newest: int = NEWEST,
) -> Looked:
    """Of requests since then, the newest `newest` at most. One query."""
    # By the runs, which have an index for this: of all, and of one client.
    rows = Trajectory.objects.filter(run__created_at__gte=since, retracted_at=None)
    if until is not None:
        rows = rows.filter(run__created_at__lt=until)
    if client is not None:
        rows = rows.filter(run__client=client)
    found: Any = rows.order_by("-run__created_at").annotate(
        candidate=Func(
            F("run__decision"),
            Func(Value(FREE), function="", template="(%(expressions)s)::jsonpath"),
            function="jsonb_path_query_first",
            output_field=JSONField(),
        ),
        judged=Exists(Feedback.objects.filter(trajectory=OuterRef("pk"))),
        approved=last_word("pk"),
    )
    seen = list(found.values(*COLUMNS)[: newest + 1])
    chosen = [_choice(row) for row in seen[:newest] if row["candidate"]]
    return Looked(min(len(seen), newest), len(seen) <= newest, tuple(filter(None, chosen)))


def _choice(row: Mapping[str, Any]) -> Choice | None:
    """None where no P was recorded."""
    candidate = row["candidate"]
    if "probability" not in candidate:
        return None
    taken = candidate["version_id"] == row["run__decision__chosen"]
    return Choice(
        float(candidate["probability"]),
        candidate["features"],
        row["run__decision__calibration"],
        candidate.get("head"),
        taken,
        _verdict(row) if taken else None,
    )


def _verdict(row: Mapping[str, Any]) -> bool | None:
    return verdict(
        Signs(
            served=row["kernel_version"] is not None,
            judged=row["judged"],
            approved=row["approved"],
            failure=row["run__response__kernelweave__failed_kernel"],
            could_fail=could_fail(
                row["model"], row["checks"], row["run__request__contract__conditions"]
            ),
        )
    )
