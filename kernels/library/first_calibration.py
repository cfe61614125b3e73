"""The first routing calibration, fitted on the library, for the operator's ceiling."""

from collections.abc import Iterable

from django.db import transaction

from kernels.encoder import encoder_digest
from kernels.fitting import Example, fit
from kernels.learned_models import Learned
from kernels.library.examples import library_examples, shipped_library
from kernels.models import Calibration
from kernels.spec import digest_of

State = Calibration.State


def fit_first_calibration(ceiling: float, also: Iterable[Example] = ()) -> Calibration | None:
    """Fits and publishes a calibration on the library's prompts and on what else is known.

    `also`: verdicts that were recorded; another ceiling or library does not forget them.

    None if that was done before for the same data: what is live then has learned from verdicts
    since, or is that very calibration.
    """
    data = digest_of([shipped_library().digest, ceiling])
    live = Calibration.objects.filter(state=State.LIVE, encoder_digest=encoder_digest()).first()
    if live and _descends_from(live, data):
        return None
    calibrator, metrics = fit([*library_examples(), *also], ceiling)
    with transaction.atomic():
        Calibration.objects.filter(state=State.LIVE).update(state=State.RETIRED)
        return Calibration.objects.create(
            encoder_digest=encoder_digest(),
            data_digest=data,
            weights=calibrator.as_json(),
            metrics=metrics,
        )


def _descends_from(calibration: Learned, data: str) -> bool:
    """Whether it was fitted on this library, or learned on from a calibration that was."""
    ancestor: Learned | None = calibration
    while ancestor is not None:
        if ancestor.data_digest == data:
            return True
        ancestor = ancestor.parent
    return False
