"""A kernel that is wrong too often leaves service by itself, and says so."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from kernels.library.reading import starters
from kernels.models import Exemplar, KernelVersion, ReviewAction
from kernels.registry import Sample, propose_version
from kernels.review import AnotherIsLive, NotQuarantined, ReasonMissing, release, roll_back
from kernels.routing import version_facts
from tests.db.rows import chat, generated, recorded
from tests.kernel_rows import add_version
from trajectories.models import Client, Run, Trajectory
from workers.feedback import record_feedback

pytestmark = pytest.mark.django_db
State = KernelVersion.State


@pytest.fixture
def version() -> KernelVersion:
    return propose_version(
        spec=starters()[0].spec,
        samples=[Sample("Say hello", {})],
        client=None,
        confidence=0.7,
        evidence={},
        state=State.LIVE,
    )


def serve(client: Client, version: KernelVersion, count: int) -> list[Trajectory]:
    answer = generated({}, route="kernel", kernel=version_facts(version.pk))
    return [recorded(client, chat(f"Say {n}"), answer) for n in range(count)]


def deny(answers: list[Trajectory]) -> None:
    for answer in answers:
        record_feedback(client=answer.client, run_id=answer.answered_run.pk, verdict="incorrect")


def test_too_many_wrong_answers_end_its_service(client: Client, version: KernelVersion) -> None:
    deny(serve(client, version, 10)[:4])  # at least 15 % with 95 % confidence; the ceiling is 10 %
    version.refresh_from_db()
    assert version.state == "quarantined"
    assert not Exemplar.objects.filter(version=version, live=True).exists()
    (action,) = ReviewAction.objects.all()
    assert (action.action, action.user) == ("quarantine", None)
    assert action.reason.startswith("4 of the last 10 answers were wrong")
    assert "the ceiling is 10.0%" in action.reason


def test_what_may_be_bad_luck_does_not(client: Client, version: KernelVersion) -> None:
    deny(serve(client, version, 20)[:4])  # 20 %, but perhaps only 7 %
    version.refresh_from_db()
    assert version.state == "live"


def test_what_was_taken_back_is_not_held_against_it(client: Client, version: KernelVersion) -> None:
    answers = serve(client, version, 10)[:4]
    deny(answers[:3])
    for answer in answers[:3]:
        record_feedback(client=client, run_id=answer.answered_run.pk, verdict="correct")
    deny(answers[3:])
    version.refresh_from_db()
    assert version.state == "live"


def test_a_higher_ceiling_allows_more(
    client: Client, version: KernelVersion, settings: Settings
) -> None:
    settings.KW_WRONG_REUSE_CEILING = 0.3
    deny(serve(client, version, 10)[:4])
    version.refresh_from_db()
    assert version.state == "live"


def test_a_released_version_starts_afresh(client: Client, version: KernelVersion) -> None:
    answers = serve(client, version, 11)
    deny(answers[:4])
    user = User.objects.create_user("ada")
    with pytest.raises(ReasonMissing):
        release(version=version, user=user, reason=" ")
    assert release(version=version, user=user, reason="The app was at fault.").state == "live"
    assert Exemplar.objects.filter(version=version, live=True).exists()
    version.refresh_from_db()
    assert (version.passes, version.failures) == (0, 0)  # routing asks for no better record
    said = ReviewAction.objects.filter(action="release").get().reason
    assert said == "The app was at fault. (The record until then: 11 passed, 4 failed.)"
    record_feedback(client=client, run_id=answers[0].answered_run.pk, verdict="correct")
    deny(answers[4:5])
    version.refresh_from_db()
    assert version.state == "live"  # what was answered before counts no longer
    with pytest.raises(NotQuarantined):
        release(version=version, user=user, reason="again")


def test_a_quarantined_version_can_be_rolled_back_to_the_one_before() -> None:
    user = User.objects.create_user("ada")
    first = add_version(state=State.RETIRED)
    second = add_version(kernel=first.kernel, number=2, state=State.QUARANTINED)
    assert roll_back(version=second, user=user, reason="It was wrong.") == first


def test_it_is_not_released_beside_another_live_version() -> None:
    user = User.objects.create_user("ada")
    first = add_version(state=State.QUARANTINED)
    add_version(kernel=first.kernel, number=2, state=State.LIVE)
    with pytest.raises(AnotherIsLive):
        release(version=first, user=user, reason="It was right.")
    assert roll_back(version=first, user=user, reason="It stays away.") is None


def fail(client: Client, version: KernelVersion, count: int) -> None:
    failed = generated({}, failed_kernel=version_facts(version.pk))
    for number in range(count):
        recorded(client, chat(f"Fail {number}"), failed)


def test_a_kernel_that_fails_its_contract_too_often_ends_its_service_and_says_so(
    client: Client, version: KernelVersion
) -> None:
    fail(client, version, 4)
    version.refresh_from_db()
    assert version.state == "live"  # too few to tell
    fail(client, version, 1)
    version.refresh_from_db()
    assert (version.state, version.failures) == ("quarantined", 5)
    action = ReviewAction.objects.get()
    assert action.reason == "0 of 5 verified, at least 70 % required."
    release(version=version, user=None, reason="The model server was broken.")
    version.refresh_from_db()
    assert (version.state, version.failures) == ("live", 0)


def test_failures_that_do_not_speak_against_it_are_not_counted(
    client: Client, version: KernelVersion
) -> None:
    failed = generated({}, failed_kernel=version_facts(version.pk), proven=False)
    found = [recorded(client, chat(f"Fail {n}"), failed) for n in range(6)]
    version.refresh_from_db()
    assert (version.state, version.failures) == ("live", 0)
    response = Run.objects.get(pk=found[0].answered_run.pk).response
    assert response is not None
    assert response["kernelweave"]["failed_kernel"]["at_fault"] is False
