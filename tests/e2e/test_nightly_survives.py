"""A night through the running service: its parts are killed, and it is done once all the same."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx2
import psycopg
import pytest

from kwsite.env import CHECKOUT
from tests.e2e.service_client import wait_for
from tests.stack_fixtures import StackProcess

TEAMS = ("returns", "repairs", "sales")
SCHEMA = {
    "type": "object",
    "properties": {"team": {"enum": list(TEAMS)}},
    "required": ["team"],
    "additionalProperties": False,
}
PROMPTS = 40
WITHIN_S = 800.0
STACK = {"KW_TRAIN_LEASE_S": "10"}


def ask(stack: StackProcess, number: int) -> dict[str, Any]:
    body = {
        "model": "kernelweave",
        "messages": [
            {"role": "system", "content": "Sort the mail of a shop."},
            {"role": "user", "content": f"Mail {number}: where is parcel {number * 7}?"},
        ],
        "max_tokens": 20,
        "temperature": 0,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "team", "schema": SCHEMA},
        },
    }
    return post(stack, "/v1/chat/completions", body)


def post(stack: StackProcess, path: str, body: dict[str, Any]) -> dict[str, Any]:
    site = stack.base_url.removesuffix("/v1")
    headers = {"Authorization": f"Bearer {stack.api_key}"}
    reply = httpx2.post(f"{site}{path}", json=body, headers=headers, timeout=120)
    assert reply.is_success, reply.text
    found: dict[str, Any] = reply.json()
    return found


def tell_what_is_right(stack: StackProcess, number: int) -> None:
    run_id = ask(stack, number)["kernelweave"]["run_id"]
    right = json.dumps({"team": TEAMS[number % len(TEAMS)]})
    post(stack, "/api/feedback", {"run_id": run_id, "verdict": "incorrect", "answer": right})


def manage(stack: StackProcess, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **stack.env, "DJANGO_SETTINGS_MODULE": "kwsite.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def query(stack: StackProcess, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def kill(stack: StackProcess, part: str) -> None:
    os.kill(stack.pids[part], signal.SIGKILL)


def wait_for_row(stack: StackProcess, statement: str, what: str) -> None:
    wait_for(lambda: query(stack, statement), what, within_s=WITHIN_S)


@pytest.mark.timeout(2000)
def test_a_night_whose_node_broker_and_database_are_killed_is_done_once(
    begin_stack: Callable[..., StackProcess],
) -> None:
    stack = begin_stack(**STACK)
    stack.wait_until_ready()
    for number in range(PROMPTS):
        tell_what_is_right(stack, number)
    query(
        stack,
        "UPDATE training_nightlysettings SET least_lessons = 8, least_held_out = 4, iterations = 8,"
        " batch_size = 1, sequence_length = 160, rank = 4",
    )
    manage(stack, "train", "nightly", "--no-wait")
    training = "SELECT 1 FROM training_lorarun WHERE state = 'running' AND iteration > 0"
    wait_for_row(stack, training, "a node trains")
    kill(stack, "train")  # is started again
    kill(stack, "learn")
    wait_for_row(stack, "SELECT 1 FROM training_lorarun WHERE attempts > 1", "another node trains")

    kill(stack, "valkey")  # which ends the stack
    kill(stack, "postgres")
    stack.wait_for_end()
    stack = begin_stack(**STACK)
    stack.wait_until_ready()

    done = "SELECT 1 FROM training_nightlyplan WHERE state = 'done'"
    wait_for_row(stack, done, "the plan is done")
    time.sleep(2)  # whatever would be done twice would be done by now
    assert query(stack, "SELECT state FROM training_lorarun") == [("done",)]
    ((adapter, state),) = query(stack, "SELECT id, state FROM training_adapter")
    moves = query(stack, f"SELECT after FROM training_adaptermove WHERE adapter_id = {adapter}")
    assert len(set(moves)) == len(moves)
    assert state in ("rejected", "shadow", "canary", "live")
    steps = dict(
        query(stack, "SELECT kind, state FROM training_nightlystep WHERE subject <> '{}'::jsonb")
    )
    assert steps["export"] == steps["train"] == steps["evaluate"] == "done"
    ((gate,),) = query(
        stack, "SELECT result -> 'gate' FROM training_nightlystep WHERE kind = 'evaluate'"
    )
    assert gate["prompts"] >= 4
    assert steps["publish"] == ("skipped" if state == "rejected" else "done")
    assert ask(stack, 1)["choices"][0]["message"]["content"]
