"""What can go wrong between a command and the service; each is shown as one line."""

from django.core.management.base import CommandError

from trajectories.errors import KernelWeaveError


class ServiceFailure(KernelWeaveError, CommandError):
    """The service did not do what was asked."""


class NotRunning(ServiceFailure):
    """The service is not running: start it with `make run`, or name one with --base-url."""


class Refused(ServiceFailure):
    """The service answered with an error."""
