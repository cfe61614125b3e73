"""Which kernels the demo's traffic has brought up, read from the database."""

from collections.abc import Sequence

from kernels.models import KernelVersion
from kernels.spec import digest_of
from kwsite.demo.families import Family


def versions_for(family: Family, states: Sequence[str]) -> list[KernelVersion]:
    """Versions that were compiled from this family's kind of call, newest first."""
    found = KernelVersion.objects.filter(
        state__in=states,
        spec__system_digest=digest_of(family.system),
    ).select_related("kernel")
    return [v for v in found.order_by("-created_at") if v.spec["output_schema"] == family.schema]


def is_covered(family: Family) -> bool:
    """Whether a candidate or a live kernel exists for the family."""
    return bool(versions_for(family, ["candidate", "live"]))


def why_not(family: Family) -> str:
    """What keeps the family from having a kernel, in words."""
    refused = versions_for(family, ["rejected"])
    if refused:
        return refused[0].decision_reason
    return "too few of its answers were verified and correct"
