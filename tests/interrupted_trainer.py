"""A node's desk for tests, and the scripted trainer to which something happens."""

from pathlib import Path
from threading import Event
from typing import Any

from tests.training_rows import WORKER
from training.lora.apart import TrainerDied
from training.lora.job import LoraJob
from training.lora.scripted_trainer import train
from training.lora.trainer import Asked, Progress, Report, Trained, Trainer
from workers.training_run import Desk


class Interrupted:
    """The scripted trainer; at an iteration something happens."""

    def __init__(self, at: int, do: Any) -> None:
        self._at = at
        self._do = do

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
        def tell(progress: Progress) -> None:
            report(progress)
            if progress.iteration == self._at:
                self._do()

        return train(job, weights=weights, data=data, work=work, report=tell, cancelled=cancelled)


def desk(folder: Path, trainer: Trainer = train, **fields: Any) -> Desk:
    plain: dict[str, Any] = {"leaving": Event(), "most_attempts": 5}
    return Desk(worker=WORKER, scratch=folder / "scratch", trainer=trainer, **{**plain, **fields})


def dies() -> None:
    raise TrainerDied("It was killed by signal SIGKILL.")
