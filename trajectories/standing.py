"""Counts rewards: into the baselines of their domains, and into the weights of their skills.

What a trajectory counted for is kept with it, so that a reward that changes is replaced, and not
counted twice. Rows are locked in the order of their names, so that tasks at the same time wait for
each other: none is lost, and none waits in a circle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from trajectories.baselines import Baseline
from trajectories.models import DomainBaseline, Weight
from trajectories.weights import after, amended, forgotten


@dataclass(frozen=True)
class Counted:
    """What a trajectory counted for. `update` is its number among those of the skill's weight."""

    reward: float
    domain: str
    baseline: float | None  # the mean of the others at that time
    advantage: float
    skill: str = ""
    update: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class NewReward:
    """A reward to count, and what the trajectory counted for before, if it did."""

    client_id: int
    domain: str
    skill: str
    reward: float
    before: Counted | None


def count_rewards(*, rewards: Sequence[NewReward]) -> list[Counted]:
    """Counts each in the order given, and says what for: the advantage is over the others.

    Call it in the transaction that saves what it returns, with the trajectories locked before.
    """
    assert transaction.get_connection().in_atomic_block, "rows stay locked until all is saved"
    baselines = _locked_baselines(
        (one.client_id, domain)
        for one in rewards
        for domain in (one.domain, one.before.domain if one.before else one.domain)
    )
    weights = _locked_weights((one.client_id, one.skill) for one in rewards if one.skill)
    counted = []
    for one in rewards:
        others = _without(one, baselines)
        row = baselines[one.client_id, one.domain]
        _set(row, others.with_reward(one.reward))
        update = _weighed(weights[one.client_id, one.skill], one) if one.skill else 0
        counted.append(
            Counted(
                reward=one.reward,
                domain=one.domain,
                baseline=others.mean,
                advantage=others.advantage(one.reward),
                skill=one.skill,
                update=update,
            )
        )
    DomainBaseline.objects.bulk_update(baselines.values(), ["total", "count"])
    Weight.objects.bulk_update(weights.values(), ["value", "updates", "changed_at"])
    return counted


def uncount_rewards(*, rewards: Sequence[tuple[int, Counted]]) -> list[str]:
    """Takes what trajectories of these clients counted for out of the baselines again.

    A skill's weight takes such a reward for a neutral one, and still counts it, so that the numbers
    of the later ones stay. Returns the skills.
    """
    baselines = _locked_baselines((client, counted.domain) for client, counted in rewards)
    weights = _locked_weights((client, one.skill) for client, one in rewards if one.skill)
    for client, counted in rewards:
        row = baselines[client, counted.domain]
        _set(row, Baseline(row.total, row.count).without_reward(counted.reward))
        if counted.skill:
            weight = weights[client, counted.skill]
            since = weight.updates - counted.update
            weight.value = forgotten(weight.value, reward=counted.reward, since=since)
            weight.changed_at = timezone.now()
    DomainBaseline.objects.bulk_update(baselines.values(), ["total", "count"])
    Weight.objects.bulk_update(weights.values(), ["value", "changed_at"])
    return sorted({skill for _, skill in weights})


def _without(one: NewReward, baselines: dict[tuple[int, str], DomainBaseline]) -> Baseline:
    """The baseline of its domain, once what the trajectory counted for before is taken back."""
    if one.before:
        row = baselines[one.client_id, one.before.domain]
        _set(row, Baseline(row.total, row.count).without_reward(one.before.reward))
    row = baselines[one.client_id, one.domain]
    return Baseline(row.total, row.count)


def _set(row: DomainBaseline, baseline: Baseline) -> None:
    row.total, row.count = baseline.total, baseline.count


def _weighed(row: Weight, one: NewReward) -> int:
    """Moves the weight: by a whole step once a trajectory, later by what its reward changed."""
    row.changed_at = timezone.now()
    before = one.before
    if before and before.skill == one.skill:
        since = row.updates - before.update
        row.value = amended(row.value, before=before.reward, now=one.reward, since=since)
        return before.update
    row.value = after(row.value, one.reward)
    row.updates += 1
    return row.updates


def _locked_baselines(
    keys: Iterable[tuple[int, str]],
) -> dict[tuple[int, str], DomainBaseline]:
    wanted = sorted(set(keys))
    DomainBaseline.objects.bulk_create(
        [DomainBaseline(client_id=client, domain=domain) for client, domain in wanted],
        ignore_conflicts=True,
    )
    rows = DomainBaseline.objects.select_for_update().filter(
        client__in={client for client, _ in wanted}, domain__in={domain for _, domain in wanted}
    )
    found = {(row.client_id, row.domain): row for row in rows.order_by("client_id", "domain")}
    return {key: found[key] for key in wanted}


def _locked_weights(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Weight]:
    wanted = sorted(set(keys))
    Weight.objects.bulk_create(
        [Weight(client_id=client, skill=skill) for client, skill in wanted], ignore_conflicts=True
    )
    rows = Weight.objects.select_for_update().filter(
        client__in={client for client, _ in wanted}, skill__in={skill for _, skill in wanted}
    )
    found = {(row.client_id, row.skill): row for row in rows.order_by("client_id", "skill")}
    return {key: found[key] for key in wanted}
