"""What a test does to the adapters of a running stack: `python -m tests.adapter_process WHAT ARG`.

`train SEED` leaves a finished run with a random adapter, registers it and says its name; `promote
NAME` and `roll_back NAME` move it.
"""

import sys
import tempfile
from pathlib import Path

import django


def main(what: str, *arguments: str) -> None:
    django.setup()

    from training.adapters.models import Adapter
    from training.adapters.states import promote, roll_back

    if what == "train":
        print(train(*arguments))
        return
    adapter = Adapter.objects.get(name=arguments[0])
    if what == "promote":
        promote(adapter=adapter, reason="a test said so")
    else:
        roll_back(adapter=adapter, reason="a test said so")


def train(seed: str, hidden: str = "576") -> str:
    from django.core.files import File

    from tests.adapter_archives import random_archive
    from tests.db.adapter_rows import done_run
    from training.adapters.states import register_adapter
    from training.lora.models import artifact_storage
    from trajectories.models import Client

    client = Client.objects.order_by("pk")[0]
    with tempfile.TemporaryDirectory() as folder:
        archive, digest = random_archive(Path(folder), int(seed), hidden=int(hidden))
        with archive.open("rb") as opened:
            name = artifact_storage().save(f"adapters/{digest}.tar", File(opened))
    return register_adapter(run=done_run(client, artifact=name, digest=digest)).name


if __name__ == "__main__":
    main(*sys.argv[1:])
