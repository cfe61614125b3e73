"""What an operator's decision does to versions, exemplars and the review log."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from pytest_django import Settings

from kernels.models import Exemplar, Kernel, KernelVersion, ReviewAction
from kernels.review import (
    NotACandidate,
    NotLive,
    ReasonMissing,
    ReviewError,
    WeakContract,
    approve_candidate,
    reject_candidate,
    roll_back,
)
from tests.kernel_rows import add_version

State = KernelVersion.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ada")


def states(kernel: Kernel) -> dict[int, str]:
    return dict(kernel.versions.values_list("number", "state"))


def routable(version: KernelVersion) -> bool:
    return Exemplar.objects.filter(version=version, live=True).exists()


def log(version: KernelVersion) -> list[tuple[str, str]]:
    return list(version.reviews.order_by("pk").values_list("action", "reason"))


def test_approval_makes_a_candidate_live_and_routable(user: User) -> None:
    version = add_version()
    approved = approve_candidate(version=version, user=user, reason="good")
    version.refresh_from_db()
    assert version.state == approved.state == State.LIVE
    assert version.decided_at is not None
    assert version.decision_reason == "good"
    assert routable(version)


def test_approval_is_logged_with_its_author(user: User) -> None:
    version = add_version()
    approve_candidate(version=version, user=user, reason="good")
    review = ReviewAction.objects.get()
    assert (review.version, review.action, review.user, review.reason) == (
        version,
        ReviewAction.Action.APPROVE,
        user,
        "good",
    )


def test_approval_needs_no_reason(user: User) -> None:
    assert approve_candidate(version=add_version(), user=user).decision_reason == ""


def test_approval_retires_the_version_that_was_live(user: User) -> None:
    old = add_version(state=State.LIVE)
    new = add_version(kernel=old.kernel, number=2)
    approve_candidate(version=new, user=user)
    assert states(old.kernel) == {1: State.RETIRED, 2: State.LIVE}
    assert routable(new)
    assert not routable(old)
    old.refresh_from_db()
    assert old.decision_reason == "Superseded by v2."


def test_approval_leaves_other_kernels_alone(user: User) -> None:
    other = add_version(state=State.LIVE)
    approve_candidate(version=add_version(), user=user)
    assert states(other.kernel) == {1: State.LIVE}
    assert routable(other)


def test_approval_keeps_what_scoring_counted_meanwhile(user: User) -> None:
    version = add_version()
    KernelVersion.objects.update(passes=7)
    approve_candidate(version=version, user=user)
    version.refresh_from_db()
    assert version.passes == 7


@pytest.mark.parametrize("state", [State.LIVE, State.RETIRED, State.REJECTED])
def test_only_a_candidate_is_approved_or_rejected(user: User, state: KernelVersion.State) -> None:
    version = add_version(state=state)
    with pytest.raises(NotACandidate, match=r"v1 \(\w+\): Only a candidate"):
        approve_candidate(version=version, user=user)
    with pytest.raises(NotACandidate):
        reject_candidate(version=version, user=user, reason="bad")
    assert states(version.kernel) == {1: state}
    assert log(version) == []


def test_rejection_keeps_its_reason(user: User) -> None:
    version = add_version()
    reject_candidate(version=version, user=user, reason="too broad")
    version.refresh_from_db()
    assert (version.state, version.decision_reason) == (State.REJECTED, "too broad")
    assert not routable(version)
    assert log(version) == [("reject", "too broad")]


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_rejection_and_roll_back_need_a_reason(user: User, reason: str) -> None:
    with pytest.raises(ReasonMissing, match="A reason is required"):
        reject_candidate(version=add_version(), user=user, reason=reason)
    with pytest.raises(ReasonMissing):
        roll_back(version=add_version(state=State.LIVE), user=user, reason=reason)


def test_roll_back_brings_the_superseded_version_back(user: User) -> None:
    old = add_version(state=State.LIVE)
    new = add_version(kernel=old.kernel, number=2)
    approve_candidate(version=new, user=user)
    assert roll_back(version=new, user=user, reason="wrong answers") == old
    assert states(old.kernel) == {1: State.LIVE, 2: State.RETIRED}
    assert routable(old)
    assert not routable(new)
    assert log(new)[-1] == ("roll back", "wrong answers")


def test_roll_back_of_the_only_version_leaves_none_live(user: User) -> None:
    version = add_version(state=State.LIVE)
    assert roll_back(version=version, user=user, reason="wrong answers") is None
    assert states(version.kernel) == {1: State.RETIRED}
    assert not routable(version)


def test_a_version_that_was_rolled_back_never_returns(user: User) -> None:
    first = add_version(state=State.LIVE)
    second = add_version(kernel=first.kernel, number=2)
    approve_candidate(version=second, user=user)
    roll_back(version=second, user=user, reason="wrong")
    assert roll_back(version=first, user=user, reason="wrong as well") is None
    assert states(first.kernel) == {1: State.RETIRED, 2: State.RETIRED}


def test_roll_back_prefers_what_was_live_last(user: User) -> None:
    kernel = add_version(state=State.LIVE).kernel
    third, second = add_version(kernel=kernel, number=3), add_version(kernel=kernel, number=2)
    approve_candidate(version=third, user=user)
    approve_candidate(version=second, user=user)
    assert roll_back(version=second, user=user, reason="wrong") == third


def test_roll_back_finds_a_version_that_was_retired_without_a_decision(user: User) -> None:
    old = add_version(state=State.RETIRED)
    decided = add_version(kernel=old.kernel, number=2)
    approve_candidate(version=decided, user=user)
    live = add_version(kernel=old.kernel, number=3)
    approve_candidate(version=live, user=user)
    assert roll_back(version=live, user=user, reason="wrong") == decided
    assert roll_back(version=decided, user=user, reason="wrong") == old


def test_roll_back_never_makes_a_rejected_version_live(user: User) -> None:
    live = add_version(state=State.LIVE)
    add_version(kernel=live.kernel, number=2, state=State.REJECTED)
    assert roll_back(version=live, user=user, reason="wrong") is None


def test_only_the_live_version_is_rolled_back(user: User) -> None:
    with pytest.raises(NotLive, match="Only a live or quarantined version"):
        roll_back(version=add_version(), user=user, reason="wrong")


def at_once(decisions: list[Callable[[], object]]) -> list[str]:
    """The outcomes of decisions taken at the same moment: "ok" or the error's class."""
    barrier = Barrier(len(decisions))

    def take(decide: Callable[[], object]) -> str:
        try:
            barrier.wait()
            decide()
        except ReviewError as error:
            return type(error).__name__
        finally:
            connection.close()
        return "ok"

    with ThreadPoolExecutor(len(decisions)) as pool:
        return sorted(pool.map(take, decisions))


