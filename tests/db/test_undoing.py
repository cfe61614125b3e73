"""Decisions are taken back: what each moved is what it was before."""

import pytest
from django.contrib.auth.models import User

from kernels.editing import edit_contract
from kernels.models import Exemplar, KernelVersion, ReviewAction
from kernels.review import (
    approve_candidate,
    quarantine,
    reject_candidate,
    release,
    roll_back,
)
from kernels.undoing import (
    AlreadyUndone,
    DecidedSince,
    NothingToUndo,
    undo,
    undo_words,
    undoable,
    what_undo_does,
)
from tests.db.test_review import at_once
from tests.kernel_rows import add_version

State = KernelVersion.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ada")


def last() -> ReviewAction:
    return ReviewAction.objects.order_by("-pk")[0]


def states(version: KernelVersion) -> dict[int, str]:
    return dict(version.kernel.versions.order_by("number").values_list("number", "state"))


def routed(version: KernelVersion) -> set[int]:
    """The numbers of the versions that routing sees."""
    live = Exemplar.objects.filter(version__kernel=version.kernel, live=True)
    return set(live.values_list("version__number", flat=True))


@pytest.fixture
def approved(user: User) -> KernelVersion:
    """v2, which retired v1."""
    first = add_version(state=State.LIVE)
    second = add_version(kernel=first.kernel, number=2)
    return approve_candidate(version=second, user=user, reason="good")


def test_an_approval_taken_back_makes_live_again_what_it_replaced(
    approved: KernelVersion, user: User
) -> None:
    assert states(approved) == {1: "retired", 2: "live"}
    assert what_undo_does(last()) == "v1 is live again, v2 is a candidate again"
    taken = undo(action=last(), user=user)
    assert states(approved) == {1: "live", 2: "candidate"}
    assert routed(approved) == {1}
    assert (taken.action, taken.user, taken.undoes is not None) == ("undo", user, True)


def test_a_rejection_taken_back_makes_a_candidate_again(user: User) -> None:
    version = add_version()
    reject_candidate(version=version, user=user, reason="no")
    undo(action=last(), user=user)
    version.refresh_from_db()
    assert version.state == "candidate"
    assert version.decided_at is None
    assert approve_candidate(version=version, user=user).state == "live"


def test_to_undo_an_undo_is_to_decide_it_again(approved: KernelVersion, user: User) -> None:
    undo(action=last(), user=user)
    again = undo(action=last(), user=user)
    assert again.action == "approve"
    assert states(approved) == {1: "retired", 2: "live"}
    assert routed(approved) == {2}
    undo(action=last(), user=user)
    assert states(approved) == {1: "live", 2: "candidate"}
    assert [one.action for one in ReviewAction.objects.order_by("pk")] == [
        "approve",
        "undo",
        "approve",
        "undo",
    ]


def test_nothing_is_taken_back_twice(approved: KernelVersion, user: User) -> None:
    approval = last()
    undo(action=approval, user=user)
    with pytest.raises(AlreadyUndone):
        undo(action=approval, user=user)
    assert states(approved) == {1: "live", 2: "candidate"}


def test_only_the_last_decision_is_taken_back(approved: KernelVersion, user: User) -> None:
    approval = last()
    roll_back(version=approved, user=user, reason="wrong")
    with pytest.raises(DecidedSince):
        undo(action=approval, user=user)
    assert undoable(ReviewAction.objects.order_by("-pk")) == [last()]
    undo(action=last(), user=user)
    assert states(approved) == {1: "retired", 2: "live"}


def test_what_a_gate_refused_since_cannot_be_taken_back(user: User) -> None:
    version = add_version()
    kept = [one for one in version.spec["postconditions"] if one["kind"] != "judge"]
    edited = edit_contract(
        version=version, preconditions=[], postconditions=kept, user=user, reason="simpler"
    )
    assert what_undo_does(last()) == f"v{edited.number} is taken out of the queue"
    assert undo_words(last())
    KernelVersion.objects.filter(pk=edited.pk).update(state="rejected")  # as the gate does
    assert undoable(ReviewAction.objects.order_by("-pk")) == []
    assert undo_words(last()) == ""


def test_a_decision_about_another_version_is_no_hindrance(user: User) -> None:
    one = add_version()
    other = add_version(kernel=one.kernel, number=2)
    reject_candidate(version=one, user=user, reason="no")
    first = last()
    reject_candidate(version=other, user=user, reason="no")
    assert undoable(ReviewAction.objects.order_by("-pk")) == [last(), first]
    undo(action=first, user=user)
    assert states(one) == {1: "candidate", 2: "rejected"}


def test_what_another_live_version_stands_in_for_does_not_come_back(
    approved: KernelVersion, user: User
) -> None:
    roll_back(version=approved, user=user, reason="wrong")
    back = last()
    third = add_version(kernel=approved.kernel, number=3)
    approve_candidate(version=third, user=user)  # moves v1, as the roll-back did
    with pytest.raises(DecidedSince):
        undo(action=back, user=user)


def test_a_roll_back_that_was_taken_back_no_longer_counts(
    approved: KernelVersion, user: User
) -> None:
    roll_back(version=approved, user=user, reason="wrong")
    undo(action=last(), user=user)
    third = add_version(kernel=approved.kernel, number=3)
    approve_candidate(version=third, user=user)
    assert roll_back(version=third, user=user, reason="wrong") == approved


def test_a_release_taken_back_counts_what_it_had_forgiven(user: User) -> None:
    version = add_version(state=State.LIVE)
    KernelVersion.objects.filter(pk=version.pk).update(passes=3, failures=4)
    quarantine(version=version, reason="drift")
    with pytest.raises(NothingToUndo):
        undo(action=last(), user=user)
    release(version=version, user=user, reason="mended")
    KernelVersion.objects.filter(pk=version.pk).update(passes=2)
    undo(action=last(), user=user)
    version.refresh_from_db()
    assert (version.state, version.passes, version.failures) == ("quarantined", 5, 4)
    undo(action=last(), user=user)
    version.refresh_from_db()
    assert (version.state, version.passes, version.failures) == ("live", 0, 0)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_undo_at_once_one_wins(approved: KernelVersion, user: User) -> None:
    approval = last()
    outcomes = at_once([lambda: undo(action=approval, user=user)] * 2)
    assert outcomes == ["AlreadyUndone", "ok"]
    assert states(approved) == {1: "live", 2: "candidate"}


@pytest.mark.django_db(transaction=True)
def test_of_an_approval_and_a_rejection_at_once_one_wins(user: User) -> None:
    version = add_version()
    outcomes = at_once(
        [
            lambda: approve_candidate(version=version, user=user),
            lambda: reject_candidate(version=version, user=user, reason="no"),
        ]
    )
    assert outcomes == ["NotACandidate", "ok"]
    assert ReviewAction.objects.count() == 1
