"""The guards of starters: preconditions that look at every word of a request."""

from functools import cache

from kernels.library.reading import starters
from kernels.spec import KernelSpec

GUARD = "the request has no word that may ask for something else"  # label of the precondition


def unguarded(spec: KernelSpec) -> KernelSpec:
    """The kernel without the precondition that looks at every word of the request."""
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
