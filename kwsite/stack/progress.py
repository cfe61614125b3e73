"""What the operator sees while the stack starts: a list of parts, with seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(highlight=False, soft_wrap=True)


@contextmanager
def step(name: str, *, since: float | None = None) -> Iterator[None]:
    """Shows a part as under way, then as ready. `since`: when it began, if earlier."""
    began = time.monotonic() if since is None else since
    if console.is_terminal:
        with console.status(name):
            yield
        mark = "[green]✓[/] "
    else:
        yield
        mark = ""
    console.print(f"{mark}{name:<12} {time.monotonic() - began:5.1f} s")
