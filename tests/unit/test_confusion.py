"""Which worker answered against which one was right, computed by hand."""

import pytest

from training.figures.confusion import Sent, confusion
from training.routing.verdict import Signs, could_fail, verdict

WORKERS = ("math", "code")


def test_a_row_counts_whom_people_named_and_what_verifiers_found() -> None:
    found = confusion(
        [
            Sent("math", "math", verified=True),
            Sent("math", "code", denied=True, verified=False),
            Sent("math", denied=True),
            Sent("code", "code"),
            Sent("code"),
            Sent("judge", "math"),
        ],
        WORKERS,
    )
    math, code = found.rows
    assert (math.named, math.unnamed, math.passed, math.failed) == ((1, 1), 1, 1, 1)
    assert (code.named, code.unnamed, code.passed, code.failed) == ((0, 1), 0, 0, 0)
    assert found.said == 4
    assert found.accuracy == 0.5


def test_nothing_said_is_no_accuracy() -> None:
    assert confusion([Sent("math", verified=True)], WORKERS).accuracy is None


@pytest.mark.parametrize(
    ("signs", "right"),
    [
        (Signs(served=True, judged=True, approved=True), True),
        (Signs(served=True, judged=True, approved=False, could_fail=True), False),
        (Signs(served=True, judged=True, approved=None, could_fail=True), None),
        (Signs(served=True, could_fail=True), True),
        (Signs(served=True), None),
        (Signs(served=False), False),
        (Signs(served=False, failure={"at_fault": False}), None),
        (Signs(served=False, judged=True, approved=True, failure={"at_fault": True}), False),
    ],
)
def test_people_speak_first_then_a_contract_that_could_fail(
    signs: Signs, right: bool | None
) -> None:
    assert verdict(signs) is right


def test_a_contract_can_fail_where_it_asks_for_more_than_a_form() -> None:
    schema, cel = [{"kind": "schema"}], [{"kind": "cel"}]
    assert could_fail("none", schema, [{"kind": "cel"}])
    assert could_fail("qwen", cel, None)
    assert not could_fail("qwen", schema, None)
    assert not could_fail("none", cel, [])
