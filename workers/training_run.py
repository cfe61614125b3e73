"""What a node does with a run that it has claimed: fetch, train, keep what comes, end it."""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, connections

from training.lora import runs
from training.lora.apart import TrainerDied, output_of
from training.lora.artifact import BadArchive
from training.lora.base_weights import weights_of
from training.lora.job import BadJob
from training.lora.journal import Journal
from training.lora.models import LoraRun, artifact_storage
from training.lora.runs import Standing
from training.lora.storing import (
    ADAPTERS,
    NotStored,
    checkpoints_of,
    delete_checkpoints,
    fetch_folder,
    store_folder,
)
from training.lora.trainer import Cancelled, Progress, Trainer, TrainingFailed, checkpoint_folder
from trajectories.errors import KernelWeaveError

T = TypeVar("T")
log = logging.getLogger(__name__)
AWAY = (OperationalError, InterfaceError)  # the database
TELL_S = 3.0  # between two notes on the row
LOOK_S = 1.0  # between two looks at whether to go on
BACKOFF_S = 10.0  # until a second attempt; thrice as long until each further one
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # until a database that is away is given up
LAST_WORDS = 2_000  # characters of what the trainer printed


class RunLost(KernelWeaveError):
    """The run has ended, or another node has it."""


class NodeLeaves(KernelWeaveError):
    """This node was asked to end."""


@dataclass(frozen=True)
class Desk:
    """What a node works with. `embedded` is the model that `embedded` means, see `weights_of`."""

    worker: str
    scratch: Path
    trainer: Trainer
    leaving: Event
    most_attempts: int
    embedded: str = ""


def train_run(run: LoraRun, desk: Desk) -> None:
    """Ends the run, or puts it back in the queue. Raises OperationalError, InterfaceError."""
    folder = desk.scratch / f"{run.pk}-{run.attempts}"
    folder.mkdir(parents=True)
    try:
        _attempt(_Training(run, desk, folder))
    except RunLost:
        log.warning("run %s was ended or taken over; its training here stops", run.pk)
    except NodeLeaves:
        if runs.hand_back(run=run, worker=desk.worker):
            log.info("run %s was handed back", run.pk)
    finally:
        shutil.rmtree(folder)


def drop_checkpoints(run_id: UUID) -> None:
    """Of a run that has ended. What cannot be deleted now is when the sweep comes by."""
    try:
        delete_checkpoints(run_id)
        runs.forget_checkpoint(run_id=run_id)
    except Exception:  # of whatever storage
        log.exception("run %s: its checkpoints were not deleted", run_id)


def _attempt(training: "_Training") -> None:
    try:
        training.begin()
        training.train()
    except Cancelled:
        training.cancel()
    except (TrainingFailed, BadJob, BadArchive, NotStored) as error:
        training.fail(error.detail)
    except (RunLost, NodeLeaves, *AWAY):
        raise
    except TrainerDied as error:
        training.try_again(error.detail)
    except Exception as error:
        log.exception("a run could not be trained")
        training.try_again(f"{type(error).__name__}: {error}")


