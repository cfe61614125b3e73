"""Secrets are taken out of what agents send; what only looks like one stays."""

from typing import Any

import pytest

from trajectories.taps.redaction import redacted, redacted_value
from trajectories.taps.secret_rules import MARK

KEY = "abcdEFGH1234" * 3


@pytest.mark.parametrize(
    "text",
    [
        f"OPENAI_API_KEY=sk-proj-{KEY}",
        f"export GITHUB_TOKEN=ghp_{KEY}",
        f"the key is github_pat_{KEY}",
        f"curl -H 'Authorization: Bearer {KEY}' https://x.org",
        f"curl -H 'Authorization: Basic {KEY}==' https://x.org",
        f"git clone https://ann:{KEY}@example.org/repo.git",
        f"postgresql://kw:{KEY}@127.0.0.1:5432/kw",
        f"mysql --password {KEY} -u root",
        f"mysql --password={KEY} -u root",
        f'{{"password": "{KEY}"}}',
        f"db_password: {KEY}",
        f"aws_secret_access_key = {KEY}",
        f"AKIAABCDEFGHIJKLMNOP and {KEY}"[:20],
        f"xoxb-1234567890-{KEY}",
        f"glpat-{KEY}",
        f"hf_{KEY}",
        f"kw-{KEY}",
        f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{KEY}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY}",
        f"PASSWORD='a b {KEY}'",
        f'{{"accessToken": "{KEY}"}}',
        f"PGPASSWORD={KEY} psql",
        f"//registry.example.org/:_authToken={KEY}",
        f"AccountName=x;AccountKey={KEY};Endpoint=y",
        f'curl -d "{{\\"password\\":\\"{KEY}\\"}}" x.org',
        f"Authorization: Token {KEY}",
        f"Cookie: theme=dark; sid={KEY}",
        f'password := "{KEY}"',
        f"postgres://u:p@{KEY}@host/db",
        f"curl -u bob:{KEY} https://x.org",
        f"docker login -p {KEY} registry.example.org",
        f"sshpass -p {KEY} ssh host",
        f"SECRET_KEY_BASE={KEY}",
        f"ENCRYPTION_KEY={KEY}",
        f"https://x.org/blob?sv=2&sig={KEY}",
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n{KEY}",
        f"whsec_{KEY}",
        f"https://hooks.slack.com/services/T000/B000/{KEY}",
    ],
)
def test_a_secret_is_taken_out(text: str) -> None:
    clean, taken = redacted(text)
    assert taken >= 1
    assert MARK in clean
    assert KEY not in clean


@pytest.mark.parametrize(
    "text",
    [
        "What is a token?",
        "max_tokens=512",
        "password: str = Field(default=None)",
        "def f(token: str, secret=None): return get_secret(token)",
        "api_key = os.environ['API_KEY']",
        "password = getpass()",
        "PASSWORD=$DB_PASSWORD",
        "PASSWORD=${DB_PASSWORD}",
        "https://example.org:8080/path@2",
        "the session continued: yes",
        "The author: Ann Lee",
        "sk-learn is a library",
        "tokens: 412",
        "give me a basic understanding of trees",
        "Implement basic authentication for the API",
        'if token == "x": pass',
        "def f(token: TokenType) -> None",
        "token = self.next",
        "auth = AuthService",
        "Pass: 12, Fail: 0",
        "Refactor the auth: split it",
        "sk-learn-contrib-package-x",
        "kw-args-and-other-names",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    ],
)
def test_what_only_speaks_of_secrets_stays(text: str) -> None:
    assert redacted(text) == (text, 0)


def test_objects_lose_the_values_of_secret_names_and_secrets_anywhere_else() -> None:
    value: dict[str, Any] = {
        "env": {"API_KEY": "short", "tokens": 12, "password": None},
        "lines": ["ok", f"token={KEY}"],
        f"sk-{KEY}": 1,
    }
    clean, taken = redacted_value(value)
    assert clean["env"] == {"API_KEY": MARK, "tokens": 12, "password": None}
    assert clean["lines"] == ["ok", f"token={MARK}"]
    assert taken == 3
    assert KEY not in str(clean)


def test_secrets_in_nested_json_and_in_arguments_are_found() -> None:
    value = {
        "password": {"value": KEY, "old": [KEY]},
        "env": [{"name": "DB_PASSWORD", "value": KEY}, {"name": "PATH", "value": "/bin"}],
        "args": ["--password", KEY, "--verbose"],
    }
    clean, taken = redacted_value(value)
    assert KEY not in str(clean)
    assert taken == 4
    assert clean["env"][1]["value"] == "/bin"
    assert clean["args"][2] == "--verbose"


@pytest.mark.parametrize(
    "text",
    ["a_" * 20_000 + " token", "-".join(f"{n:04x}" for n in range(9_000)) + " token", "a-" * 9_000],
)
def test_long_names_cost_no_more_than_their_length(text: str) -> None:
    """Taken twice as long, these took four times as long once; now a megabyte is nothing."""
    assert redacted(text * 20) == (text * 20, 0)


def test_what_is_redacted_stays_as_it_is() -> None:
    once, _ = redacted(f"password={KEY} and token: {KEY}")
    assert redacted(once) == (once, 0)
