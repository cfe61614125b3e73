"""Why a step of the night, or a whole night, does not go on."""

from trajectories.errors import KernelWeaveError


class PlanRunning(KernelWeaveError):
    """A plan is running already; two at once would train on the same data."""


class StepFailed(KernelWeaveError):
    """The step failed; all that is live stays as it was."""


class StepSkipped(KernelWeaveError):
    """There is nothing to do in this step."""


class StepWaits(KernelWeaveError):
    """The step goes on later: it waits for a node or for a server."""
