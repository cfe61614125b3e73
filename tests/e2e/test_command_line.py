"""`ask`, `plan` and `feedback` as an operator runs them, against the running service."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from kwsite.env import CHECKOUT
from kwsite.stack.ports import free_port
from tests.stack_fixtures import StackProcess

SCHEMA = {
    "type": "object",
    "properties": {"sentiment": {"enum": ["good", "bad"]}},
    "required": ["sentiment"],
    "additionalProperties": False,
}
SEARCH = [
    "--worker",
    "math",
    "--strategy",
    "self_consistency",
    "--simulations",
    "2",
    "--max-tokens",
    "60",
]
RUN_ID = re.compile(r"run ([0-9a-f-]{36})")


@pytest.fixture(scope="module")
def home(running_stack: StackProcess) -> Path:
    return running_stack.home


def manage(home: Path, *arguments: str, width: int = 200) -> subprocess.CompletedProcess[str]:
    own = ("DATABASE_URL", "REDIS_URL")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in own and not name.startswith("KW_")
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env={**environment, "KW_HOME": str(home), "COLUMNS": str(width)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_ask_shows_the_answer_and_how_it_was_made(home: Path) -> None:
    done = manage(home, "ask", "Say hello.", "--max-tokens", "8")
    assert done.returncode == 0, done.stderr
    answer, summary = done.stdout.rstrip().rsplit("\n", 1)
    assert answer
    assert summary.startswith("route generation · kernel none · checks none · tokens ")
    assert RUN_ID.search(summary)


def test_ask_streams(home: Path) -> None:
    done = manage(home, "ask", "Say hello.", "--max-tokens", "8", "--stream")
    assert done.returncode == 0, done.stderr
    assert RUN_ID.search(done.stdout)


def test_ask_prints_the_reply_as_json_under_a_schema(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(SCHEMA))
    done = manage(home, "ask", "I love it.", "--schema", str(file), "--json")
    reply = json.loads(done.stdout)
    answer = json.loads(reply["choices"][0]["message"]["content"])
    assert answer["sentiment"] in ("good", "bad")
    assert reply["kernelweave"]["verified"] is True


def test_plan_explains_each_candidate(home: Path) -> None:
    done = manage(home, "plan", "Which dates are in this text: 2025-01-02?")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("route ")
    assert "extract-dates" in done.stdout
    assert "nearest_similarity" in done.stdout


def test_plan_prints_the_decision_as_json(home: Path) -> None:
    decision = json.loads(manage(home, "plan", "Convert 9 km to m.", "--json").stdout)
    assert decision["route"] in ("kernel", "generation")
    assert decision["candidates"]


def test_feedback_is_recorded(home: Path) -> None:
    asked = manage(home, "ask", "Say hello.", "--max-tokens", "8")
    found = RUN_ID.search(asked.stdout)
    assert found
    said = manage(home, "feedback", found[1], "--verdict", "correct", "--rating", "5")
    assert said.stdout == "recorded: correct, 5 of 5\n", said.stderr


def test_a_search_is_asked_for_shown_and_judged(home: Path) -> None:
    asked = manage(home, "ask", "What is 17 + 25?", *SEARCH)
    assert asked.returncode == 0, asked.stderr
    for words in ("worker math (router: ", "strategy self_consistency: ", "math (2 simulations)"):
        assert words in asked.stdout
    hidden = manage(home, "ask", "What is 17 + 25?", *SEARCH, "--no-trace")
    assert "simulations)" not in hidden.stdout
    found = RUN_ID.search(asked.stdout)
    assert found
    said = manage(home, "feedback", found[1], "--suggested", "logic", "--step", "1=0.5")
    assert said.stdout == "recorded: logic is the right worker, steps 1\n", said.stderr
    refused = manage(home, "feedback", found[1], "--step", "99=0.5")
    assert "There is no step 99" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ask", "hello", "--api-key", "wrong"), "The service answered 401"),
        (("feedback", str(uuid4()), "--rating", "3"), "The service answered 404"),
        (("feedback", str(uuid4())), "The service answered 400"),
        (("ask", "hello", "--schema", "no-such-file.json"), "--schema no-such-file.json"),
        (("ask", "hello", "--api-key", "ü"), "The API key has characters that no key has"),
        (("ask", "hello", "--base-url", "127.0.0.1:8000/v1"), "is no address of a service"),
    ],
)
def test_a_refusal_is_one_line(home: Path, arguments: tuple[str, ...], message: str) -> None:
    done = manage(home, *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", [("ask", "hi"), ("plan", "hi"), ("demo",)])
def test_a_service_that_is_not_running_is_one_line(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/v1"
    for flags in ((), ("--base-url", nowhere)):
        done = manage(tmp_path, *command, *flags)
        assert done.returncode == 1
        assert "make run" in done.stderr
        assert len(done.stderr.splitlines()) == 1
