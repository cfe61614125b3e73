"""How adapters and what they compete with did: judged answers, as rows have them.

An answer passed if people said so last, else if its checks did. What nobody and nothing judged does
not count, nor does what was retracted. A live adapter is compared with what was answered at another
time, when people may have judged and now do not, or the reverse: so like is compared with like.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from training.adapters.models import Adapter, AdapterTrial
from training.adapters.states import live_in_family
from training.adapters.verdicts import Arm, Pairs
from trajectories.last_word import last_word
from trajectories.models import Trajectory

By = Literal["people", "checks", "either"]  # who said whether an answer passed
State = Adapter.State
BASE = ""  # as trajectories name it
WINDOW = 400  # judged answers of a side that are compared, the newest


def canary_arms(adapter: Adapter) -> tuple[Arm, Arm]:
    """Of the canary and of what answers the rest, since it is one."""
    since = adapter.state_since
    return (
        arm_of(adapter, adapter.name, since=since),
        arm_of(adapter, live_now(adapter), since=since),
    )


def live_arms(adapter: Adapter, *, least: int, until: datetime | None = None) -> tuple[Arm, Arm]:
    """Of a live adapter since it is live, and of what it replaced, then and before.

    By people's words where both have `least` of them, by checks alone where the adapter has fewer.
    """
    since, before = adapter.state_since, replaced_by(adapter)

    def arms(by: By) -> tuple[Arm, Arm]:
        own = arm_of(adapter, adapter.name, since=since, until=until, by=by)
        return own, arm_of(adapter, before, by=by)

    own, other = arms("people")
    if own.judged < least:
        return arms("checks")
    return (own, other) if other.judged >= least else arms("either")


def arm_of(
    family: Adapter,
    name: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    most: int = WINDOW,
    by: By = "either",
) -> Arm:
    """The newest judged answers that `name` generated for this family, `most` at most."""
    judged = judged_answers(family, name, since=since, until=until, by=by)
    return arm(passed for _, passed in judged.order_by("-created_at")[:most])


def judged_answers(
    family: Adapter,
    name: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    by: By = "either",
) -> QuerySet[Trajectory, tuple[datetime, bool]]:
    """When each was given, and whether it passed; after `since`, up to `until`."""
    answers = Trajectory.objects.filter(
        client_id=family.client_id,
        signature=family.signature,
        route=Trajectory.Route.GENERATION,
        adapter=name,
        retracted_at=None,
    )
    if since is not None:
        answers = answers.filter(created_at__gt=since)
    if until is not None:
        answers = answers.filter(created_at__lte=until)
    said: dict[By, Any] = {
        "people": last_word("pk"),
        "checks": F("verified"),
        "either": Coalesce(last_word("pk"), F("verified")),
    }
    passed = said[by]
    return answers.annotate(passed=passed).exclude(passed=None).values_list("created_at", "passed")


def pairs_of(adapter: Adapter) -> Pairs:
    """The trials of an adapter in shadow in which both answers were checked, all of them.

    By checks alone: nobody sees what it answers there, so people's words are of one side only.
    """
    trials = AdapterTrial.objects.filter(adapter=adapter, trajectory__retracted_at=None)
    both = trials.exclude(verified=None).exclude(live_verified=None)
    counts = Counter(both.values_list("verified", "live_verified"))
    return Pairs(
        both=counts[True, True],
        only_adapter=counts[True, False],
        only_live=counts[False, True],
        neither=counts[False, False],
    )


def live_now(adapter: Adapter) -> str:
    """The name under which the answers of an adapter's competitor are recorded: what is live."""
    live = live_in_family(adapter)
    return live.name if live is not None else BASE


def replaced_by(adapter: Adapter) -> str:
    """The name of what a live adapter replaced."""
    return adapter.parent.name if adapter.parent is not None else BASE


def arm(passed: Iterable[bool]) -> Arm:
    outcomes = list(passed)
    return Arm(sum(outcomes), len(outcomes) - sum(outcomes))
