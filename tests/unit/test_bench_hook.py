"""The bench of the hook: it measures real processes, and says so in a table."""

import io
import json
from contextlib import redirect_stdout

from django.core.management import call_command
from rich.console import Console

from kwsite.bench.hook import Waited, hook_grid


def test_each_service_is_measured() -> None:
    printed = io.StringIO()
    with redirect_stdout(printed):
        call_command("bench", "hook", "--runs", "2", "--json")
    waited = json.loads(printed.getvalue())["waited"]
    assert [one["service"] for one in waited] == ["(interpreter alone)", "up", "away", "hanging"]
    alone, *served = waited
    assert all(0 < one["p50_ms"] <= one["p99_ms"] <= one["longest_ms"] for one in waited)
    assert min(one["p50_ms"] for one in served) > alone["p50_ms"] / 2


def test_the_table_shows_whole_milliseconds() -> None:
    console = Console(file=io.StringIO(), width=100)
    console.print(hook_grid([Waited("up", 100, 40.4, 80.6, 99.9)]).as_table())
    assert isinstance(console.file, io.StringIO)
    assert "40" in console.file.getvalue()
    assert "81" in console.file.getvalue()
