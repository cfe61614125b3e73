"""A vLLM server is told which adapters to serve, while it runs."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from pytest_django import Settings

from tests.adapter_archives import random_archive
from tests.db.adapter_rows import State, done_run
from tests.scripted_vllm import KEY, ScriptedVllm, serve_vllm
from training.adapters.models import Adapter
from training.adapters.states import promote, register_adapter, reject
from training.lora.models import artifact_storage
from trajectories.models import Client
from workers.tasks.rollout import follow_at_vllm

pytestmark = pytest.mark.django_db


@pytest.fixture
def vllm(settings: Settings, tmp_path: Path) -> Iterator[ScriptedVllm]:
    with serve_vllm() as server:
        settings.KW_LLM_PROVIDER = "vllm"
        settings.KW_LLM_BASE_URL = server.base_url
        settings.KW_LLM_API_KEY = KEY
        settings.KW_ADAPTER_DIR = str(tmp_path / "shared")
        settings.STORAGES = {
            **settings.STORAGES,
            "snapshots": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": str(tmp_path / "storage")},
            },
        }
        assert isinstance(artifact_storage(), FileSystemStorage)
        yield server


def trained(client: Client, tmp_path: Path, seed: int) -> Adapter:
    archive, digest = random_archive(tmp_path / "made", seed)
    with archive.open("rb") as opened:
        name = artifact_storage().save(f"adapters/{digest}.tar", File(opened))
    return register_adapter(run=done_run(client, artifact=name, digest=digest))


def test_a_candidate_is_loaded_under_its_own_name(
    client: Client, vllm: ScriptedVllm, tmp_path: Path
) -> None:
    adapter = trained(client, tmp_path, 1)
    follow_at_vllm()
    adapter.refresh_from_db()
    assert (adapter.server_url, adapter.slot) == (vllm.base_url, None)
    assert vllm.loaded == {adapter.name: str(tmp_path / "shared" / adapter.digest)}
    follow_at_vllm()
    assert [what for what, _ in vllm.asked].count("load_lora_adapter") == 1


def test_what_is_over_is_unloaded_once_nobody_asks_it(
    client: Client, vllm: ScriptedVllm, tmp_path: Path
) -> None:
    first, second = trained(client, tmp_path, 1), trained(client, tmp_path, 2)
    follow_at_vllm()
    promote(adapter=first, reason="so")
    reject(adapter=second, metrics=None, reason="a tie")
    follow_at_vllm()
    second.refresh_from_db()
    assert not second.is_served
    assert set(vllm.loaded) == {first.name, second.name}
    follow_at_vllm()
    assert set(vllm.loaded) == {first.name}


def test_a_server_that_was_started_anew_gets_its_adapters_again(
    client: Client, vllm: ScriptedVllm, tmp_path: Path
) -> None:
    adapter = trained(client, tmp_path, 1)
    follow_at_vllm()
    vllm.loaded.clear()
    follow_at_vllm()
    assert set(vllm.loaded) == {adapter.name}


def test_a_candidate_that_it_cannot_load_is_rejected_with_what_it_said(
    client: Client, vllm: ScriptedVllm, tmp_path: Path
) -> None:
    adapter = trained(client, tmp_path, 1)
    vllm.refuses = (400, "LoRA rank 64 is greater than max_lora_rank 16")
    follow_at_vllm()
    adapter.refresh_from_db()
    assert adapter.state == State.REJECTED
    assert "greater than max_lora_rank 16" in adapter.reason


def test_what_is_live_stays_live_though_it_cannot_be_loaded_now(
    client: Client, vllm: ScriptedVllm, tmp_path: Path
) -> None:
    adapter = trained(client, tmp_path, 1)
    promote(adapter=adapter, reason="so")
    vllm.refuses = (400, "no slot is free")
    follow_at_vllm()
    adapter.refresh_from_db()
    assert (adapter.state, adapter.is_served) == (State.LIVE, False)


def test_an_archive_that_was_changed_is_not_served(
    client: Client, vllm: ScriptedVllm, tmp_path: Path
) -> None:
    adapter = trained(client, tmp_path, 1)
    Path(artifact_storage().path(adapter.archive)).write_bytes(b"something else")
    follow_at_vllm()
    adapter.refresh_from_db()
    assert adapter.state == State.REJECTED
    assert "not the one that was promised" in adapter.reason
    assert not vllm.loaded


def test_a_server_that_loads_none_says_how_to_start_it(
    client: Client, vllm: ScriptedVllm, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = trained(client, tmp_path, 1)
    vllm.without_loading = True
    with caplog.at_level(logging.ERROR):
        follow_at_vllm()
    assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING=True" in caplog.text
    adapter.refresh_from_db()
    assert adapter.state == State.CANDIDATE


def test_a_server_that_is_down_changes_nothing(
    client: Client, vllm: ScriptedVllm, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = trained(client, tmp_path, 1)
    follow_at_vllm()
    vllm.down = True
    follow_at_vllm()
    assert "the engine died" in caplog.text
    adapter.refresh_from_db()
    assert adapter.is_served


def test_it_may_call_the_folder_otherwise(
    client: Client, vllm: ScriptedVllm, tmp_path: Path, settings: Settings
) -> None:
    adapter = trained(client, tmp_path, 1)
    (tmp_path / "there").symlink_to(tmp_path / "shared")
    settings.KW_ADAPTER_DIR_THERE = str(tmp_path / "there")
    follow_at_vllm()
    assert vllm.loaded == {adapter.name: str(tmp_path / "there" / adapter.digest)}


@pytest.mark.parametrize("setting", ["KW_LLM_PROVIDER", "KW_ADAPTER_DIR"])
def test_without_vllm_or_a_folder_nothing_is_asked(
    client: Client, vllm: ScriptedVllm, settings: Settings, setting: str
) -> None:
    setattr(settings, setting, "")
    follow_at_vllm()
    assert vllm.asked == []
