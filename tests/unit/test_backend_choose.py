"""Which backend the settings name."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from workers.backends.anthropic_messages import AnthropicMessages
from workers.backends.choose import WrongModelServerSettings, live_backend
from workers.backends.completion import Backend
from workers.backends.held import HeldToSchema
from workers.backends.openai_compatible import OpenAICompatible
from workers.backends.scripted import ScriptedBackend


@pytest.fixture(autouse=True)
def fresh_choice() -> Iterator[None]:
    live_backend.cache_clear()
    yield
    live_backend.cache_clear()


def held_backend() -> Backend:
    """The model server behind what holds its answers to their schemas."""
    found = live_backend()
    assert isinstance(found, HeldToSchema)
    return found.backend


def test_it_builds_the_openai_compatible_backend(settings: Settings) -> None:
    settings.KW_LLM_PROVIDER = "openai"
    settings.KW_LLM_BASE_URL = "http://127.0.0.1:9/v1"
    settings.KW_LLM_MODEL = "small"
    settings.KW_LLM_TIMEOUT_S = 7.0
    backend = held_backend()
    assert isinstance(backend, OpenAICompatible)
    assert (backend.model, backend.timeout_s) == ("small", 7.0)


def test_it_speaks_to_vllm_in_its_dialect(settings: Settings) -> None:
    settings.KW_LLM_PROVIDER = "vllm"
    settings.KW_LLM_BASE_URL = "http://127.0.0.1:9/v1"
    backend = held_backend()
    assert isinstance(backend, OpenAICompatible)
    assert backend.dialect == "vllm"


def test_it_builds_the_anthropic_backend_with_its_own_address(settings: Settings) -> None:
    settings.KW_LLM_PROVIDER = "anthropic"
    settings.KW_LLM_BASE_URL = ""
    backend = held_backend()
    assert isinstance(backend, AnthropicMessages)
    assert backend.client.base_url.host == "api.anthropic.com"


def test_it_builds_the_scripted_backend_at_the_set_pace(settings: Settings) -> None:
    settings.KW_LLM_PROVIDER = "scripted"
    settings.KW_SCRIPTED_DELAY_S = 0.25
    backend = live_backend()
    assert isinstance(backend, ScriptedBackend)
    assert backend.delay_s == 0.25


def test_it_builds_one_backend_for_the_process(settings: Settings) -> None:
    settings.KW_LLM_PROVIDER = "scripted"
    assert live_backend() is live_backend()


def test_it_rejects_a_provider_it_does_not_know(settings: Settings) -> None:
    settings.KW_LLM_PROVIDER = "oracle"
    with pytest.raises(
        WrongModelServerSettings,
        match="'oracle'; it must be one of openai, llguidance, vllm, anthropic",
    ):
        live_backend()


def test_it_rejects_a_missing_address(settings: Settings) -> None:
    settings.KW_LLM_PROVIDER = "openai"
    settings.KW_LLM_BASE_URL = ""
    with pytest.raises(WrongModelServerSettings, match="KW_LLM_BASE_URL"):
        live_backend()
