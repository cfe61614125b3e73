"""Why traces make no kernel, and conditions that are refused for being too long to say."""

from kernels.conditions.kinds import MAX_EXPRESSION_CHARS, CelCondition
from trajectories.errors import KernelWeaveError


class NothingInCommon(KernelWeaveError):
    """The outputs of these traces do not share one form."""


def cel(expression: str, label: str) -> CelCondition:
    """A condition. Raises NothingInCommon when it is too long to be one."""
    if len(expression) > MAX_EXPRESSION_CHARS:
        raise NothingInCommon(f"What they share is too long to be a condition: {label}.")
    return CelCondition(expression=expression, label=label)
