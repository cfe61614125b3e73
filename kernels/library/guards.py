"""The guards of starters: preconditions that know the forms of a request, and refuse all others."""

from functools import cache

from kernels.library.reading import starters
from kernels.spec import KernelSpec

GUARD = "the request is of a form that asks for this alone"  # label of the precondition


def unguarded(spec: KernelSpec) -> KernelSpec:
    """The kernel without the precondition that knows the forms of a request."""
    kept = tuple(condition for condition in spec.preconditions if condition.label != GUARD)
    return spec.model_copy(update={"preconditions": kept})


@cache
def guarded_kernels() -> frozenset[str]:
    """Digests of the starters that have a guard."""
    return frozenset(
        starter.spec.digest
        for starter in starters()
        if any(condition.label == GUARD for condition in starter.spec.preconditions)
    )
