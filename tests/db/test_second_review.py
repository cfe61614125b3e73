"""Two verdicts on one candidate, neither of which knows the other."""

import pytest
from django.contrib.auth.models import Permission, User

from kernels.models import KernelVersion, ReviewAction, SecondReview
from kernels.review import (
    NotACandidate,
    ReasonMissing,
    SecondReviewOpen,
    approve_candidate,
    reject_candidate,
)
from kernels.second_review import (
    MayNotReview,
    NotAsked,
    NoVerdict,
    ask_second,
    give_second,
    verdict_pairs,
    withdraw_second,
)
from kernels.second_words import second_shown
from tests.db.test_review import at_once
from tests.kernel_rows import add_version

pytestmark = pytest.mark.django_db


def reviewer(name: str) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="change_kernelversion"))
    return user


@pytest.fixture
def ada() -> User:
    return reviewer("ada")


@pytest.fixture
def grace() -> User:
    return reviewer("grace")


def ask(version: KernelVersion, user: User, whom: User | None = None) -> SecondReview:
    return ask_second(version=version, user=user, verdict="reject", reason="vague", reviewer=whom)


def test_nothing_of_the_first_verdict_is_shown_before_the_second_is_there(
    ada: User, grace: User
) -> None:
    version = add_version()
    ask(version, ada)
    for user in (ada, grace):
        shown = second_shown(version, user)
        assert shown is not None
        assert shown.opinions == ()
    told = [*ReviewAction.objects.values_list("reason", flat=True)]
    assert told == ["Asked: anybody who may decide."]
    give_second(version=version, user=grace, verdict="approve", reason="it is fine")
    shown = second_shown(version, grace)
    assert shown is not None
    assert [(one.who, one.verdict, one.reason) for one in shown.opinions] == [
        ("ada", "reject", "vague"),
        ("grace", "approve", "it is fine"),
    ]


def test_nothing_is_decided_while_the_second_verdict_is_waited_for(ada: User, grace: User) -> None:
    version = add_version()
    ask(version, ada)
    with pytest.raises(SecondReviewOpen):
        approve_candidate(version=version, user=grace)
    with pytest.raises(SecondReviewOpen):
        reject_candidate(version=version, user=grace, reason="no")
    give_second(version=version, user=grace, verdict="approve", reason="it is fine")
    assert approve_candidate(version=version, user=grace).state == "live"


def test_a_request_that_is_withdrawn_shows_nothing_and_holds_nothing_up(
    ada: User, grace: User
) -> None:
    version = add_version()
    ask(version, ada)
    withdraw_second(version=version, user=grace)
    assert second_shown(version, grace) is None
    assert approve_candidate(version=version, user=grace).state == "live"
    assert verdict_pairs() == []


def test_nobody_seconds_themselves(ada: User) -> None:
    version = add_version()
    with pytest.raises(MayNotReview):
        ask(version, ada, whom=ada)
    ask(version, ada)
    with pytest.raises(NotAsked):
        give_second(version=version, user=ada, verdict="reject", reason="again")


def test_only_who_was_asked_gives_the_second_verdict(ada: User, grace: User) -> None:
    version, other = add_version(), reviewer("mary")
    ask(version, ada, whom=grace)
    with pytest.raises(NotAsked):
        give_second(version=version, user=other, verdict="approve", reason="fine")
    assert (
        give_second(version=version, user=grace, verdict="approve", reason="fine").second == grace
    )


def test_whoever_may_not_decide_is_neither_asked_nor_heard(ada: User) -> None:
    version, stranger = add_version(), User.objects.create_user("eve", is_staff=True)
    with pytest.raises(MayNotReview):
        ask(version, ada, whom=stranger)
    ask(version, ada)
    with pytest.raises(NotAsked):
        give_second(version=version, user=stranger, verdict="approve", reason="fine")


def test_a_verdict_needs_a_reason_and_is_one_of_two(ada: User) -> None:
    version = add_version()
    with pytest.raises(ReasonMissing):
        ask_second(version=version, user=ada, verdict="reject", reason=" ")
    with pytest.raises(NoVerdict):
        ask_second(version=version, user=ada, verdict="maybe", reason="so")


def test_only_a_candidate_gets_a_second_reviewer_and_one_at_a_time(ada: User, grace: User) -> None:
    version = add_version()
    ask(version, ada)
    with pytest.raises(SecondReviewOpen):
        ask(version, grace)
    with pytest.raises(NotACandidate):
        ask(add_version(state=KernelVersion.State.LIVE), ada)


def test_the_pairs_are_those_of_doubly_reviewed_candidates(ada: User, grace: User) -> None:
    for verdict in ("approve", "reject"):
        version = add_version()
        ask(version, ada)
        give_second(version=version, user=grace, verdict=verdict, reason="so")
    ask(add_version(), ada)
    assert sorted(verdict_pairs()) == [("reject", "approve"), ("reject", "reject")]


@pytest.mark.django_db(transaction=True)
def test_of_two_second_verdicts_at_once_one_counts(ada: User, grace: User) -> None:
    version, mary = add_version(), reviewer("mary")
    ask(version, ada)
    outcomes = at_once(
        [
            lambda: give_second(version=version, user=grace, verdict="approve", reason="a"),
            lambda: give_second(version=version, user=mary, verdict="reject", reason="b"),
        ]
    )
    assert outcomes == ["NotAsked", "ok"]
    assert SecondReview.objects.get().state == "given"
