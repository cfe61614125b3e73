"""Fills the database that is running, or exports it: `manage.py bench export` starts both."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from django.core.management import call_command

from kwsite.bench.export.measure import measure_export
from kwsite.bench.export.rows import fill


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fill", type=int)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--result", type=Path)
    options = parser.parse_args()
    if options.fill:
        call_command("migrate", interactive=False, verbosity=0)
        fill(options.fill)
    else:
        found = measure_export(options.rows, options.out)
        options.result.write_text(json.dumps(asdict(found)))
