"""`manage.py train`: runs are listed, shown and cancelled."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.db.test_admin_training import running
from tests.training_rows import add_run
from training.models import LoraRun, NightlyPlan
from trajectories.models import Client

pytestmark = pytest.mark.django_db


def train(*words: str) -> str:
    out = StringIO()
    call_command("train", *words, stdout=out)
    return out.getvalue()


def test_it_lists_runs_as_json(client: Client) -> None:
    add_run(client)
    run = running(client)
    found = [json.loads(line) for line in train("runs", "--json").splitlines()]
    assert len(found) == 2
    assert found[0]["id"] == str(run.pk)
    assert (found[0]["iteration"], found[0]["iterations"]) == (4, 10)
    (queued,) = train("runs", "--json", "--state", "queued").splitlines()
    assert json.loads(queued)["state"] == "queued"


def test_it_lists_runs_for_people(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    running(client)
    train("runs")
    assert "4/10" in capsys.readouterr().out
    train("runs", "--limit", "9" * 20)
    assert str(LoraRun.objects.get().pk)[:8] in capsys.readouterr().out
    assert train("runs", "--state", "failed") == "There is no such run.\n"


def test_it_shows_a_run_by_the_beginning_of_its_id(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    run = running(client)
    train("show", str(run.pk)[:11])
    shown = capsys.readouterr().out
    for words in ("iteration 4 of 10", "loss 3.0000", "▁", "validation loss 2.5000"):
        assert words in shown
    assert json.loads(train("show", str(run.pk), "--json"))["curve"] == run.curve


def test_it_cancels_a_run_with_who_and_why(client: Client) -> None:
    run = add_run(client)
    assert train("cancel", str(run.pk), "--reason", "wrong data") == "Cancelled.\n"
    run.refresh_from_db()
    assert run.reason.endswith(", at the command line: wrong data")
    with pytest.raises(CommandError, match="has ended"):
        train("cancel", str(run.pk))


def test_a_running_one_is_cancelled_by_its_node(client: Client) -> None:
    run = running(client)
    assert "Its node ends it" in train("cancel", str(run.pk))


@pytest.mark.parametrize("named", ["", "xyz", "00000000"])
def test_what_is_no_run_is_said(client: Client, named: str) -> None:
    add_run(client)
    with pytest.raises(CommandError, match=r"is no id|No run begins"):
        train("show", named)


def test_one_who_stops_looking_at_a_night_stops_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kwsite.management.commands.train.follow_plan", interrupted)
    plan = NightlyPlan.objects.create(key="tonight")
    train("nightly", "--follow")
    assert "It goes on." in capsys.readouterr().out
    plan.refresh_from_db()
    assert plan.state == "running"
    with pytest.raises(CommandError, match="not allowed with"):
        train("nightly", "--follow", "--cancel")


@pytest.mark.parametrize("shown", [(), ("--json",)])
def test_a_night_of_which_a_step_failed_is_no_success(
    shown: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwsite.management.commands.train.follow_plan", lambda *_: None)
    plan = NightlyPlan.objects.create(key="tonight")
    plan.steps.create(place=0, kind="calibrate", state="done")
    train("nightly", "--follow", *shown)
    plan.steps.create(place=1, kind="train", state="failed", reason="The loss is NaN.")
    with pytest.raises(
        CommandError, match=r"1 of 2 steps failed.*train: The loss is NaN"
    ) as raised:
        train("nightly", "--follow", *shown)
    assert raised.value.returncode == 1


def test_a_night_that_somebody_cancels_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    def cancelled(plan: NightlyPlan, *_: object) -> None:
        NightlyPlan.objects.filter(pk=plan.pk).update(state="cancelled")

    monkeypatch.setattr("kwsite.management.commands.train.follow_plan", cancelled)
    NightlyPlan.objects.create(key="tonight")
    with pytest.raises(CommandError, match="cancelled it before its end"):
        train("nightly", "--follow")


def test_to_begin_a_night_is_all_that_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = NightlyPlan.objects.create(key="tonight")
    begun.steps.create(place=0, kind="tidy", state="failed", reason="The disk is full.")
    monkeypatch.setattr("kwsite.management.commands.train.begin_plan", lambda **_: (begun, True))
    monkeypatch.setattr("kwsite.management.commands.train.ask_to_advance", lambda: None)
    train("nightly", "--no-wait")
