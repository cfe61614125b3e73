"""Settings from the environment: what is not allowed is one line that names the variable."""

from pathlib import Path

import pytest

from kwsite.allowed import WHOLE_NUMBERS
from kwsite.env import Environment, require_allowed, service_settings
from kwsite.stack.replacements import replacements_asked_for


@pytest.fixture
def environment() -> Environment:
    return Environment({})


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "0", "soon", "1e12"])
def test_a_number_outside_its_range_is_refused(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("KW_LEASE_S", value)
    with pytest.raises(SystemExit) as refused:
        environment.number("KW_LEASE_S", 10)
    assert str(refused.value) == (
        f"KW_LEASE_S={value!r} is no number from 1 to 1000000000: set it to one, or unset it."
    )


@pytest.mark.parametrize("value", ["-1", "2.5", "many", "nan", "1001"])
def test_a_whole_number_outside_its_range_is_refused(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("KW_DB_POOL_MAX", value)
    with pytest.raises(SystemExit, match="is no whole number from 0 to 1000:"):
        environment.integer("KW_DB_POOL_MAX", 20)


@pytest.mark.parametrize("value", ["zzz", "debug"])
def test_a_word_that_is_no_choice_is_refused(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("KW_LOG_LEVEL", value)
    with pytest.raises(SystemExit, match="one of DEBUG, INFO, WARNING, ERROR, CRITICAL"):
        environment.choice("KW_LOG_LEVEL", "INFO")


def test_what_is_allowed_is_read(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KW_LEASE_S", "2.5")
    monkeypatch.setenv("KW_DB_POOL_MAX", "0")
    monkeypatch.setenv("KW_REUSE_ANSWERS", "No")
    assert environment.number("KW_LEASE_S", 10) == 2.5
    assert environment.integer("KW_DB_POOL_MAX", 20) == 0
    assert environment.flag("KW_REUSE_ANSWERS", True) is False


@pytest.mark.parametrize("name", [*WHOLE_NUMBERS, "KW_LOG_LEVEL", "KW_DEBUG", "KW_SCORE_DELAY_S"])
def test_every_setting_can_be_held_to_its_rule_at_once(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "zzz")
    with pytest.raises(SystemExit, match=f"{name}='zzz'"):
        require_allowed()


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "database_url"
    file.write_text("postgresql://somebody:geheim@127.0.0.1/kernelweave\n")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL_FILE", str(file))
    return file


@pytest.mark.usefixtures("secret")
def test_a_file_may_hold_what_a_variable_says() -> None:
    assert Environment({}).text("DATABASE_URL").endswith(":geheim@127.0.0.1/kernelweave")
    assert replacements_asked_for().database_url == Environment({}).text("DATABASE_URL")


def test_every_rule_holds_for_what_a_file_says(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "limit"
    monkeypatch.setenv("KW_MAX_MESSAGES_FILE", str(file))
    file.write_text("12\r\n")
    assert environment.integer("KW_MAX_MESSAGES", 200) == 12
    assert service_settings()["KW_MAX_MESSAGES"] == "12"
    assert "KW_MAX_MESSAGES_FILE" not in service_settings()
    file.write_text("many")
    with pytest.raises(SystemExit, match="KW_MAX_MESSAGES='many'"):
        require_allowed()


def test_the_variable_itself_goes_before_its_file(
    environment: Environment, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1/other")
    assert environment.text("DATABASE_URL") == "postgresql://127.0.0.1/other"
    secret.unlink()
    assert environment.text("DATABASE_URL") == "postgresql://127.0.0.1/other"


def test_a_file_goes_before_the_running_stack(secret: Path) -> None:
    stack = Environment({"DATABASE_URL": "postgresql://127.0.0.1/stack"})
    assert "geheim" in stack.text("DATABASE_URL")


@pytest.mark.parametrize("content", [b"", b"\n", b"geheim\0", b"geheim\xff"])
def test_a_file_that_holds_no_text_is_refused_without_its_content(
    environment: Environment, secret: Path, content: bytes
) -> None:
    secret.write_bytes(content)
    with pytest.raises(SystemExit) as refused:
        environment.text("DATABASE_URL")
    assert str(refused.value).startswith(f"DATABASE_URL_FILE='{secret}' ")
    assert "geheim" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(environment: Environment, secret: Path) -> None:
    secret.unlink()
    with pytest.raises(SystemExit, match=r"cannot be read \(No such file or directory\)"):
        environment.text("DATABASE_URL")
