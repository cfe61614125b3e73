"""A setting or a home that cannot be used ends the start with one line, before any part runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kwsite.env import CHECKOUT
from kwsite.stack.failure import StackFailure
from kwsite.stack.llama_model import MODEL, LlamaModel, chosen_model
from kwsite.stack.ports import free_port
from kwsite.stack.replacements import require_database, require_redis


def refusal(home: Path, **settings: str) -> str:
    """What a start with these settings says; it must end at once, with exit code 1."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KW_")}
    ended = subprocess.run(
        [sys.executable, "-m", "kwsite.stack"],
        env={**kept, "KW_HOME": str(home), **settings},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    return line


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "8000.0"])
def test_it_names_a_port_that_is_none(tmp_path: Path, port: str) -> None:
    line = refusal(tmp_path, KW_PORT=port)
    assert "KW_PORT=" in line
    assert port in line


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("KW_LLM_PROVIDER", "nope", "openai, llguidance, vllm, anthropic, scripted"),
        ("KW_LEASE_S", "nan", "from 1 to 1000000000"),
        ("KW_DB_POOL_MAX", "-1", "from 0 to 1000"),
        ("KW_REUSE_ANSWERS", "perhaps", "on or off"),
        ("KW_HOST", "bad-host-name", "127.0.0.1"),
        ("KW_HOST", "localhost", "127.0.0.1"),
        ("KW_HOST", "192.0.2.1", "127.0.0.1"),
    ],
)
def test_it_names_a_setting_that_is_not_allowed(
    tmp_path: Path, name: str, value: str, allowed: str
) -> None:
    line = refusal(tmp_path, **{"KW_PORT": str(free_port()), name: value})
    assert name in line
    assert value in line
    assert allowed in line


def test_it_names_a_key_that_is_none_without_repeating_it(tmp_path: Path) -> None:
    line = refusal(tmp_path, KW_PORT=str(free_port()), KW_RECEIPT_KEY="c2VjcmV0")
    assert line.startswith("KW_RECEIPT_KEY is no Ed25519 key: It has 6 bytes;")
    assert "c2VjcmV0" not in line


def test_it_names_a_model_that_is_none(tmp_path: Path) -> None:
    model = tmp_path / "model.gguf"
    line = refusal(tmp_path / "home", KW_PORT=str(free_port()), KW_LLM_GGUF=str(model))
    assert line.startswith(f"llama: KW_LLM_GGUF={model} cannot be used: No such file")
    model.write_bytes(b"PK\x03\x04 something else")
    line = refusal(tmp_path / "home", KW_PORT=str(free_port()), KW_LLM_GGUF=str(model))
    assert "it is no GGUF file. Set it to the path of a model in GGUF format" in line


def test_a_model_is_served_under_the_name_of_its_file(tmp_path: Path) -> None:
    model = tmp_path / "larger-1b.gguf"
    model.write_bytes(b"GGUF" + b"\x03" * 8)
    assert chosen_model(str(model)) == LlamaModel("larger-1b", model)
    assert chosen_model("") == LlamaModel(MODEL, None)


def test_a_model_beside_another_model_server_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "larger-1b.gguf"
    model.write_bytes(b"GGUF")
    line = refusal(
        tmp_path / "home",
        KW_PORT=str(free_port()),
        KW_LLM_GGUF=str(model),
        KW_LLM_PROVIDER="scripted",
    )
    assert "KW_LLM_GGUF is for the embedded model server" in line


def test_it_names_a_home_that_is_a_file(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.touch()
    assert str(home) in refusal(home)


@pytest.mark.parametrize("content", ["{", "[]", '{"django_key": 3}'])
def test_it_names_a_damaged_file_in_its_home(tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets.json").write_text(content)
    line = refusal(tmp_path, KW_PORT=str(free_port()))
    assert f"{tmp_path / 'secrets.json'} is damaged" in line


def test_it_names_a_missing_package(tmp_path: Path) -> None:
    # A module that cannot be found, in front of the installed ones.
    (tmp_path / "rich.py").write_text("raise ModuleNotFoundError(name='rich')")
    assert "Package for rich is missing." in refusal(tmp_path / "home", PYTHONPATH=str(tmp_path))


def test_a_database_address_that_is_none_is_refused_without_its_password() -> None:
    with pytest.raises(StackFailure, match="DATABASE_URL is not the address") as failure:
        require_database("mysql://somebody:geheim@127.0.0.1/nothing")
    assert "geheim" not in str(failure.value)


def test_a_redis_address_that_is_none_is_refused() -> None:
    with pytest.raises(StackFailure, match="REDIS_URL cannot be used"):
        require_redis("127.0.0.1:6379")
