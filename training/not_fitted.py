"""Why what learns was not fitted."""

from trajectories.errors import KernelWeaveError


class NotRefitted(KernelWeaveError):
    """Routing was not fitted again."""


class BeingFitted(NotRefitted):
    """It is being fitted right now; try again in a minute."""


class FittingFailed(KernelWeaveError):
    """The net was not fitted."""
