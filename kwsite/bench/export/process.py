"""`bench export`: a database of its own, filled and exported by processes of their own."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kwsite.bench.arguments import positive
from kwsite.bench.export.report import Measured, grids, verdict, write_evidence
from kwsite.bench.own_process import measure_in_own_process
from kwsite.bench.showing import show, tell_written
from kwsite.bench.stack import own_environment
from kwsite.stack.kept_choices import keep_port, keep_secrets
from kwsite.stack.postgres import database_url, start_postgres, wait_for_postgres

ROWS = 10_000
STOP_S = 60.0


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rows", type=positive, nargs="+", default=[ROWS], help="trajectories; several in turn"
    )
    parser.add_argument("--write", type=Path, metavar="DIR", help="Markdown there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_export(options: dict[str, Any]) -> None:
    """Raises StackFailure."""
    sizes = sorted(options["rows"])
    found = []
    print("Starting a database of its own.", file=sys.stderr)
    with throwaway_database() as (home, environment):
        for size in sizes:
            print(f"Filling it up to {size:,} trajectories.", file=sys.stderr)
            measure_in_own_process("export", ["--fill", str(size)], environment)
            result = home / f"{size}.json"
            where = ["--out", str(home / f"export-{size}"), "--result", str(result)]
            measure_in_own_process("export", ["--rows", str(size), *where], environment)
            found.append(Measured(**json.loads(result.read_text())))
    if options["write"]:
        command = f"manage.py bench export --rows {' '.join(map(str, sizes))}"
        tell_written([write_evidence(found, command, options["write"])])
    as_json = {"bench": "export", "results": [one.as_json() for one in found]}
    show(as_json, grids(found), verdict(found), as_json=options["json"])


@contextmanager
def throwaway_database() -> Iterator[tuple[Path, dict[str, str]]]:
    """An empty Postgres in a folder that goes away, and the environment that leads to it."""
    with tempfile.TemporaryDirectory(prefix="kernelweave-bench-") as folder:
        home = Path(folder)
        (home / "logs").mkdir()
        port, password = keep_port(home, "postgres"), keep_secrets(home).postgres_password
        server = start_postgres(home=home, port=port, password=password, environment=os.environ)
        try:
            wait_for_postgres(server, port=port, password=password)
            url = database_url(port=port, password=password)
            yield home, own_environment(home) | {"DATABASE_URL": url}
        finally:
            server.stop(within_s=STOP_S)
