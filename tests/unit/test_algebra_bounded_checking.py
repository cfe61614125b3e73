"""The check in a process of its own: it says the same, or that it does not know in time."""

from typing import Any

from kernels.algebra.bounded_checking import check_in_time
from kernels.algebra.checking import check_composition
from kernels.algebra.plan import Composition
from tests.unit.test_algebra_checking import COUNT, PRICE, SUMMARY, TITLE, kernel, ref, sequence

TEXT = {"type": "string"}
SPECS = {spec.digest: spec for spec in (COUNT, PRICE, SUMMARY, TITLE)}


def composed(plan: dict[str, Any]) -> Composition:
    return Composition.model_validate({"name": "composed", "plan": plan})


def test_it_says_what_the_check_says() -> None:
    for steps in ((SUMMARY, TITLE), (COUNT, PRICE)):
        plan = composed(sequence(*(ref(spec) for spec in steps)))
        assert check_in_time(plan, SPECS) == check_composition(plan, SPECS)


def test_what_takes_too_long_is_undecided() -> None:
    keep = kernel("keep", {"prompt": TEXT, "title": TEXT, "n": {"type": "number"}})
    turn = {"kind": "conditional", "when": "input.n > 1.0", "then": ref(keep)}
    loop: dict[str, Any] = sequence(*[turn] * 10)
    for _ in range(3):
        loop = {"kind": "loop", "body": loop, "at_most": 3}
    report = check_in_time(composed(loop), {keep.digest: keep}, within_s=1)
    (finding,) = report.findings
    assert not report.fits
    assert (finding.kind, finding.where) == ("undecided", "plan")
    assert "took more than 1 s" in finding.reason