@pytest.mark.django_db(transaction=True)
def test_of_two_approvals_at_once_one_wins(user: User) -> None:
    version = add_version()
    outcomes = at_once([lambda: approve_candidate(version=version, user=user)] * 2)
    assert outcomes == ["NotACandidate", "ok"]
    assert log(version) == [("approve", "")]


@pytest.mark.django_db(transaction=True)
def test_approvals_of_two_versions_at_once_leave_one_live(user: User) -> None:
    first = add_version()
    second = add_version(kernel=first.kernel, number=2)
    outcomes = at_once(
        [
            lambda: approve_candidate(version=first, user=user),
            lambda: approve_candidate(version=second, user=user),
        ]
    )
    assert outcomes == ["ok", "ok"]
    assert sorted(states(first.kernel).values()) == [State.LIVE, State.RETIRED]


@pytest.mark.django_db(transaction=True)
def test_a_new_version_can_be_proposed_during_a_decision(user: User) -> None:
    version = add_version()
    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        approve_candidate(version=version, user=user)

        def propose() -> None:
            try:
                add_version(kernel=version.kernel, number=2)
            finally:
                connection.close()

        pool.submit(propose).result(timeout=60)
    assert states(version.kernel) == {1: State.LIVE, 2: State.CANDIDATE}


def weak(score: float | None) -> KernelVersion:
    version = add_version()
    version.evidence = {} if score is None else {"mutation": {"score": score}}
    version.save(update_fields=["evidence"])
    return version


@pytest.mark.parametrize("score", [0.59, 0.0, None])
def test_a_weak_contract_is_not_approved(user: User, score: float | None) -> None:
    version = weak(score)
    with pytest.raises(WeakContract, match="60% are required"):
        approve_candidate(version=version, user=user)
    version.refresh_from_db()
    assert version.state == "candidate"
    assert not ReviewAction.objects.exists()


def test_what_was_not_measured_is_weak_however_little_is_required(
    user: User, settings: Settings
) -> None:
    settings.KW_MIN_MUTATION_SCORE = 0.0
    with pytest.raises(WeakContract, match="not measured"):
        approve_candidate(version=weak(None), user=user)
    assert approve_candidate(version=weak(0.0), user=user).state == "live"


def test_it_can_be_approved_anyway_for_a_reason_that_is_kept(user: User) -> None:
    with pytest.raises(ReasonMissing):
        approve_candidate(version=weak(0.2), user=user, override=True)
    live = approve_candidate(
        version=weak(0.2), user=user, override=True, reason="We check by hand."
    )
    assert live.state == "live"
    (recorded,) = ReviewAction.objects.all()
    assert (recorded.action, recorded.reason) == ("override", "We check by hand.")
