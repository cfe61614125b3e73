"""The stack's part for adapters: it serves what the rows say, and finds the one at fault."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.core.files import File

from kwsite.stack import adapter_server
from kwsite.stack.adapter_files import gguf_file
from kwsite.stack.adapter_server import Following
from kwsite.stack.adapter_servers import AdapterFile, AdapterServer, AdapterServers
from kwsite.stack.child import Child
from kwsite.stack.failure import StackFailure
from kwsite.stack.llama_model import LlamaModel, weights
from tests.adapter_archives import random_archive
from tests.db.adapter_rows import State, done_run
from training.adapters.models import Adapter
from training.adapters.states import promote, register_adapter, reject
from training.lora.models import artifact_storage
from trajectories.models import Client

pytestmark = pytest.mark.django_db


class SleepingServers(AdapterServers):
    """Servers that only sleep, so that they can be started and killed; `bad` adapters end them."""

    def __init__(self, home: Path) -> None:
        (home / "logs").mkdir(parents=True)
        super().__init__(
            home=home,
            model=LlamaModel(),
            environment={"KW_LLM_API_KEY": "none"},
            grace_s=10.0,
            patience_s=100.0,
            clock=lambda: self.now,
        )
        self.now = 0.0
        self.bad: set[int] = set()
        self.started: list[tuple[int, ...]] = []
        self.logs = home / "logs"

    def start(self, adapters: Sequence[AdapterFile]) -> AdapterServer:
        pks = tuple(adapter.pk for adapter in adapters)
        self.started.append(pks)
        if self.bad.intersection(pks):
            raise StackFailure("adapter-llama: died with exit code 1")
        child = Child("sleeps", ["sleep", "60"], environment={}, logs=self.logs)
        return AdapterServer(child, 20_000 + len(self.started), pks)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[SleepingServers]:
    found = SleepingServers(tmp_path / "home")
    yield found
    found.stop()


@pytest.fixture
def following(servers: SleepingServers, monkeypatch: pytest.MonkeyPatch) -> Following:
    """With files that are there at once, and no pause after a failure."""
    monkeypatch.setattr(adapter_server, "gguf_file", lambda *_, **__: Path("some.gguf"))
    monkeypatch.setattr(adapter_server, "RETRY_S", 0.0)
    return Following(servers, Path("base.gguf"))


def candidate(client: Client) -> Adapter:
    return register_adapter(run=done_run(client))


def told(adapter: Adapter) -> tuple[str, int | None]:
    adapter.refresh_from_db()
    return adapter.server_url, adapter.slot


def test_without_adapters_nothing_is_started(following: Following, client: Client) -> None:
    following.begin()
    following.follow()
    assert following._servers.current is None


def test_addresses_from_before_are_forgotten_at_the_start(
    following: Following, client: Client
) -> None:
    adapter = candidate(client)
    Adapter.objects.update(server_url="http://127.0.0.1:1/v1", slot=4)
    following.begin()
    assert told(adapter) == ("", None)


def test_all_are_served_by_one_server_under_their_places(
    following: Following, servers: SleepingServers, client: Client
) -> None:
    first, second = candidate(client), candidate(client)
    following.follow()
    following.follow()
    assert servers.started == [(first.pk, second.pk)]
    assert told(first) == ("http://127.0.0.1:20001/v1", 0)
    assert told(second) == ("http://127.0.0.1:20001/v1", 1)


def test_a_new_one_gets_a_server_beside_and_the_old_one_ends_later(
    following: Following, servers: SleepingServers, client: Client
) -> None:
    first = candidate(client)
    following.follow()
    old = servers.current
    second = candidate(client)
    following.follow()
    assert told(first) == ("http://127.0.0.1:20002/v1", 0)
    assert told(second) == ("http://127.0.0.1:20002/v1", 1)
    assert old is not None
    servers.now = 9.0
    following.follow()
    assert old.child.is_alive()  # for those that have read its address
    servers.now = 101.0
    following.follow()
    assert not old.child.is_alive()


def test_one_less_needs_no_other_server(
    following: Following, servers: SleepingServers, client: Client
) -> None:
    first, second = candidate(client), candidate(client)
    following.follow()
    reject(adapter=first, metrics=None, reason="a tie")
    following.follow()
    assert (told(first), told(second)[1]) == (("", None), 1)
    assert len(servers.started) == 1
    reject(adapter=second, metrics=None, reason="a tie")
    following.follow()
    assert servers.current is None


def test_a_server_that_died_is_started_again(
    following: Following, servers: SleepingServers, client: Client
) -> None:
    adapter = candidate(client)
    following.follow()
    assert servers.current is not None
    servers.current.child.process.kill()
    servers.current.child.process.wait()
    following.follow()
    assert told(adapter) == ("http://127.0.0.1:20002/v1", 0)


def test_the_one_that_makes_it_fail_is_found_and_the_others_are_served(
    following: Following, servers: SleepingServers, client: Client
) -> None:
    good = candidate(client)
    following.follow()
    bad, later = candidate(client), candidate(client)
    servers.bad = {bad.pk}
    for _ in range(6):
        following.follow()
    assert told(good)[0] == told(later)[0] != ""
    bad.refresh_from_db()
    assert (bad.state, bad.is_served) == (State.REJECTED, False)
    assert "died with exit code 1" in bad.reason


def test_a_live_one_that_makes_it_fail_stays_live_and_is_tried_again(
    following: Following, servers: SleepingServers, client: Client
) -> None:
    adapter = candidate(client)
    promote(adapter=adapter, reason="so")
    servers.bad = {adapter.pk}
    for _ in range(4):
        following.follow()
    adapter.refresh_from_db()
    assert (adapter.state, adapter.is_served) == (State.LIVE, False)
    servers.bad = set()
    following.follow()
    assert told(adapter)[1] == 0


# Files.


def trained(client: Client, folder: Path, seed: int, **sizes: int) -> Adapter:
    archive, digest = random_archive(folder, seed, **sizes)
    with archive.open("rb") as opened:
        name = artifact_storage().save(f"adapters/{digest}.tar", File(opened))
    return register_adapter(run=done_run(client, artifact=name, digest=digest))


def test_an_adapter_is_converted_once_for_all_machines(client: Client, tmp_path: Path) -> None:
    adapter = trained(client, tmp_path / "made", 21)
    here = gguf_file(adapter, folder=tmp_path / "here", base=weights())
    assert here.read_bytes()[:4] == b"GGUF"
    adapter.refresh_from_db()
    assert adapter.gguf.startswith(f"adapters/{adapter.digest}")
    artifact_storage().delete(adapter.archive)  # nobody needs it for this any more
    there = gguf_file(adapter, folder=tmp_path / "there", base=Path("not read"))
    assert there.read_bytes() == here.read_bytes()
    assert [file.name for file in (tmp_path / "there").iterdir()] == [f"{adapter.digest}.gguf"]


def test_an_adapter_that_cannot_be_converted_is_rejected(
    client: Client, servers: SleepingServers, tmp_path: Path
) -> None:
    adapter = trained(client, tmp_path / "made", 22, hidden=64)
    Following(servers, weights()).follow()
    adapter.refresh_from_db()
    assert adapter.state == State.REJECTED
    assert "of another model" in adapter.reason


def test_one_whose_files_are_away_waits(
    client: Client, servers: SleepingServers, tmp_path: Path
) -> None:
    adapter = register_adapter(run=done_run(client, artifact="adapters/none.tar"))
    Following(servers, weights()).follow()
    adapter.refresh_from_db()
    assert (adapter.state, servers.started) == (State.CANDIDATE, [])
