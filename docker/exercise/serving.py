"""What the running services must do: answer, count, show their pages, and refuse strangers."""

import base64
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from docker.exercise.container import Container
from docker.exercise.failure import ExerciseFailure

PROVISION = (
    "python manage.py provision --connection /tmp/connection.json "
    "--base-url {url}/v1 --admin-url {url}/admin/ && cat /tmp/connection.json"
)
COUNTED_S = 20.0


def require_service(
    operator: Container,
    *,
    web_port: int,
    flower_port: int,
    flower_conf: Path,
    say: Callable[[str], None],
) -> None:
    """Raises for the first thing that is not as it should be. `operator` runs commands."""
    url = f"http://127.0.0.1:{web_port}"
    key = _provisioned(operator, url)["api_key"]
    answer = _answer(url, key)
    say(f"web and answers: a chat completion says {answer!r}")
    _require_counted(url)
    say("web: /metrics tells what the worker in another container counted")
    _require_style(url)
    say("web: the admin's style sheet is served")
    _require_flower(f"http://127.0.0.1:{flower_port}", flower_conf.read_text())
    say("flower: shows the workers to its operator alone")


def _provisioned(operator: Container, url: str) -> Mapping[str, str]:
    ended = operator.run(["sh", "-c", PROVISION.format(url=url)], within_s=60)
    if ended.returncode:
        raise ExerciseFailure(f"provision: {ended.stdout}")
    told: dict[str, str] = json.loads(ended.stdout[ended.stdout.index("{") :])
    return told


def _answer(url: str, key: str) -> str:
    body = {"model": "kernelweave", "messages": [{"role": "user", "content": "Say hello."}]}
    reply = json.loads(_get(f"{url}/v1/chat/completions", f"Bearer {key}", json.dumps(body)))
    text: Any = reply["choices"][0]["message"]["content"]
    if not isinstance(text, str) or not text:
        raise ExerciseFailure(f"the answer is empty: {reply}")
    return text


def _require_counted(url: str) -> None:
    """The answer is counted by the worker, in a container of its own."""
    deadline = time.monotonic() + COUNTED_S
    while not re.search(r"kernelweave_answers_total\{[^}]*\} [1-9]", _get(f"{url}/metrics")):
        if time.monotonic() > deadline:
            raise ExerciseFailure("/metrics does not count the answer of the worker")
        time.sleep(0.5)


def _require_style(url: str) -> None:
    page = _get(f"{url}/admin/login/")
    sheet = re.search(r'href="(/static/[^"]+\.css)"', page)
    if sheet is None or not _get(url + sheet[1]):
        raise ExerciseFailure("the admin has no style sheet")


def _require_flower(url: str, conf: str) -> None:
    found = re.search(r'\["(.+)"\]', conf)
    if found is None:
        raise ExerciseFailure("flower_conf names no operator")
    try:
        _get(f"{url}/workers")
    except urllib.error.HTTPError as refused:
        if refused.code != 401:
            raise
    else:
        raise ExerciseFailure("flower shows the workers to everybody")
    page = _get(f"{url}/workers", f"Basic {base64.b64encode(found[1].encode()).decode()}")
    for worker in ("answers@answers-1", "after@after-1"):
        if worker not in page:
            raise ExerciseFailure(f"flower does not show {worker}")


def _get(url: str, authorization: str = "", body: str = "") -> str:
    request = urllib.request.Request(url, body.encode() or None)
    if authorization:
        request.add_header("Authorization", authorization)
    if body:
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as reply:
        text: str = reply.read().decode()
    return text
