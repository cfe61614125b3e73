"""Settings from the environment: what is not allowed is one line that names the variable."""

import pytest

from kwsite.allowed import WHOLE_NUMBERS
from kwsite.env import Environment, require_allowed


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
