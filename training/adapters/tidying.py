"""Old files of trainings that nothing will ask for again.

Those are datasets of runs that have ended, and adapters that were rejected or rolled back, for both
are ends. Rows stay, with what they were trained on, so lineage is not lost. Adapters that retired
stay whole: one of them may answer again.
"""

from datetime import datetime

from django.db import transaction

from training.adapters.models import Adapter
from training.lora.models import LoraRun, artifact_storage

OVER = (Adapter.State.REJECTED, Adapter.State.ROLLED_BACK)
OPEN = (LoraRun.State.QUEUED, LoraRun.State.RUNNING)
MOST = 500  # of each, a time


def delete_old_files(*, before: datetime) -> dict[str, int]:
    """Of what ended before that moment; returns how many datasets and adapters went.

    Raises OSError where the storage cannot be written to; the next time goes on.
    """
    return {"datasets": _datasets(before), "adapters": _adapters(before)}


def _datasets(before: datetime) -> int:
    ended = LoraRun.objects.exclude(state__in=OPEN).exclude(dataset="")
    names = ended.filter(finished_at__lt=before).values_list("dataset", flat=True)
    deleted = 0
    for name in set(names[:MOST]):
        with transaction.atomic():
            runs = list(LoraRun.objects.select_for_update().filter(dataset=name))
            if any(run.finished_at is None or run.finished_at >= before for run in runs):
                continue  # equal datasets are one file, and a younger run has it, too
            artifact_storage().delete(name)
            LoraRun.objects.filter(pk__in=[run.pk for run in runs]).update(dataset="")
            deleted += 1
    return deleted


def _adapters(before: datetime) -> int:
    over = Adapter.objects.filter(state__in=OVER, state_since__lt=before).exclude(archive="")
    deleted = 0
    for archive in set(over.values_list("archive", flat=True)[:MOST]):
        with transaction.atomic():
            same = list(Adapter.objects.select_for_update().filter(archive=archive))
            if any(one.state not in OVER or one.state_since >= before for one in same):
                continue  # equal adapters are one file
            for name in {archive, *(one.gguf for one in same if one.gguf)}:
                artifact_storage().delete(name)
            runs = [one.run_id for one in same]
            Adapter.objects.filter(pk__in=[one.pk for one in same]).update(archive="", gguf="")
            LoraRun.objects.filter(pk__in=runs).update(artifact="")
            deleted += 1
    return deleted
