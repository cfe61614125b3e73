"""One training by several processes, one for each GPU, which accelerate lets work together.

This process tells and asks on their behalf: they write their progress to a file, and end when the
mark that it renews grows old. So they do not outlive a node that is killed.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from training.lora import trainer as errors
from training.lora.job import LoraJob
from training.lora.trainer import (
    METADATA,
    Asked,
    Cancelled,
    Progress,
    Report,
    Trained,
    TrainingFailed,
)

FOLDER = "processes"  # in the folder of the run
REQUEST, TOLD, FAILED, ALIVE = "request.json", "told.jsonl", "failed.json", "alive"
LOOK_S = 0.2
SILENT_S = 60.0
END_S = 20.0
SHOWN = 2000  # characters of what they printed, where they end without a reason


def fine_tune_in_processes(
    job: LoraJob,
    *,
    data: Path,
    folder: Path,
    work: Path,
    device: str,
    processes: int,
    recompute: bool,
    report: Report,
    cancelled: Asked,
) -> Trained:
    """`folder` is a Hugging Face directory. Raises TrainingFailed."""
    if job.batch_size % processes:
        raise TrainingFailed(
            f"A batch of {job.batch_size} cannot be divided among {processes} processes."
        )
    place = work / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for name in (TOLD, FAILED):
        (place / name).unlink(missing_ok=True)
    request = {
        "job": job.as_json(),
        "data": str(data.absolute()),
        "folder": str(folder.absolute()),
        "work": str(work.absolute()),
        "machine": {"device": device, "processes": processes, "recompute": recompute},
    }
    (place / REQUEST).write_text(json.dumps(request), encoding="utf-8")
    with (place / "log").open("wb") as log:
        started = subprocess.Popen(
            [
                *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
                *("--nproc-per-node", str(processes)),
                *("-m", "training.lora.peft_process", str(place)),
            ],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": str(_threads(processes))},
        )
        try:
            _relay(started, place, report, cancelled)
        finally:
            _end(started)
    if started.returncode:
        raise _failure(place)
    found = work / "adapter"
    return Trained(found, json.loads((found / METADATA).read_text(encoding="utf-8")))


def tell(place: Path, progress: Progress) -> None:
    """What the first of the processes has to tell, a line a time."""
    said = asdict(progress) | {"checkpoint": str(progress.checkpoint or "")}
    with (place / TOLD).open("a", encoding="utf-8") as opened:
        opened.write(f"{json.dumps(said)}\n")


def tell_failure(place: Path, failure: TrainingFailed) -> None:
    """The first that fails says why; torch's launcher then ends the others."""
    said = {"kind": type(failure).__name__, "detail": failure.detail}
    draft = place / f"{FAILED}.{os.getpid()}"
    draft.write_text(json.dumps(said), encoding="utf-8")
    try:
        os.link(draft, place / FAILED)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def is_forsaken(place: Path) -> bool:
    """Whether the process that started this one is gone."""
    return time.time() - (place / ALIVE).stat().st_mtime > SILENT_S


def _relay(
    started: "subprocess.Popen[bytes]", place: Path, report: Report, cancelled: Asked
) -> None:
    lines = _Lines(place / TOLD)
    running = True
    while running:
        (place / ALIVE).touch()
        running = started.poll() is None
        for said in lines.new():
            checkpoint = Path(said["checkpoint"]) if said["checkpoint"] else None
            report(Progress(**{**said, "checkpoint": checkpoint}))
        if running and cancelled():
            raise Cancelled()
        if running:
            time.sleep(LOOK_S)


class _Lines:
    """The lines of a file that grows."""

    def __init__(self, file: Path) -> None:
        self._file, self._at = file, 0

    def new(self) -> Iterator[dict[str, Any]]:
        if not self._file.exists():
            return
        with self._file.open("rb") as opened:
            opened.seek(self._at)
            for line in opened:
                if not line.endswith(b"\n"):
                    return
                self._at += len(line)
                yield json.loads(line)


def _end(started: "subprocess.Popen[bytes]") -> None:
    if started.poll() is not None:
        return
    started.terminate()
    try:
        started.wait(END_S)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, 9)
        started.wait()


def _failure(place: Path) -> TrainingFailed:
    if not (place / FAILED).exists():
        printed = (place / "log").read_text(encoding="utf-8", errors="replace")
        return TrainingFailed(f"A process ended without a reason:\n{printed[-SHOWN:]}")
    said = json.loads((place / FAILED).read_text(encoding="utf-8"))
    kind: type[TrainingFailed] = getattr(errors, said["kind"], TrainingFailed)
    return kind(said["detail"])


def _threads(processes: int) -> int:
    return max(1, (os.cpu_count() or 1) // processes)