class _Training:
    """One attempt at a run."""

    def __init__(self, run: LoraRun, desk: Desk, folder: Path) -> None:
        self._run = run
        self._desk = desk
        self._data, self._work = folder / "data", folder / "work"
        self._journal = Journal()
        self._told_at = self._looked_at = 0.0
        self._cancelled = False

    def begin(self) -> None:
        """Fetches the dataset, and the last checkpoint where there is one that can be used."""
        run = self._run
        self._work.mkdir()
        resumed = self._fetched_checkpoint()
        self._journal = Journal(curve=run.curve, log=run.log, iteration=resumed)
        where = run.node.name if run.node else self._desk.worker
        at = f", from iteration {resumed}" if resumed else ""
        self._say(f"attempt {run.attempts} on {where}{at}")
        if run.checkpoint and not resumed:
            self._say(f"the checkpoint {run.checkpoint} cannot be used; it begins anew")
        self._note()
        fetch_folder(run.dataset, self._data)

    def train(self) -> None:
        run, desk = self._run, self._desk
        trained = desk.trainer(
            run.described,
            weights=weights_of(run.described.base_model, embedded=desk.embedded),
            data=self._data,
            work=self._work,
            report=self.report,
            cancelled=self.cancelled,
        )
        artifact, digest = store_folder(trained.folder, ADAPTERS)
        self._say(f"the adapter is {artifact}")
        metrics = trained.metadata
        self.end(
            lambda: runs.finish(
                run=run, worker=desk.worker, artifact=artifact, digest=digest, metrics=metrics
            )
        )

    def report(self, progress: Progress) -> None:
        """Raises RunLost."""
        self._journal.tell(progress)
        if progress.checkpoint is not None:
            self._keep(progress.checkpoint, progress.iteration)
        if progress.checkpoint is not None or time.monotonic() - self._told_at > TELL_S:
            self._note()

    def cancelled(self) -> bool:
        """Raises RunLost and NodeLeaves."""
        if self._desk.leaving.is_set():
            raise NodeLeaves()
        if time.monotonic() - self._looked_at > LOOK_S:
            self._looked_at = time.monotonic()
            standing = _unless_away(
                lambda: runs.standing_of(run=self._run, worker=self._desk.worker), Standing.OURS
            )
            if standing is Standing.LOST:
                raise RunLost()
            self._cancelled = standing is Standing.CANCELLED
        return self._cancelled

    def cancel(self) -> None:
        self.end(lambda: runs.cancel(run=self._run, worker=self._desk.worker))

    def fail(self, reason: str) -> None:
        self._say(f"failed: {reason}")
        self._say_output()
        self.end(lambda: runs.fail(run=self._run, worker=self._desk.worker, reason=reason))

    def try_again(self, reason: str) -> None:
        """Another attempt, unless there were enough."""
        run, desk = self._run, self._desk
        if run.attempts >= desk.most_attempts:
            self.fail(f"The attempt {run.attempts} was the last one: {reason}")
            return
        self._say(f"attempt {run.attempts} failed: {reason}")
        self._say_output()
        self._note()
        wait_s = BACKOFF_S * 3 ** (run.attempts - 1)
        _patiently(lambda: runs.hand_back(run=run, worker=desk.worker, counts=True, wait_s=wait_s))

    def end(self, write: Callable[[], bool]) -> None:
        """Writes the last of the log, then the end; the checkpoints are needed no more."""
        self._note()
        if not _patiently(write):
            log.warning("run %s was ended or taken over; this end of it is dropped", self._run.pk)
            return
        drop_checkpoints(self._run.pk)

    def _fetched_checkpoint(self) -> int:
        run = self._run
        if not run.checkpoint:
            return 0
        try:
            fetch_folder(run.checkpoint, checkpoint_folder(self._work, run.checkpoint_iteration))
        except (NotStored, BadArchive) as error:
            log.warning("run %s: %s", run.pk, error.detail)
            return 0
        return run.checkpoint_iteration

    def _keep(self, checkpoint: Path, iteration: int) -> None:
        """Stores a checkpoint, then deletes the one before. Raises RunLost."""
        run, before = self._run, self._run.checkpoint
        try:
            name, _ = store_folder(checkpoint, checkpoints_of(run.pk), f"{iteration}-")
        except Exception as error:  # of whatever storage; the training is worth more
            log.exception("run %s: a checkpoint was not stored", run.pk)
            self._say(f"the checkpoint of iteration {iteration} was not stored: {error}")
            return
        kept = _unless_away(
            lambda: runs.keep_checkpoint(
                run=run, worker=self._desk.worker, name=name, iteration=iteration
            ),
            None,
        )
        if kept is False:
            if not LoraRun.objects.filter(pk=run.pk, checkpoint=name).exists():
                self._delete(name)  # the other node's may be the very same
            raise RunLost()
        if kept and before and before != name:
            self._delete(before)

    def _delete(self, checkpoint: str) -> None:
        """One that stays is deleted with the others when the run has ended."""
        try:
            artifact_storage().delete(checkpoint)
        except Exception:  # of whatever storage
            log.exception("run %s: an old checkpoint was not deleted", self._run.pk)

    def _note(self) -> None:
        """Raises RunLost."""
        self._told_at = time.monotonic()
        kept = _unless_away(
            lambda: runs.note_progress(
                run=self._run, worker=self._desk.worker, journal=self._journal
            ),
            True,
        )
        if not kept:
            raise RunLost()

    def _say(self, line: str) -> None:
        self._journal.say(f"{time.strftime('%H:%M:%S UTC', time.gmtime())} {line}")

    def _say_output(self) -> None:
        """The end of what the trainer printed, which says more of a failure."""
        output = output_of(self._work)
        if output.exists() and (said := output.read_text(errors="replace").strip()):
            self._journal.say(said[-LAST_WORDS:])


def _unless_away(ask: Callable[[], T], otherwise: T) -> T:
    """What the database says; a training does not stop because it is away for a while."""
    try:
        return ask()
    except AWAY as error:
        log.warning("the database is away, the training goes on: %s", error)
        connections.close_all()  # else this thread keeps the broken one
        return otherwise


def _patiently(ask: Callable[[], T]) -> T:
    """What the database says, if need be a minute later. Raises what it raises then."""
    for pause_s in PAUSES_S:
        try:
            return ask()
        except AWAY as error:
            log.warning("the database is away, again in %.0f s: %s", pause_s, error)
            connections.close_all()
            time.sleep(pause_s)
    return ask()
