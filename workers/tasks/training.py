"""The training queues: fine-tunes claimed runs, and takes over those of nodes that fell silent."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from celery import Task, shared_task
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from training.lora.apart import Apart
from training.lora.job import QUEUES, Device
from training.lora.models import LoraRun
from training.lora.runs import claim, note_waiting, take_back
from training.nodes.models import TrainingNode
from training.nodes.registering import live_nodes
from workers.leases import WORKER
from workers.nightly.plans import ask_to_advance
from workers.queueing import QueueUnavailable, enqueue
from workers.training_node import LIMIT_S, leaving, run_keeper
from workers.training_run import Desk, drop_checkpoints, train_run
from workers.training_scratch import Scratch

log = logging.getLogger(__name__)
PLACE = Path(settings.KW_TRAIN_DIR)
scratch = Scratch(PLACE / "nodes")
State = LoraRun.State
PATIENCE_S = 30.0


@shared_task(ignore_result=True, bind=True)
def train_adapter(self: "Task[Any, Any]", run_id: str) -> None:
    """Fine-tunes one run. Safe to run twice: only the first that claims the row works on it."""
    node = TrainingNode.objects.filter(name=self.request.hostname).first()
    run = claim(run_id=run_id, worker=WORKER, node=node, lease_s=settings.KW_TRAIN_LEASE_S)
    if run is None:
        return
    device = cast(Device, run.device)
    with run_keeper.hold(run_id, lease_s=settings.KW_TRAIN_LEASE_S, limit_s=LIMIT_S):
        train_run(
            run,
            Desk(
                worker=WORKER,
                scratch=scratch.folder(),
                trainer=_trainer(device),
                leaving=leaving,
                most_attempts=settings.KW_TRAIN_MAX_ATTEMPTS,
                embedded=settings.KW_LLM_GGUF,
            ),
        )
    run.refresh_from_db()
    if run.is_finished:
        tell_plans()
    elif run.state == State.QUEUED and run.lease_expires_at is None:
        ask_for_training(run)  # else the sweep does, when it is due


def _trainer(device: Device) -> Apart:
    options = {
        "weights_cache": str(PLACE / "weights"),
        "processes": settings.KW_TRAIN_PROCESSES,
        "recompute": settings.KW_TRAIN_RECOMPUTE,
    }
    return Apart(device, settings.KW_TRAINER, settings.KW_TRAIN_SILENCE_S, options)


def ask_for_training(run: LoraRun) -> None:
    """Tells a node of a queued run; where the broker is down, the sweep does so later."""
    try:
        enqueue(train_adapter, run.pk, queue=QUEUES[cast(Device, run.device)])
    except QueueUnavailable:
        log.warning("run %s waits until the sweep tells a node of it", run.pk)


def tell_plans() -> None:
    """A run has ended, and the plan that waits for it may go on; it looks by itself, too."""
    try:
        ask_to_advance()
    except QueueUnavailable:
        log.warning("plans were not told that a run has ended")


@shared_task(ignore_result=True)
def sweep_training() -> None:
    """Queues runs of silent nodes again, and those again whose message was lost."""
    now = timezone.now()
    for run in LoraRun.objects.filter(state=State.RUNNING, lease_expires_at__lt=now):
        _take_back(run)
    ended = LoraRun.objects.exclude(state__in=(State.QUEUED, State.RUNNING))
    for run_id in ended.exclude(checkpoint="").values_list("pk", flat=True):
        drop_checkpoints(run_id)
    nodes = live_nodes()
    note_waiting(devices={node.device for node in nodes})
    busy = set(LoraRun.objects.filter(state=State.RUNNING).values_list("node", flat=True))
    for node in nodes:
        if node.pk not in busy:
            _remind(node)


def _remind(node: TrainingNode) -> None:
    """Of the run that waits longest, though this node has nothing to do: its message was lost.

    At worst it was only slow: a second one finds the row taken.
    """
    now = timezone.now()
    patience = timedelta(seconds=max(PATIENCE_S, settings.KW_TRAIN_LEASE_S))
    waiting = LoraRun.objects.filter(
        state=State.QUEUED, device=node.device, created_at__lt=now - patience
    ).filter(Q(lease_expires_at=None) | Q(lease_expires_at__lt=now))
    run = waiting.order_by("created_at").first()
    if run is not None and waiting.filter(pk=run.pk).update(lease_expires_at=now + patience):
        ask_for_training(run)


def _take_back(run: LoraRun) -> None:
    state = take_back(run=run, most_attempts=settings.KW_TRAIN_MAX_ATTEMPTS)
    if state is None:
        return
    log.warning("run %s: its node fell silent; it is %s", run.pk, state)
    if state == State.QUEUED:
        ask_for_training(run)
    else:
        tell_plans()
