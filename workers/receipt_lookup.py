"""Finds the receipt of a run's answer."""

from uuid import UUID

from trajectories.errors import KernelWeaveError
from trajectories.models import Client, Run, SignedReceipt
from workers.feedback import RunNotFinished, RunNotFound


class NoReceipt(KernelWeaveError):
    """This run has no receipt: it has no answer, or no key was set when it was answered."""


def receipt_of_run(run_id: UUID, *, client: Client | None = None) -> str:
    """The file; with a `client`, of its own runs alone.

    Raises RunNotFound, RunNotFinished, NoReceipt.
    """
    runs = Run.objects.only("status")
    run = (runs if client is None else runs.filter(client=client)).filter(pk=run_id).first()
    if run is None:
        raise RunNotFound()
    if not run.is_finished:
        raise RunNotFinished("The run has no answer yet.")
    found = SignedReceipt.objects.filter(trajectory__run=run).first()
    if found is None:
        raise NoReceipt()
    return found.file
