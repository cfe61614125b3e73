"""A trainer in a process of its own tells, is cancelled, fails and dies as one must."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.training_rows import dataset_folder
from training.lora.apart import Apart, TrainerDied, output_of
from training.lora.job import LoraJob
from training.lora.trainer import (
    Asked,
    Cancelled,
    NotFinite,
    Progress,
    Report,
    Trained,
    TrainingFailed,
)

SCRIPTED = Apart("cpu", "scripted", silence_s=60)


def job(**fields: float) -> LoraJob:
    plain = {"iterations": 6, "save_every": 2}
    return LoraJob("embedded", "d" * 64, **{**plain, **fields})  # type: ignore[arg-type]


def never() -> bool:
    return False


def run(
    folder: Path, asked: LoraJob, report: Report, cancelled: Asked = never, apart: Apart = SCRIPTED
) -> Trained:
    data, work = dataset_folder(folder / "data"), folder / "work"
    work.mkdir()
    return apart(asked, weights=folder, data=data, work=work, report=report, cancelled=cancelled)


def test_it_tells_how_far_it_is_and_what_it_left(tmp_path: Path) -> None:
    told: list[Progress] = []
    trained = run(tmp_path, job(), told.append)
    assert [one.iteration for one in told] == [1, 2, 3, 4, 5, 6]
    assert [one.checkpoint is not None for one in told] == [False, True] * 3
    assert trained.metadata["lessons"] == 1
    assert (trained.folder / "kernelweave.json").is_file()


def test_a_checkpoint_is_waited_for(tmp_path: Path) -> None:
    seen: list[str] = []

    def report(progress: Progress) -> None:
        if progress.iteration == 2:
            time.sleep(0.3)
            seen.extend(one.name for one in (tmp_path / "work" / "checkpoints").iterdir())

    run(tmp_path, job(), report)
    assert seen == ["2"]


def test_its_failure_is_the_trainers_own(tmp_path: Path) -> None:
    with pytest.raises(NotFinite, match="at iteration 3"):
        run(tmp_path, job(learning_rate=1.0), lambda _: None)


def test_an_error_that_nobody_foresaw_is_told_with_its_trace(tmp_path: Path) -> None:
    data, work = dataset_folder(tmp_path / "data"), tmp_path / "work"
    work.mkdir()
    (data / "train.jsonl").unlink()
    with pytest.raises(TrainingFailed, match="FileNotFoundError"):
        SCRIPTED(job(), weights=data, data=data, work=work, report=lambda _: None, cancelled=never)
    assert "Traceback" in output_of(work).read_text()


def test_it_is_cancelled(tmp_path: Path) -> None:
    told: list[Progress] = []
    with pytest.raises(Cancelled):
        run(tmp_path, job(iterations=1_000_000), told.append, lambda: len(told) > 3)
    assert len(told) < 100_000


def children() -> list[int]:
    """Of this process."""
    found = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [int(pid) for one in found for pid in one.read_text().split()]


def test_one_that_is_killed_says_by_what(tmp_path: Path) -> None:
    before = children()

    def report(progress: Progress) -> None:
        (child,) = set(children()) - set(before)
        os.kill(child, signal.SIGKILL)

    with pytest.raises(TrainerDied, match="SIGKILL, perhaps for want of memory"):
        run(tmp_path, job(iterations=1_000_000), report)


def test_one_that_tells_nothing_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KW_SCRIPTED_DELAY_S", "60")
    before = children()
    with pytest.raises(TrainerDied, match="told nothing for 1 s"):
        run(tmp_path, job(), lambda _: None, apart=Apart("cpu", "scripted", silence_s=1))
    assert children() == before


def test_what_the_listener_raises_ends_it(tmp_path: Path) -> None:
    before = children()

    def report(progress: Progress) -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError):
        run(tmp_path, job(iterations=1_000_000), report)
    assert children() == before
