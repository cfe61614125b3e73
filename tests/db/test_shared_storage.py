"""Artifacts in an S3-compatible storage: whole, by digest, and nothing else of the service."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from pytest_django import Settings

from kwsite.env import Environment
from kwsite.storage_setting import snapshots_storage
from tests.interrupted_trainer import Interrupted, desk, dies
from tests.s3_server import S3Server, serve_s3
from tests.training_rows import add_stored_run, claimed
from training.lora.artifact import BadArchive
from training.lora.storing import (
    NotStored,
    fetch_folder,
    store_file,
    store_folder,
)
from trajectories.models import Client
from workers.training_run import train_run

LARGE = 9 * 2**20  # goes up in parts


@pytest.fixture
def s3(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    with serve_s3() as server:
        for name, value in (
            ("KW_STORAGE", "s3://bucket/kw"),
            ("KW_S3_ENDPOINT", server.url),
            ("KW_S3_REGION", "here"),
            ("KW_S3_ACCESS_KEY", "key"),
            ("KW_S3_SECRET_KEY", "secret"),
        ):
            monkeypatch.setenv(name, value)
        chosen = snapshots_storage(Environment({}), folder="")
        settings.STORAGES = {**settings.STORAGES, "snapshots": chosen}
        yield server
        opened: Any = storages["snapshots"]
        opened.connection.meta.client.close()


def folder_of(place: Path, size: int = 10) -> Path:
    place.mkdir()
    (place / "weights").write_bytes(b"w" * size)
    return place


@pytest.mark.parametrize("size", [10, LARGE])
def test_a_folder_comes_back_as_it_was(s3: S3Server, tmp_path: Path, size: int) -> None:
    name, digest = store_folder(folder_of(tmp_path / "a", size), "adapters")
    assert name == f"adapters/{digest}.tar"
    assert list(s3.objects) == [f"/bucket/kw/{name}"]
    fetch_folder(name, tmp_path / "b")
    assert (tmp_path / "b" / "weights").read_bytes() == b"w" * size


def test_what_is_there_is_not_sent_again(s3: S3Server, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "a")
    store_folder(folder, "adapters")
    store_folder(folder, "adapters")
    assert [method for method, _ in s3.asked].count("PUT") == 1


def test_a_damaged_file_is_replaced_and_never_used(s3: S3Server, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "a")
    name, _ = store_folder(folder, "adapters")
    s3.objects[f"/bucket/kw/{name}"] = b"half"
    with pytest.raises(BadArchive):
        fetch_folder(name, tmp_path / "b")
    store_folder(folder, "adapters")
    fetch_folder(name, tmp_path / "c")


def test_what_is_not_there_is_said(s3: S3Server, tmp_path: Path) -> None:
    with pytest.raises(NotStored, match="is not in the storage of this node"):
        fetch_folder(f"adapters/{'0' * 64}.tar", tmp_path / "b")


def test_a_bucket_that_is_away_fails_as_a_disk_does(s3: S3Server, tmp_path: Path) -> None:
    name, _ = store_folder(folder_of(tmp_path / "a"), "adapters")
    s3.refuses = True
    storage = storages["snapshots"]
    for asked in (
        lambda: storage.open(name),
        lambda: storage.exists(name),
        lambda: storage.delete(name),
        lambda: storage.listdir("adapters"),
        lambda: store_folder(folder_of(tmp_path / "b"), "adapters"),
    ):
        with pytest.raises(OSError, match="The storage failed"):
            asked()


def test_a_file_keeps_its_name(s3: S3Server, tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF")
    assert store_file(tmp_path / "x.gguf", "adapters/x.gguf", digest="d") == "adapters/x.gguf"
    assert s3.objects["/bucket/kw/adapters/x.gguf"] == b"GGUF"


@pytest.mark.django_db
def test_a_run_is_trained_and_resumed_through_it(
    s3: S3Server, client: Client, tmp_path: Path
) -> None:
    run = claimed(add_stored_run(client, tmp_path))
    train_run(run, desk(tmp_path, Interrupted(7, dies)))
    assert sum("/checkpoints/" in key for key in s3.objects) == 1
    again = claimed(run)
    train_run(again, desk(tmp_path))
    again.refresh_from_db()
    assert (again.state, again.metrics["resumed_at"]) == ("done", 5)
    assert sorted(key.split("/")[3] for key in s3.objects) == ["adapters", "datasets"]


def test_without_the_setting_it_is_a_folder() -> None:
    found = snapshots_storage(Environment({}), folder="/var/kw")
    assert found["OPTIONS"] == {"location": "/var/kw"}


@pytest.mark.parametrize("address", ["bucket", "http://host/x", "s3://", "s3://key:secret@bucket"])
def test_an_address_that_is_none_ends_the_start(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KW_STORAGE", address)
    with pytest.raises(SystemExit, match=r"write it as s3://BUCKET/FOLDER"):
        snapshots_storage(Environment({}), folder="")
