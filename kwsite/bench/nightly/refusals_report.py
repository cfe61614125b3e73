"""What a night refused, as a table and a page."""

from collections.abc import Sequence
from pathlib import Path

from kwsite.bench.grid import Grid
from kwsite.bench.nightly.refused import Refusal


def refusals_grid(found: Sequence[Refusal]) -> Grid:
    return Grid(
        "What a night must refuse",
        ("case", "ended", "why", "answers by an adapter afterwards"),
        tuple((one.case, one.ended, one.reason, f"{one.served} of {one.asked}") for one in found),
    )


def refusals_verdict(found: Sequence[Refusal]) -> str:
    passed = [one.case for one in found if not one.is_refused]
    return (
        f"NOT refused: {', '.join(passed)}." if passed else "All were refused; nothing went live."
    )


def write_refusals(found: Sequence[Refusal], folder: Path, command: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "nightly-refused.md"
    text = (
        "# What a night must refuse\n\n"
        f"`{command}`: the embedded model answers a shop's mail routing. First the app's people "
        "approve wrong teams for\nevery prompt that the night may learn from; then the rate of "
        "learning is so low that nothing is learned, and\nso high that no training holds; last, "
        "a dataset holds a conversation that it is validated on. Plans, nodes\nand gates are "
        f"those of the running service.\n\n{refusals_grid(found).as_markdown()}\n"
        f"{refusals_verdict(found)}\n"
    )
    file.write_text(text, encoding="utf-8")
    return file
