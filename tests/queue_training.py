"""Queues a run in the service of this process's environment, and prints its id.

Started by a test, as `python -m tests.queue_training FOLDER JOB`: the folder has the dataset, the
job is an object of JSON.
"""

import json
import sys
from pathlib import Path

import django


def main() -> None:
    django.setup()

    from training.lora.job import LoraJob
    from training.lora.runs import queue_run
    from training.lora.storing import DATASETS, store_folder
    from trajectories.models import Client
    from workers.tasks.training import ask_for_training

    name, digest = store_folder(Path(sys.argv[1]), DATASETS)
    run = queue_run(
        client=Client.objects.get_or_create(name="app")[0],
        signature="5" * 64,
        label="capitals",
        job=LoraJob(data=digest, **json.loads(sys.argv[2])),
        device="cpu",
        dataset=name,
    )
    ask_for_training(run)
    print(run.pk)


if __name__ == "__main__":
    main()
