"""The Celery application: one queue a kind of work, late acknowledgement, nothing prefetched.

Results are rows in Postgres, so Celery's own result backend is off. A message that a dead worker
held comes back after the visibility timeout; long before that the sweep re-queues its row.
"""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_process_init, worker_ready
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kwsite.settings")
# Checks of the whole site import all of its pages, which takes seconds and memory.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

from django.conf import settings

from workers.presence import keep_announcing
from workers.watchdog import watch

QUEUES = (
    "interactive",
    "verify",
    "score",
    "promote",
    "learn",
    "train.gpu",
    "train.mlx",
    "train.cpu",
)

app = Celery("kernelweave")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "health_check_interval": 10,
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    task_publish_retry=True,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0.1, "interval_max": 0.1},
    task_queues=[Queue(name) for name in QUEUES],
    task_default_queue="interactive",
    # For the prefork pool alone: threads cannot be interrupted, so the model client's own
    # deadline bounds a task there.
    task_soft_time_limit=600,
    task_time_limit=660,
    timezone="UTC",
    imports=(
        "workers.tasks.answering",
        "workers.tasks.scoring",
        "workers.tasks.promoting",
        "workers.tasks.composing",
        "workers.tasks.learning",
        "workers.tasks.skills",
        "workers.tasks.keeping",
        "workers.tasks.remembering",
        "workers.tasks.rollout",
        "workers.tasks.rollups",
        "workers.tasks.training",
        "workers.tasks.nightly",
    ),
    beat_scheduler="django_celery_beat.schedulers:DatabaseScheduler",
    beat_sync_every=30,  # tasks, half a minute: when each was last sent is written down
    beat_schedule={
        "sweep runs of dead workers": {
            "task": "workers.tasks.answering.sweep_runs",
            "schedule": 2.0,
            "options": {"queue": "verify", "expires": 10},
        },
        "sweep steps of compositions": {
            "task": "workers.tasks.composing.sweep_plans",
            "schedule": 2.0,
            "options": {"queue": "verify", "expires": 10},
        },
        "sweep fine-tuning runs": {
            "task": "workers.tasks.training.sweep_training",
            "schedule": 10.0,
            "options": {"queue": "verify", "expires": 10},
        },
        "score what was left unscored": {
            "task": "workers.tasks.scoring.score_due",
            "schedule": 20.0,
            "options": {"queue": "score", "expires": 20},
        },
        "consider waiting promotions": {
            "task": "workers.tasks.promoting.sweep_promotions",
            "schedule": 20.0,
            "options": {"queue": "verify", "expires": 20},
        },
        "close what agents left open": {
            "task": "workers.tasks.keeping.close_idle_trajectories",
            "schedule": 60.0,
            "options": {"queue": "verify", "expires": 60},
        },
        "keep the rollups of traffic": {
            "task": "workers.tasks.rollups.keep_rollups",
            "schedule": 20.0,
            "options": {"queue": "verify", "expires": 20},
        },
        "keep the months of events": {
            "task": "workers.tasks.keeping.keep_event_partitions",
            "schedule": crontab(hour=1, minute=0),
            "options": {"queue": "verify"},
        },
        "begin the nightly plan": {
            "task": "workers.tasks.nightly.start_night",
            "schedule": crontab(hour=2, minute=30),
            "options": {"queue": "learn"},
        },
        "carry nightly plans on": {
            "task": "workers.tasks.nightly.advance_plans",
            "schedule": 15.0,
            "options": {"queue": "learn", "expires": 15},
        },
        "fill the labelling queue": {
            "task": "workers.tasks.learning.fill_label_queue",
            "schedule": crontab(hour=3, minute=0),
            "options": {"queue": "learn"},
        },
        "forget old choices of skills": {
            "task": "workers.tasks.skills.forget_choices",
            "schedule": crontab(minute=20),
            "options": {"queue": "learn", "expires": 3600},
        },
        "move adapters by what was counted": {
            "task": "workers.tasks.rollout.roll_out_adapters",
            "schedule": 30.0,
            "options": {"queue": "verify", "expires": 30},
        },
        "serve adapters at vLLM": {
            "task": "workers.tasks.rollout.follow_at_vllm",
            "schedule": 10.0,
            "options": {"queue": "verify", "expires": 10},
        },
        "learn to route from outcomes": {
            "task": "workers.tasks.learning.learn_net",
            "args": ("policy",),
            "schedule": 30.0,
            "options": {"queue": "learn", "expires": 30},
        },
        "learn to score steps": {
            "task": "workers.tasks.learning.learn_net",
            "args": ("prm",),
            "schedule": 30.0,
            "options": {"queue": "learn", "expires": 30},
        },
    },
)


@worker_process_init.connect
@worker_ready.connect
def _watch_over_process(**_: Any) -> None:
    watch(settings.KW_STUCK_S)


@worker_ready.connect
def _say_that_it_lives(sender: Any, **_: Any) -> None:
    keep_announcing(name=sender.hostname, queues=sender.app.amqp.queues.consume_from)
