"""A trainer in a process of its own.

What it takes is given back when it ends, and when it dies (for want of memory, say) its node lives.
It says a line of JSON for each thing that it has to tell, and waits for an answer where it wrote a
checkpoint. It ends when its node does.
"""

import contextlib
import json
import math
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from training.lora import trainer as errors
from training.lora.job import Device, LoraJob
from training.lora.trainer import Asked, Cancelled, Progress, Report, Trained, TrainingFailed
from trajectories.errors import KernelWeaveError

POLL_S = 0.5
GRACE_S = 20.0  # from being asked to end until it is ended


class TrainerDied(KernelWeaveError):
    """The training process ended without a word."""


@dataclass(frozen=True)
class Apart:
    """A trainer as all are: that of a device, or the scripted one if `which` says so.

    `silence_s` is how long it may tell nothing at all. Raises TrainerDied, too.
    """

    device: Device
    which: str
    silence_s: float
    options: Mapping[str, Any] = field(default_factory=dict)  # a node's `TrainerOptions`

    def __call__(
        self,
        job: LoraJob,
        *,
        weights: Path,
        data: Path,
        work: Path,
        report: Report,
        cancelled: Asked,
    ) -> Trained:
        told = {
            "trainer": self.which,
            "device": self.device,
            "options": dict(self.options),
            "job": job.as_json(),
            "weights": str(weights),
            "data": str(data),
            "work": str(work),
        }
        with _process(told, output_of(work)) as process:
            return self._listen(process, report, cancelled)

    def _listen(self, process: "_Process", report: Report, cancelled: Asked) -> Trained:
        heard_at, ends_at = time.monotonic(), math.inf
        while time.monotonic() < ends_at:
            if ends_at == math.inf and cancelled():
                ends_at = time.monotonic() + GRACE_S
                process.say("cancel")
            message = process.message(within_s=POLL_S)
            if message is None:
                if time.monotonic() - heard_at > self.silence_s:
                    raise TrainerDied(f"It told nothing for {self.silence_s:.0f} s.")
                continue
            if "progress" in message:
                progress = _progress(message["progress"])
                report(progress)
                if progress.checkpoint is not None:
                    process.say("go on")
                heard_at = time.monotonic()  # from here on: it waited while that was stored
            elif "trained" in message:
                found = message["trained"]
                return Trained(Path(found["folder"]), found["metadata"])
            else:
                raise _failure(message["failed"])
        raise Cancelled()


class _Process:
    def __init__(self, child: subprocess.Popen[bytes], lines: IO[bytes]) -> None:
        self._child = child
        self._lines = lines
        self._begun = b""

    def message(self, *, within_s: float) -> dict[str, Any] | None:
        """What the child says next; None when it says nothing. Raises TrainerDied."""
        if b"\n" not in self._begun:
            if not select.select([self._lines], [], [], within_s)[0]:
                return None
            read = os.read(self._lines.fileno(), 2**16)
            if not read:
                raise TrainerDied(self._end())
            self._begun += read
            if b"\n" not in self._begun:
                return None
        line, _, self._begun = self._begun.partition(b"\n")
        message: dict[str, Any] = json.loads(line, parse_constant=lambda _: None)
        return message

    def say(self, word: str) -> None:
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # its end is found where it is listened to
            self._child.stdin.write(f"{word}\n".encode())
            self._child.stdin.flush()

    def _end(self) -> str:
        code = self._child.wait()
        if code < 0:
            why = f"It was killed by signal {signal.Signals(-code).name}"
            why += ", perhaps for want of memory." if code == -signal.SIGKILL else "."
        else:
            why = f"It ended with code {code}."
        return why


def output_of(work: Path) -> Path:
    """All that the process printed."""
    return work.with_name(f"{work.name}.log")


@contextlib.contextmanager
def _process(told: dict[str, Any], output_file: Path) -> Iterator[_Process]:
    """The child, which has been told its job; afterwards it is gone."""
    reads, writes = os.pipe()
    with open(reads, "rb", buffering=0) as lines, output_file.open("wb") as output:
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", "training.lora.apart_child", str(writes)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(writes,),
                start_new_session=True,  # Ctrl-C is for the node, which ends it
                cwd=Path(__file__).resolve().parents[2],
            )
        finally:
            os.close(writes)
        process = _Process(child, lines)
        try:
            process.say(json.dumps(told))
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            if child.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    child.stdin.close()


def _progress(found: dict[str, Any]) -> Progress:
    checkpoint = found.pop("checkpoint")
    return Progress(**found, checkpoint=Path(checkpoint) if checkpoint else None)


def _failure(found: dict[str, str]) -> TrainingFailed:
    kind = getattr(errors, found["kind"], TrainingFailed)
    assert issubclass(kind, TrainingFailed)
    return kind(found["detail"])
