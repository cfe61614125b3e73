"""An adapter is asked where it is served, by its number or by its name."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from training.adapters.models import Adapter
from workers.adapters.asking import Address, NotServed, adapter_backend, backend_at
from workers.backends.choose import WrongModelServerSettings
from workers.backends.completion import ModelRequest
from workers.backends.held import HeldToSchema
from workers.backends.openai_compatible import OpenAICompatible
from workers.backends.scripted import ScriptedBackend

AT = "http://127.0.0.1:9/v1"
ASKED = ModelRequest(
    messages=({"role": "user", "content": "Hello"},), max_tokens=5, options={"lora": "an app's"}
)


@pytest.fixture(autouse=True)
def fresh_backends() -> Iterator[None]:
    backend_at.cache_clear()
    yield
    backend_at.cache_clear()


def body_of(provider: str, settings: Settings, address: Address) -> dict[str, Any]:
    settings.KW_LLM_PROVIDER = provider
    settings.KW_LLM_BASE_URL = "http://127.0.0.1:8/v1"
    found = backend_at(address)
    assert isinstance(found, HeldToSchema)
    assert isinstance(found.backend, OpenAICompatible)
    assert str(found.backend.client.base_url) == f"{AT}/"
    return found.backend.body(ASKED)


def test_llama_cpp_is_told_the_one_adapter_to_apply(settings: Settings) -> None:
    body = body_of("llguidance", settings, Address("cities-v2", AT, slot=3))
    assert body["lora"] == [{"id": 3, "scale": 1.0}]
    assert body["model"] == "cities-v2"


def test_vllm_knows_an_adapter_as_a_model(settings: Settings) -> None:
    body = body_of("vllm", settings, Address("cities-v2", AT))
    assert body["model"] == "cities-v2"
    assert body["lora"] == "an app's"  # passed on as it came, like every option


def test_the_scripted_model_answers_under_the_adapters_name(settings: Settings) -> None:
    settings.KW_LLM_PROVIDER = "scripted"
    found = backend_at(Address("cities-v2", AT, slot=0))
    assert isinstance(found, ScriptedBackend)
    assert found.complete(ASKED).model == "cities-v2"


def test_an_address_has_one_backend(settings: Settings) -> None:
    settings.KW_LLM_PROVIDER = "scripted"
    adapter = Adapter(name="cities-v2", server_url=AT, slot=1)
    assert adapter_backend(adapter) is adapter_backend(adapter)
    moved = Adapter(name="cities-v2", server_url=AT, slot=2)
    assert adapter_backend(moved) is not adapter_backend(adapter)


def test_an_adapter_that_is_served_nowhere_is_not_asked() -> None:
    with pytest.raises(NotServed, match="cities-v2"):
        adapter_backend(Adapter(name="cities-v2"))


def test_a_model_server_without_adapters_says_so(settings: Settings) -> None:
    settings.KW_LLM_PROVIDER = "anthropic"
    with pytest.raises(WrongModelServerSettings, match="anthropic serves no adapters"):
        backend_at(Address("cities-v2", AT))
