"""What the hook leaves on the machine: secrets, contents of files, and more than its bounds."""

import json
import time
from typing import Any

import pytest

from clients.hook.kernelweave_hook import (
    MOST_OUTPUT,
    MOST_PARAMETERS,
    clean,
    heard_of,
    key_parameters,
    outcome,
    redacted,
)
from tests.hook_process import payload, recorded_payloads

# Put together here, so that no scanner of repositories takes them for real ones.
BODY = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6"
KEY_BEGINS, KEY_ENDS = (f"-----{word} RSA PRIVATE KEY-----" for word in ("BEGIN", "END"))
PEM = f"{KEY_BEGINS}\n{BODY}\n{BODY}\n{KEY_ENDS}"


@pytest.mark.parametrize(
    "text",
    [
        f"export OPENAI_API_KEY=sk-{BODY}",
        f"sk-proj-{BODY}",
        f"ghp_{BODY}",
        f"remote: github_pat_{BODY}",
        f"AKIA{BODY[:16].upper()}",
        f"Authorization: Bearer {BODY}",
        f'{{"api_key": "{BODY}"}}',
        f'{{\\"password\\": \\"{BODY}\\"}}',
        f"password={BODY}",
        f"DB_PASS={BODY}",
        f"client_secret: '{BODY} with blanks {BODY}'",
        f"mysql --password {BODY} -h db",
        f"tool --auth-token={BODY}",
        f"postgres://app:{BODY}@db:5432/app",
        f"eyJ{BODY}.{BODY}.{BODY}",
        f"Set-Cookie: session={BODY}; Path=/",
        PEM,
        f"{KEY_BEGINS}\n{BODY}",
        f"{BODY}\n{KEY_ENDS}",
        f'password="{BODY}',
    ],
)
def test_secrets_are_taken_out(text: str) -> None:
    shown = redacted(f"before {text}\nafter")
    assert BODY not in shown
    assert BODY[:16].upper() not in shown
    assert "[redacted]" in shown


@pytest.mark.parametrize(
    "text",
    [
        "How many tokens does a password reset mail have?",
        "the basic authentication of the bearer of bad news",
        "PASS: test_login, PWD=/home/dev, max_tokens=512",
        "task-queue-with-a-rather-long-name, risk-assessment-of-everything",
        "https://example.org/a:b and ssh://git@example.org/x",
    ],
)
def test_what_only_speaks_of_secrets_stays(text: str) -> None:
    assert redacted(text) == text


def test_what_surrounds_a_secret_stays() -> None:
    assert redacted(f"curl -H 'X-Api-Key: {BODY}' https://h/x") == (
        "curl -H 'X-Api-Key: [redacted]' https://h/x"
    )


def test_parameters_that_are_named_as_secrets_are_taken_out() -> None:
    given = {"url": "https://h", "apiToken": BODY, "auth": {"credentials": [BODY], "user": "a"}}
    assert key_parameters(given) == {
        "url": "https://h",
        "apiToken": "[redacted]",
        "auth": {"credentials": "[redacted]", "user": "a"},
    }


def test_a_secret_is_not_halved_by_cutting() -> None:
    secret = "sk-" + BODY * 3
    for length in range(0, 400, 7):
        shown = clean("x" * length + " " + secret + " " + "y" * 4000, 300)
        assert BODY[:6] not in shown
        assert BODY[-6:] not in shown


def test_a_long_text_keeps_its_beginning_and_its_end_and_says_how_much_is_cut() -> None:
    shown = clean("a" * 5000 + "b" * 5000, 300)
    assert shown == "a" * 100 + "\n[cut: 9700 characters]\n" + "b" * 200


def test_a_short_text_stays_as_it_is() -> None:
    assert clean("a" * 300, 300) == "a" * 300


def test_what_no_database_takes_is_replaced() -> None:
    assert clean("a\0b\ud800c", 300) == "a\ufffdb?c"


def test_contents_of_files_are_left_out_and_paths_stay() -> None:
    given = {"file_path": "/p/a.py", "old_string": "x" * 40, "new_string": "", "replace_all": False}
    assert key_parameters(given) == {
        "file_path": "/p/a.py",
        "old_string": "[left out: 40 characters]",
        "new_string": "",
        "replace_all": False,
    }


def test_no_content_of_a_file_is_in_what_is_heard_of_file_tools() -> None:
    heard = [heard_of(one) for one in recorded_payloads()]
    of_files = [one.fields for one in heard if one.fields.get("tool") in ("Read", "Edit", "Write")]
    assert len(of_files) == 5
    assert "amounts" not in json.dumps(of_files)
    assert "characters]" in json.dumps(of_files)


def test_a_command_stays_whole_where_other_texts_are_cut() -> None:
    found = key_parameters({"command": "echo " + "x" * 2000, "description": "y" * 2000})
    assert len(found["command"]) == 2005
    assert "[cut: 1500 characters]" in found["description"]


def test_parameters_of_any_size_and_depth_are_bounded() -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = {"a": [deep, "y" * 1000]}
    for given in (deep, {f"k{i}": ["z" * 400] * 100 for i in range(100)}, ["a"] * 5000):
        assert len(json.dumps(key_parameters(given))) <= 2 * MOST_PARAMETERS


def test_the_end_of_a_long_output_is_kept() -> None:
    ok, _, output = outcome("Bash", {"stdout": "line\n" * 10_000 + "1 failed", "stderr": "why"})
    assert ok
    assert output.endswith("1 failed\nwhy")
    assert len(output) < MOST_OUTPUT + 50


@pytest.mark.parametrize(
    ("response", "output"),
    [
        ("plain", "plain"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        ({"content": "found"}, "found"),
        ({"filenames": ["a.py", "b.py"], "numFiles": 2}, "a.py\nb.py"),
        ({"odd": 1}, '{"odd": 1}'),
        (None, ""),
    ],
)
def test_outputs_of_all_forms_are_text(response: Any, output: str) -> None:
    assert outcome("mcp__x__y", response)[2] == output


@pytest.mark.parametrize(
    "text",
    [
        "eyJ-" * 500_000,
        'token="' * 300_000,
        "a-" * 1_000_000,
        "-----BEGIN RSA PRIVATE KEY-----" * 50_000,
        "bearer " * 300_000,
        "://x:" * 400_000,
        "Cookie: " * 200_000,
        "--a-a-a-" * 200_000,
    ],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    started = time.monotonic()
    heard_of(payload("UserPromptSubmit", prompt=text))
    key_parameters({"command": text, "x": text})
    assert time.monotonic() - started < 1
