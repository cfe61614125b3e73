"""Something happens in a service: requests, feedback, searches, and rows of what takes long."""

import json
from pathlib import Path

from tests.browser.console import Console
from tests.browser.model import CONVERSION, CONVERT
from tests.e2e.service_client import Reply, wait_for

NUMBERS = (2, 3, 5, 4, 6, 8, 7, 12, 20, 9, 15, 30)
SUMS = ((12, 30), (7, 8), (19, 23))


def convert(console: Console, number: int) -> Reply:
    """Asks for a conversion as an app does."""
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": CONVERSION}}
    reply = console.service.ask(
        f"Convert {number} km to m.", CONVERT, response_format=wanted, temperature=0
    )
    assert reply.status == 200, reply.body
    assert json.loads(reply.content) == {"unit": "m", "value": number * 1000}
    return reply


def add(console: Console, first: int, second: int) -> Reply:
    search = {"worker": "math", "strategy": "self_consistency", "simulations": 3}
    reply = console.service.ask(
        f"What is {first} + {second}?", max_tokens=80, kernelweave={"search": search}
    )
    assert reply.status == 200, reply.body
    return reply


def candidate(console: Console) -> str | None:
    """The id of the candidate that was made of the conversions, once it is there."""
    found = console.service.rows(
        "SELECT id FROM kernels_kernelversion WHERE state = 'candidate'"
        " AND jsonb_exists(spec::jsonb #> '{output_schema,properties}', 'value')"
    )
    return str(found[0][0]) if found else None


def train(console: Console, folder: Path, *, iterations: int) -> str:
    """Queues a run of the scripted trainer; its id."""
    folder.mkdir()
    line = json.dumps(
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}
    )
    for name in ("train", "valid"):
        (folder / f"{name}.jsonl").write_text(f"{line}\n")
    job = {"base_model": "embedded", "iterations": iterations, "save_every": 10}
    return console.run("tests.queue_training", str(folder), json.dumps(job))


def seed(console: Console, folder: Path) -> None:
    """Some of everything that a page can show."""
    console.seeded = True
    for first, second in SUMS:
        add(console, first, second)
    for number in NUMBERS:
        console.service.judge(convert(console, number), "correct")
    console.run("tests.browser.rows")
    train(console, folder / "lessons", iterations=30)
    wait_for(lambda: candidate(console), "a candidate")
