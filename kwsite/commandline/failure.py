"""What can go wrong between a command and the service; each is shown as one line."""

from django.core.management.base import CommandError

from trajectories.errors import KernelWeaveError


class ServiceFailure(KernelWeaveError, CommandError):
    """The service did not do what was asked."""


class NotRunning(ServiceFailure):
    """The service is not running: start it with `make run`, or name one with --base-url."""


class MalformedAddress(ServiceFailure):
    """What --base-url or KW_BASE_URL says is no address."""

    def __init__(self, base_url: str) -> None:
        super().__init__(
            f"{base_url!r} is no address of a service: write --base-url or KW_BASE_URL as "
            "http://host:port/v1."
        )


class UnusableKey(ServiceFailure):
    """The API key has characters that no key has: copy it anew to --api-key or KW_API_KEY."""


class Refused(ServiceFailure):
    """The service answered with an error."""
