"""The model server that the settings name."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from trajectories.errors import KernelWeaveError
from workers.backends.completion import Backend
from workers.backends.held import HeldToSchema

# Imported by name, and only the one that is used: an SDK takes a second to import.
PROVIDERS = {
    "openai": "workers.backends.openai_compatible.OpenAICompatible",
    "llguidance": "workers.backends.openai_compatible.OpenAICompatible",
    "vllm": "workers.backends.openai_compatible.OpenAICompatible",
    "anthropic": "workers.backends.anthropic_messages.AnthropicMessages",
    "scripted": "workers.backends.scripted.ScriptedBackend",
}

COMPATIBLE = ("openai", "llguidance", "vllm")


class WrongModelServerSettings(KernelWeaveError):
    """The KW_LLM_ settings name no model server."""


@lru_cache(maxsize=1)
def live_backend() -> Backend:
    """The one backend of this process. `live_backend.cache_clear()` rereads the settings."""
    provider = settings.KW_LLM_PROVIDER
    if provider not in PROVIDERS:
        raise WrongModelServerSettings(
            f"KW_LLM_PROVIDER is {provider!r}; it must be one of {', '.join(PROVIDERS)}."
        )
    if provider in COMPATIBLE and not settings.KW_LLM_BASE_URL:
        raise WrongModelServerSettings(
            "KW_LLM_BASE_URL is empty; set it to the server's address, as in"
            " http://127.0.0.1:8080/v1 or https://api.openai.com/v1."
        )
    return _built(provider, _arguments(provider))


def backend_beside(*, base_url: str, model: str, fixed: Mapping[str, Any] | None = None) -> Backend:
    """The same kind of server at another address; `fixed` are fields of each call.

    Raises WrongModelServerSettings for one that serves no adapters.
    """
    provider = settings.KW_LLM_PROVIDER
    if not serves_adapters():
        raise WrongModelServerSettings(f"KW_LLM_PROVIDER={provider} serves no adapters.")
    if provider == "scripted":
        return _built(provider, {**_arguments(provider), "model": model})
    own = {"base_url": base_url, "model": model, "fixed": fixed or {}}
    return _built(provider, {**_arguments(provider), **own})


def serves_adapters() -> bool:
    """Whether the settings name a kind of server that can have adapters."""
    return settings.KW_LLM_PROVIDER in (*COMPATIBLE, "scripted")


def _built(provider: str, arguments: dict[str, Any]) -> Backend:
    build: Callable[..., Any] = import_string(PROVIDERS[provider])
    backend = build(**arguments)
    return cast(Backend, backend) if provider == "scripted" else HeldToSchema(backend)


def _arguments(provider: str) -> dict[str, Any]:
    if provider == "scripted":
        return {"delay_s": settings.KW_SCRIPTED_DELAY_S, "model": settings.KW_LLM_MODEL}
    own = {"dialect": provider} if provider in ("llguidance", "vllm") else {}
    return own | {
        "base_url": settings.KW_LLM_BASE_URL,
        "api_key": settings.KW_LLM_API_KEY,
        "model": settings.KW_LLM_MODEL,
        "timeout_s": settings.KW_LLM_TIMEOUT_S,
        "connect_timeout_s": settings.KW_LLM_CONNECT_TIMEOUT_S,
    }
