"""The steps of an export, a line each on stderr, with a bar where its length is known."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from training.export.arranging import Advance, Tell


@contextmanager
def export_progress() -> Iterator[tuple[Tell, Advance]]:
    """What an export tells its progress to."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Elapsed())
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=2) as progress:
        steps: list[TaskID] = []

        def finish() -> None:
            for step in steps[-1:]:
                done = progress.tasks[step].completed or 1
                progress.update(step, total=done, completed=done)

        def tell(step: str, total: int | None = None) -> None:
            finish()
            steps.append(progress.add_task(step, total=total))

        yield tell, lambda done: progress.advance(steps[-1], done)
        finish()
