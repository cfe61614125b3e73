"""The process in which a trainer runs: `python -m training.lora.apart_child DESCRIPTOR`.

It reads its job from stdin, a line of JSON, and writes what it has to tell to the descriptor.
"""

import json
import os
import sys
import threading
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from training.lora import scripted_trainer
from training.lora.job import Device, LoraJob
from training.lora.trainer import Progress, Trainer, TrainingFailed
from training.lora.trainers import TrainerOptions, trainer_of


class Node:
    """The node at the other end. When it is gone, this process ends."""

    def __init__(self, hears: IO[str], says: IO[str]) -> None:
        self._hears = hears
        self._says = says
        self._go_on = threading.Semaphore(0)
        self._cancelled = threading.Event()

    def job(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._hears.readline())
        threading.Thread(target=self._listen, daemon=True).start()
        return told

    def tell(self, kind: str, found: dict[str, Any]) -> None:
        self._says.write(json.dumps({kind: found}, default=str) + "\n")
        self._says.flush()

    def report(self, progress: Progress) -> None:
        """Returns, after a checkpoint, once the node has taken it."""
        self.tell("progress", asdict(progress))
        if progress.checkpoint is not None:
            self._go_on.acquire()

    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def _listen(self) -> None:
        for line in self._hears:
            if line.strip() == "cancel":
                self._cancelled.set()
            else:
                self._go_on.release()
        os._exit(1)


def main(descriptor: int) -> None:
    with open(descriptor, "w") as says:
        node = Node(sys.stdin, says)
        told = node.job()
        try:
            trained = _trainer(told["trainer"], told["device"], told["options"])(
                LoraJob(**told["job"]),
                weights=Path(told["weights"]),
                data=Path(told["data"]),
                work=Path(told["work"]),
                report=node.report,
                cancelled=node.cancelled,
            )
        except TrainingFailed as error:
            node.tell("failed", {"kind": type(error).__name__, "detail": error.detail})
        except Exception as error:
            traceback.print_exc()
            told = {"kind": TrainingFailed.__name__, "detail": f"{type(error).__name__}: {error}"}
            node.tell("failed", told)
        else:
            node.tell("trained", {"folder": str(trained.folder), "metadata": trained.metadata})


def _trainer(which: str, device: Device, options: dict[str, Any]) -> Trainer:
    if which == "scripted":
        return scripted_trainer.train
    cache = options.pop("weights_cache", None)
    return trainer_of(device, TrainerOptions(Path(cache) if cache else None, **options))


if __name__ == "__main__":
    main(int(sys.argv[1]))
