"""One list of secrets and of what only looks like one; the service and the hook agree on it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from clients.hook import kernelweave_hook as hook
from tests.hook_process import FILE
from tests.hook_rules import with_rules
from trajectories.taps.redaction import redacted, redacted_value
from trajectories.taps.secret_rules import MARK
from trajectories.taps.values import PROMPT_CHARS, clean_text

KNOWN = json.loads((Path(__file__).parents[1] / "data" / "secrets.json").read_text())
TEXTS = [(one["text"], one["secret"]) for one in KNOWN["texts"]]
VALUES = [(one["value"], one["secret"]) for one in KNOWN["values"]]


def put(secret: str, into: Any) -> Any:
    if isinstance(into, dict):
        return {key: put(secret, each) for key, each in into.items()}
    if isinstance(into, list):
        return [put(secret, each) for each in into]
    return into.replace("{S}", secret)


def shows(text: str, secret: str) -> bool:
    """Any part of a long one counts."""
    return any(part in text for part in (secret, secret[:40], secret[-40:]))


@pytest.mark.parametrize(("text", "secret"), TEXTS, ids=[f"{t[:50]} {s[:12]}" for t, s in TEXTS])
def test_a_secret_in_a_text_is_taken_out(text: str, secret: str) -> None:
    clean, taken = redacted(put(secret, text))
    assert not shows(clean, secret)
    assert taken >= 1
    assert MARK in clean
    assert hook.redacted(put(secret, text)) == clean


@pytest.mark.parametrize(("text", "secret"), TEXTS, ids=[f"{t[:50]} {s[:12]}" for t, s in TEXTS])
def test_a_secret_amid_other_text_is_taken_out_and_the_rest_stays(text: str, secret: str) -> None:
    clean, _ = redacted(f"line before\n{put(secret, text)}")
    assert not shows(clean, secret)
    assert clean.startswith("line before\n")


@pytest.mark.parametrize(("text", "secret"), TEXTS, ids=[f"{t[:50]} {s[:12]}" for t, s in TEXTS])
def test_what_is_redacted_is_not_redacted_again(text: str, secret: str) -> None:
    once, _ = redacted(put(secret, text))
    assert redacted(once) == (once, 0)


@pytest.mark.parametrize(("value", "secret"), VALUES, ids=[f"{v} {s}"[:70] for v, s in VALUES])
def test_a_secret_in_json_is_taken_out(value: Any, secret: str) -> None:
    clean, taken = redacted_value(put(secret, value))
    assert secret not in json.dumps(clean)
    assert taken >= 1
    assert secret not in json.dumps(hook.key_parameters(put(secret, value)))


@pytest.mark.parametrize("text", KNOWN["plain"])
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert redacted(text) == (text, 0)
    assert hook.redacted(text) == text


@pytest.mark.parametrize(
    "value",
    [
        {"tokens": 12, "password": None, "secret": "", "api_key": False, "pwd": "/home/dev"},
        {
            "tags": ["password", "reset"],
            "args": ["--verbose", "x"],
            "name": "PATH",
            "value": "/bin",
        },
        {"command": ["mkdir", "-p", "src/app"], "also": ["docker", "run", "-p", "80:80", "nginx"]},
    ],
)
def test_json_without_secrets_stays(value: dict[str, Any]) -> None:
    assert redacted_value(value) == (value, 0)
    assert hook.key_parameters(value) == value


def test_the_hook_has_the_rules_of_the_service() -> None:
    """If not: `python -m tests.hook_rules` puts them there."""
    source = FILE.read_text()
    assert with_rules(source) == source


def test_a_mark_within_a_signed_address_stays_one_mark() -> None:
    text = "https://s3/x?X-Amz-Credential=AKIA" + "A1B2" * 4 + "%2F2026%2Fus&X-Amz-Date=1"
    assert hook.redacted(text) == f"https://s3/x?X-Amz-Credential={MARK}&X-Amz-Date=1"


HOSTILE = [
    *(" --token", "token=a,b=", "token=\\", 'token=\\"', "token=$(", "token is ", "set token "),
    *("'token', ", "password: ", "password='''", "://x:y/", "curl ", "docker login ", "-u a:"),
    *(
        "-----BEGIN ",
        "-----END PRIVATE KEY-----",
        "A" * 50 + "\n",
        "eyJ-",
        "eyJaaaaaaaa.",
        "<token",
    ),
    *("token" + " " * 40, "\\", "token=)", "authorization:", "M-", "login a ", "token\n value: "),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    """Four times as long: four times the time and not sixteen; the better of two counts."""
    took = []
    for size in (10_000, 40_000):
        text = f"password={piece}" + piece * (size // len(piece))
        runs = []
        for _ in range(2):
            started = time.process_time()
            redacted(text)
            runs.append(time.process_time() - started)
        took.append(min(runs))
    assert took[1] < 9 * took[0] + 0.01


def test_of_a_long_prompt_only_what_may_be_kept_is_read() -> None:
    text = " --token" * 250_000
    started = time.process_time()
    kept, _, gone = clean_text(text, PROMPT_CHARS)
    assert time.process_time() - started < 2
    assert gone == len(text) - PROMPT_CHARS
    assert kept.startswith(text[:PROMPT_CHARS])
