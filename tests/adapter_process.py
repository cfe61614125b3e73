"""What a test does to the adapters of a running stack: `python -m tests.adapter_process WHAT ARG`.

`train SEED` leaves a finished run with a random adapter, registers it and says its name; `promote
NAME`, `roll_back NAME` and `shadow NAME` move it. `share SHARE` is that of canaries.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import django


def main(what: str, *arguments: str) -> None:
    django.setup()

    from training.adapters.models import Adapter
    from training.adapters.states import promote, roll_back, start_shadow
    from training.nightly.models import NightlySettings

    if what == "train":
        print(train(*arguments))
        return
    if what == "share":
        NightlySettings.objects.update_or_create(defaults={"canary_share": float(arguments[0])})
        return
    moves: dict[str, Callable[..., object]] = {
        "promote": promote,
        "roll_back": roll_back,
        "shadow": start_shadow,
    }
    adapter = Adapter.objects.get(name=arguments[0])
    moves[what](adapter=adapter, metrics={}, reason="a test said so")


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
