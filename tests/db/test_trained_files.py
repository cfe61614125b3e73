"""Old files of trainings go when nothing can ask for them again; what may answer stays whole."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from pytest_django import Settings

from tests.db.adapter_rows import State, adapter_in, done_run
from training.adapters.models import Adapter
from training.adapters.states import promote, reject, roll_back
from training.adapters.tidying import delete_old_files
from training.lora.models import LoraRun, artifact_storage
from training.models import NightlyStep
from training.nightly.errors import StepSkipped
from trajectories.models import Client
from workers.nightly.tidying import tidy_up

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=60)
BEFORE = NOW - timedelta(days=30)


def stored(name: str) -> str:
    storage = artifact_storage()
    storage.delete(name)
    return storage.save(name, ContentFile(b"weights"))


def is_there(name: str) -> bool:
    return artifact_storage().exists(name)


def adapter(client: Client, state: str, name: str, *, since: object = LONG_AGO) -> Adapter:
    archive = stored(f"adapters/{name}.tar")
    found = adapter_in("candidate", client, artifact=archive, dataset="", digest=name)
    Adapter.objects.filter(pk=found.pk).update(gguf=stored(f"adapters/{name}.gguf"))
    if state in (State.LIVE, State.RETIRED, State.ROLLED_BACK):
        promote(adapter=found, reason="tried by hand")
    if state == State.ROLLED_BACK:
        roll_back(adapter=found, reason="was worse")
    if state == State.REJECTED:
        reject(adapter=found, metrics={}, reason="a tie")
    Adapter.objects.filter(pk=found.pk).update(state_since=since)
    found.refresh_from_db()
    return found


@pytest.mark.parametrize("state", [State.REJECTED, State.ROLLED_BACK])
def test_files_of_what_is_over_go_and_the_rows_stay(client: Client, state: str) -> None:
    over = adapter(client, state, "over")
    assert delete_old_files(before=BEFORE) == {"datasets": 0, "adapters": 1}
    assert not is_there("adapters/over.tar")
    assert not is_there("adapters/over.gguf")
    over.refresh_from_db()
    assert (over.state, over.archive, over.gguf, over.run.artifact) == (state, "", "", "")
    assert delete_old_files(before=BEFORE) == {"datasets": 0, "adapters": 0}


def test_what_may_answer_and_what_is_young_stays(client: Client) -> None:
    retired = adapter(client, State.LIVE, "retired")
    adapter(client, State.LIVE, "live")
    adapter(client, State.CANDIDATE, "candidate")
    adapter(client, State.REJECTED, "young", since=NOW)
    retired.refresh_from_db()
    assert retired.state == State.RETIRED
    assert delete_old_files(before=BEFORE) == {"datasets": 0, "adapters": 0}
    for name in ("retired", "live", "candidate", "young"):
        assert is_there(f"adapters/{name}.tar"), name


def test_equal_files_stay_while_one_adapter_needs_them(client: Client) -> None:
    adapter(client, State.REJECTED, "same")
    live = adapter(client, State.CANDIDATE, "same")
    assert delete_old_files(before=BEFORE)["adapters"] == 0
    reject(adapter=live, metrics={}, reason="a tie")
    Adapter.objects.update(state_since=LONG_AGO)
    assert delete_old_files(before=BEFORE)["adapters"] == 1
    assert not is_there("adapters/same.tar")


def test_a_dataset_goes_when_all_its_runs_have_ended_long_ago(client: Client) -> None:
    name = stored("datasets/d.tar")
    done_run(client, dataset=name, finished_at=LONG_AGO)
    running = done_run(client, dataset=name, state=LoraRun.State.RUNNING, finished_at=None)
    assert delete_old_files(before=BEFORE)["datasets"] == 0
    assert is_there(name)
    LoraRun.objects.filter(pk=running.pk).update(state="failed", finished_at=LONG_AGO)
    assert delete_old_files(before=BEFORE)["datasets"] == 1
    assert not is_there(name)
    assert set(LoraRun.objects.values_list("dataset", flat=True)) == {""}


def test_zero_days_keep_all(settings: Settings) -> None:
    settings.KW_KEEP_TRAINED_DAYS = 0
    with pytest.raises(StepSkipped, match="All files are kept"):
        tidy_up(NightlyStep(kind="tidy"))
