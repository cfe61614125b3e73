"""Routing learns from verdicts, and what it learned goes live only if it beats what is live."""

import json
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from kernels.calibration import Calibrator
from kernels.conditions.checks import Check
from kernels.library.first_calibration import fit_first_calibration
from kernels.library.reading import starters
from kernels.matching import Features
from kernels.models import Calibration, KernelVersion
from kernels.registry import Sample, propose_version
from kernels.routing import version_facts
from tests.db.rows import chat, generated, recorded
from training.publishing import published_if
from training.routing.recalibration import (
    NothingLive,
    NothingNew,
    TooFewVerdicts,
    recalibrate,
    verdict_of,
)
from trajectories.models import Client, Feedback, Run, Trajectory
from workers.feedback import record_feedback

pytestmark = pytest.mark.django_db
CEILING = 0.10
NEAR = Features(0.9, 0.85, 0.6, 1.0, 0.7, 0.0, 0.2, 0.9, 0.8, 1.0)


@pytest.fixture
def live() -> Calibration:
    found = fit_first_calibration(CEILING)
    assert found is not None
    return found


@pytest.fixture
def version() -> KernelVersion:
    return propose_version(
        spec=starters()[0].spec.model_copy(update={"name": "of-this-app"}),
        samples=[Sample("Say hello", {})],
        client=None,
        confidence=0.7,
        evidence={},
        state=KernelVersion.State.LIVE,
    )


def served(client: Client, version: KernelVersion, prompt: str, features: Features) -> Trajectory:
    """An answer of the kernel, which was chosen for these features."""
    answer = generated({}, route="kernel", kernel=version_facts(version.pk))
    found = recorded(client, chat(prompt), answer)
    choose(found, version, features)
    return found


def choose(trajectory: Trajectory, version: KernelVersion, features: Features) -> None:
    named = dict(zip(Features.names(), features.vector(), strict=True))
    candidate = {
        "kernel": version.kernel.name,
        "version_id": str(version.pk),
        "features": named,
    }
    decision = {"route": "kernel", "chosen": str(version.pk), "candidates": [candidate]}
    Run.objects.filter(pk=trajectory.answered_run.pk).update(decision=decision)


def judged(
    client: Client, version: KernelVersion, count: int, fits: Callable[[Features], bool]
) -> None:
    dice = random.Random(5)
    for number in range(count):
        words = dice.random()
        features = replace(NEAR, lexical_support=words, nearest_similarity=dice.uniform(0.6, 1))
        found = served(client, version, f"Say {number}", features)
        verdict = "correct" if fits(features) else "incorrect"
        Feedback.objects.create(client=client, trajectory=found, verdict=verdict)


def refit() -> Calibration:
    return recalibrate(ceiling=CEILING, min_verdicts=50)


def test_what_verdicts_teach_goes_live(
    client: Client, version: KernelVersion, live: Calibration
) -> None:
    judged(client, version, 160, lambda features: features.lexical_support > 0.5)
    made = refit()
    live.refresh_from_db()
    assert (made.state, live.state, made.parent) == ("live", "retired", live)
    assert made.metrics["comparison"]["gain_bound"] > 0
    few, many = replace(NEAR, lexical_support=0.1), replace(NEAR, lexical_support=1.0)
    new = Calibrator.from_json(made.weights)
    assert new.probability(few) < new.threshold <= new.probability(many)
    assert Calibrator.from_json(live.weights).probability(few) >= live.weights["threshold"]


def test_what_is_cancelled_meanwhile_stays_out_of_service(
    client: Client, version: KernelVersion, live: Calibration
) -> None:
    judged(client, version, 160, lambda features: features.lexical_support > 0.5)
    with published_if(lambda: False):
        made = refit()
    live.refresh_from_db()
    assert (made.state, made.reason) == ("rejected", "it was cancelled meanwhile")
    assert live.state == "live"


def test_what_teaches_nothing_new_is_rejected_and_says_why(
    client: Client, version: KernelVersion, live: Calibration
) -> None:
    expected = Calibrator.from_json(live.weights)
    dice = random.Random(6)
    judged(client, version, 60, lambda features: dice.random() < expected.probability(features))
    made = refit()
    live.refresh_from_db()
    assert (made.state, live.state) == ("rejected", "live")
    assert made.reason.startswith("it does not beat the live one: gain ")


def test_the_same_verdicts_are_not_learned_twice(
    client: Client, version: KernelVersion, live: Calibration
) -> None:
    judged(client, version, 60, lambda features: features.lexical_support > 0.5)
    refit()
    with pytest.raises(NothingNew):
        refit()


def test_too_few_verdicts_teach_nothing(
    client: Client, version: KernelVersion, live: Calibration
) -> None:
    judged(client, version, 3, lambda _: True)
    with pytest.raises(TooFewVerdicts, match="3 judged answers of kernels; 50 are needed"):
        refit()


def test_without_a_live_calibration_there_is_nothing_to_beat() -> None:
    with pytest.raises(NothingLive):
        refit()


def test_loading_the_starters_again_keeps_what_was_learned(
    client: Client, version: KernelVersion, live: Calibration
) -> None:
    judged(client, version, 60, lambda features: features.lexical_support > 0.5)
    made = refit()
    assert fit_first_calibration(CEILING) is None
    made.refresh_from_db()
    assert made.state == "live"
    other = fit_first_calibration(0.2)  # another ceiling asks for another threshold
    assert other is not None
    assert other.state == "live"


def test_people_have_the_last_word(client: Client, version: KernelVersion) -> None:
    found = served(client, version, "Say hello", NEAR)
    for verdict, expected in (("correct", True), ("incorrect", False), ("correct", True)):
        record_feedback(client=client, run_id=found.answered_run.pk, verdict=verdict)
        assert verdict_of(Trajectory.objects.get(pk=found.pk)) is expected


@pytest.mark.parametrize(
    ("kind", "model", "expected"),
    [("cel", "m", True), ("schema", "m", None), ("cel", "none", None)],
)
def test_a_contract_speaks_for_a_kernel_only_if_it_could_have_failed(
    client: Client, version: KernelVersion, kind: str, model: str, expected: bool | None
) -> None:
    check = Check(kind, "", "ok", "", 0.0)
    answer = generated(
        {}, route="kernel", kernel=version_facts(version.pk), checks=(check,), model=model
    )
    found = recorded(client, chat("Say hello"), answer)
    choose(found, version, NEAR)
    assert verdict_of(found) is expected


def test_a_kernel_that_failed_its_contract_was_wrong(
    client: Client, version: KernelVersion
) -> None:
    found = recorded(client, chat("Say hello"), generated({}))
    choose(found, version, NEAR)
    assert verdict_of(found) is False


def test_the_command_shows_what_came_out(
    client: Client,
    version: KernelVersion,
    live: Calibration,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(CommandError, match="0 judged answers of kernels"):
        call_command("refit_routing")
    settings.KW_REFIT_MIN_VERDICTS = 10
    judged(client, version, 60, lambda features: features.lexical_support > 0.5)
    call_command("refit_routing", "--json")
    assert json.loads(capsys.readouterr().out)["state"] == "live"
    judged(client, version, 1, lambda _: True)
    call_command("refit_routing")
    assert "log loss of the verdicts" in capsys.readouterr().out
