"""Running processes follow what is live; what cannot be used is refused, and changes nothing."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.db import connection

from kernels.encoder import encoder_digest
from tests.db.net_rows import EFFORTS, EXAMPLES, embed_words, nets
from training.models import Snapshot
from training.nets.fitting import start_from_seed
from training.nets.policy import PolicyNet
from training.nets.prm import PrmNet
from training.nets.roster import WORKERS, UnknownWorker
from training.nets.weights import Net, NotFiniteWeights
from training.policy.choosing import PolicyChoice
from training.snapshots import live, states
from training.snapshots.live import LiveNets
from training.snapshots.states import (
    forget_old_snapshots,
    put_into_service,
    take_out_of_service,
)
from training.snapshots.storage import store_snapshot

ENDLESS = 3600.0


def seeded(net: Net, seed: int) -> Net:
    start_from_seed(net, seed)
    return net


def published(seed: int = 1, *, net: Net | None = None, **fields: Any) -> Snapshot:
    net = seeded(net or PolicyNet(), seed)
    kind = "policy" if isinstance(net, PolicyNet) else "prm"
    plain: dict[str, Any] = {
        "live": Snapshot.objects.filter(kind=kind, state="live").first(),
        "reason": "",
        "state": "live",
        "encoder_digest": encoder_digest(),
        "data_digest": f"{seed:064}",
        "metadata": {"seed": seed},
        "metrics": {},
    }
    return store_snapshot(net, **{**plain, **fields})


def chosen(process: LiveNets, worker: str = "math") -> PolicyChoice:
    query = embed_words([f"{worker} question"])[0]
    scalars = np.zeros(14, dtype=np.float32)
    return process.policy().choose(query, scalars, epsilon=0, rng=random.Random())


def spoil(snapshot: Snapshot, data: bytes | None = None) -> None:
    """Replaces the file by one with a flipped bit, or by other bytes."""
    with snapshot.file.open("rb") as file:
        known = bytearray(file.read())
    known[-1] ^= 1
    snapshot.file.storage.delete(str(snapshot.file.name))
    snapshot.file.storage.save(
        snapshot.file.name, ContentFile(bytes(known) if data is None else data)
    )


@pytest.mark.django_db
def test_before_anything_is_live_the_examples_route_and_nothing_scores() -> None:
    process = nets()
    for worker in WORKERS:
        assert chosen(process, worker).worker == worker
    assert chosen(process).snapshot is None
    assert process.scorer() is None


@pytest.mark.django_db
def test_a_published_net_is_picked_up_without_a_restart() -> None:
    process = nets()
    chosen(process)
    first = published(1)
    assert chosen(process).snapshot == first.pk
    second = published(2)
    assert chosen(process).snapshot == second.pk
    first.refresh_from_db()
    assert first.state == "retired"


@pytest.mark.django_db
def test_the_live_id_is_asked_for_at_most_once_a_poll(
    django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    process = LiveNets(EXAMPLES, EFFORTS, embed_texts=embed_words, poll_s=2, clock=lambda: now[0])
    chosen(process)
    made = published()
    now[0] = 1.9
    with django_assert_num_queries(0):
        assert chosen(process).snapshot is None
    now[0] = 2.0
    assert chosen(process).snapshot == made.pk
    now[0] = 4.0
    with django_assert_num_queries(1):
        assert chosen(process).snapshot == made.pk


@pytest.mark.django_db
@pytest.mark.parametrize("data", [None, b"", b"\x00" * 100])
def test_a_spoiled_snapshot_is_refused_and_the_one_in_use_stays(
    data: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    process = nets()
    good = published(1)
    before = chosen(process)
    bad = published(2)
    spoil(bad, data)
    assert chosen(process) == before
    assert "cannot be used and is rejected" in caplog.text
    bad.refresh_from_db()
    good.refresh_from_db()
    assert bad.state == "rejected"
    assert bad.reason.startswith("it cannot be used: The ")
    assert good.state == "live"
    assert chosen(nets()).snapshot == good.pk  # a process that starts now


@pytest.mark.django_db
def test_a_spoiled_first_snapshot_leaves_the_examples_in_charge() -> None:
    process = nets()
    bad = published(1)
    spoil(bad)
    assert chosen(process).snapshot is None
    bad.refresh_from_db()
    assert bad.state == "rejected"


@pytest.mark.django_db
def test_a_file_that_is_away_is_no_reason_to_reject(caplog: pytest.LogCaptureFixture) -> None:
    process = nets()
    good = published(1)
    chosen(process)
    away = published(2)
    away.file.storage.delete(str(away.file.name))
    assert chosen(process).snapshot == good.pk
    assert "cannot be read" in caplog.text
    away.refresh_from_db()
    assert away.state == "live"


@pytest.mark.django_db
def test_a_net_of_another_encoder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = published(1)
    monkeypatch.setattr(live, "encoder_digest", lambda: "f" * 64)
    assert chosen(nets()).snapshot is None
    made.refresh_from_db()
    assert "another encoder" in made.reason


@pytest.mark.django_db
def test_what_nobody_could_load_is_not_published() -> None:
    net = PolicyNet()
    net.depth.weight.data[0, 0] = float("nan")
    with pytest.raises(NotFiniteWeights):
        store_snapshot(
            net,
            live=None,
            reason="",
            state="live",
            encoder_digest=encoder_digest(),
            data_digest="d",
            metadata={},
            metrics={},
        )
    assert not Snapshot.objects.exists()


@pytest.mark.django_db
def test_a_file_that_a_killed_process_left_unfinished_is_written_again() -> None:
    made = published(1)
    name = made.file.name
    spoil(made, b"half")
    made.delete()
    again = published(1)
    assert again.file.name == name
    assert chosen(nets()).snapshot == again.pk


@pytest.mark.django_db
def test_nets_of_one_kind_do_not_displace_those_of_the_other() -> None:
    router, model = published(1), published(1, net=PrmNet())
    assert set(Snapshot.objects.filter(state="live")) == {router, model}


@pytest.mark.django_db
def test_an_operator_takes_a_net_out_of_service_and_puts_it_back() -> None:
    process = nets()
    waiting = published(1, state="shadow")
    assert chosen(process).snapshot is None
    assert put_into_service(snapshot=waiting)
    assert chosen(process).snapshot == waiting.pk
    assert take_out_of_service(snapshot=waiting)
    assert chosen(process).snapshot is None
    assert put_into_service(snapshot=waiting)
    rejected = published(3, reason="no gain")
    assert not put_into_service(snapshot=rejected)
    assert chosen(process).snapshot == waiting.pk


@pytest.mark.django_db
def test_of_the_old_ones_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "KEPT", 2)
    made = [published(seed) for seed in (1, 2)]
    made += [published(seed, reason="no gain") for seed in (3, 4, 5)]
    assert forget_old_snapshots("policy") == 1
    kept = [made[n] for n in (0, 1, 3, 4)]  # the live one, the one before it, two rejected
    assert list(Snapshot.objects.order_by("pk")) == kept
    storage = made[0].file.storage
    assert [storage.exists(str(one.file.name)) for one in made] == [True, True, False, True, True]


@pytest.mark.django_db
def test_steps_are_scored_one_by_one_with_one_batch_for_the_encoder() -> None:
    asked: list[list[str]] = []

    def embed(texts: Any) -> Any:
        asked.append(list(texts))
        return embed_words(texts)

    made = published(1, net=PrmNet())
    process = LiveNets(EXAMPLES, EFFORTS, embed_texts=embed, poll_s=ENDLESS)
    scorer = process.scorer()
    assert scorer is not None
    assert scorer.snapshot == made.pk
    steps = ["good a", "bad b", "good a", "good c"]
    found = scorer.score("math q", "math", steps)
    assert len(found) == 4
    assert all(0 < score < 1 for score in found)
    assert found[0] != found[2]  # the same words after other steps
    assert asked == [["math q", "good a", "bad b", "good c"]]
    scorer.score("math q", "math", [*steps, "good d"])
    assert asked[1:] == [["good d"]]
    assert scorer.score("math q", "math", []) == ()
    assert scorer.score("math q", "math", steps[:2]) == pytest.approx(found[:2])
    with pytest.raises(UnknownWorker):
        scorer.score("math q", "alchemy", steps)


@pytest.fixture
def other_process() -> Iterator[subprocess.Popen[str]]:
    """A process on the tests' database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.db.live_process"],
        env={**os.environ, "DATABASE_URL": url.geturl()},
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait(30)
    process.stdout.close()


@pytest.mark.django_db(transaction=True)
def test_another_process_works_with_a_new_snapshot_within_seconds(
    other_process: subprocess.Popen[str],
) -> None:
    assert other_process.stdout is not None
    assert other_process.stdout.readline() == "None\n"
    for seed in (1, 2):
        made = published(seed)
        begun = time.monotonic()
        assert other_process.stdout.readline() == f"{made.pk}\n"
        assert time.monotonic() - begun < 5
