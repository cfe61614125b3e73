"""How a receipt is told to people, and what it says of the service."""

import tomllib

from kwsite.commandline.receipt_lines import receipt_lines
from kwsite.env import CHECKOUT
from tests.unit.test_receipt_files import RECEIPT
from trajectories.receipts.receipt import CheckDone, Reused, SearchUsed
from trajectories.version import VERSION


def test_it_names_the_kernel_its_slots_and_the_checks() -> None:
    lines = receipt_lines(RECEIPT)
    assert f"kernel     convert-distance v1, digest {'d' * 64}" in lines
    assert "slot       numbers = ['5.0']" in lines
    assert "check      Größe: ok" in lines
    assert "verified   yes" in lines


def test_it_names_the_search_with_its_nets_and_a_reuse() -> None:
    search = SearchUsed(worker="math", strategy="lats", router="ab", reward_model=None)
    reused = Reused(trajectory="t", decided_by="validator", cosine="0.9312")
    other = RECEIPT.model_copy(update={"kernel": None, "search": search, "reused": reused})
    lines = receipt_lines(other)
    assert "search     math by lats" in lines
    assert "router     sha256 ab" in lines
    assert "scored by  none" in lines
    assert "reused     t, decided by validator, cosine 0.9312" in lines
    assert not any(line.startswith("kernel") for line in lines)


def test_a_label_cannot_make_a_line_of_its_own() -> None:
    check = CheckDone(kind="cel", label="x\nverified   no\x1b[2J", status="failed")
    lines = receipt_lines(RECEIPT.model_copy(update={"checks": (check,)}))
    assert "check      x\\nverified   no\\x1b[2J: failed" in lines


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
