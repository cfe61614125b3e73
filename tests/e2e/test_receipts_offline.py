"""Receipts of a running stack: fetched over HTTP, verified by a process that can reach nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from kwsite.env import CHECKOUT
from tests.e2e.service_client import Service
from tests.stack_fixtures import StackProcess

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture(scope="module")
def service(running_stack: StackProcess) -> Iterator[Service]:
    found = Service(running_stack)
    yield found
    found.close()


def verify(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process without a database and without the stack's Redis."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KW_")}
    away = {"DATABASE_URL": NOWHERE, "REDIS_URL": "redis://127.0.0.1:1/0", "KW_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "manage.py", "receipt", "verify", *arguments],
        cwd=CHECKOUT,
        env=kept | away,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_receipt_is_verified_offline_and_a_changed_one_is_not(
    service: Service, running_stack: StackProcess, tmp_path: Path
) -> None:
    reply = service.ask("Extract all email addresses: ann@a.org, bo@b.org")
    assert reply.extras["route"] == "kernel"
    file = service.http.get(reply.extras["receipt"]["url"]).raise_for_status().content
    keys = httpx2.get(running_stack.base_url.removesuffix("/v1") + "/api/receipts/keys").content
    (tmp_path / "receipt.json").write_bytes(file)
    (tmp_path / "keys.json").write_bytes(keys)
    (tmp_path / "output").write_text(reply.content)
    empty = tmp_path / "empty"
    with_keys = ("--keys", str(tmp_path / "keys.json"), "--output", str(tmp_path / "output"))

    done = verify(empty, str(tmp_path / "receipt.json"), *with_keys)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "OK"
    assert f"run        {reply.run_id}" in done.stdout
    assert f"extract-emails v{reply.extras['kernel']['version']}" in done.stdout
    assert "slot       emails = ['ann@a.org', 'bo@b.org']" in done.stdout
    # Where the stack ran, its own key is known.
    assert verify(running_stack.home, str(tmp_path / "receipt.json")).returncode == 0

    changed = file.replace(b"ann@a.org", b"eve@a.org")
    assert changed != file
    (tmp_path / "changed.json").write_bytes(changed)
    refused = verify(empty, str(tmp_path / "changed.json"), *with_keys)
    assert refused.returncode == 1
    assert "The signature is not of this receipt" in refused.stderr
    assert "OK" not in refused.stdout


def test_a_streamed_answer_names_its_receipt(service: Service) -> None:
    body = {
        "model": "kernelweave",
        "messages": [{"role": "user", "content": "Say hello."}],
        "max_tokens": 8,
        "stream": True,
    }
    with service.http.stream("POST", "/v1/chat/completions", json=body) as response:
        lines = [line.removeprefix("data: ") for line in response.iter_lines() if line]
    (told,) = (c["kernelweave"] for c in map(json.loads, lines[:-1]) if "kernelweave" in c)
    receipt = json.loads(service.http.get(told["receipt"]["url"]).raise_for_status().content)
    assert receipt["receipt"]["run"] == told["run_id"]
    assert receipt["signature"]["key_id"] == told["receipt"]["key_id"]
