"""The step of a night that deletes old files of earlier ones."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from training.adapters.tidying import delete_old_files
from training.models import NightlyStep
from training.nightly.errors import StepFailed, StepSkipped


def tidy_up(step: NightlyStep) -> dict[str, Any]:
    """Of what ended more than `KW_KEEP_TRAINED_DAYS` ago; 0 keeps all."""
    days = settings.KW_KEEP_TRAINED_DAYS
    if not days:
        raise StepSkipped("All files are kept (KW_KEEP_TRAINED_DAYS is 0).")
    try:
        return delete_old_files(before=timezone.now() - timedelta(days=days))
    except OSError as error:
        raise StepFailed(f"The storage cannot be tidied: {error}") from error
