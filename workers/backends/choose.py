"""The model server that the settings name."""

from functools import lru_cache

from django.conf import settings

from trajectories.errors import KernelWeaveError
from workers.backends.anthropic_messages import AnthropicMessages
from workers.backends.completion import Backend
from workers.backends.openai_compatible import OpenAICompatible
from workers.backends.scripted import ScriptedBackend


class WrongModelServerSettings(KernelWeaveError):
    """The KW_LLM_ settings name no model server."""


@lru_cache(maxsize=1)
def live_backend() -> Backend:
    """The one backend of this process. `live_backend.cache_clear()` rereads the settings."""
    if settings.KW_LLM_PROVIDER == "openai":
        return _openai_compatible()
    if settings.KW_LLM_PROVIDER == "anthropic":
        return _anthropic()
    if settings.KW_LLM_PROVIDER == "scripted":
        return ScriptedBackend(
            delay_s=getattr(settings, "KW_SCRIPTED_DELAY_S", 0.0), model=settings.KW_LLM_MODEL
        )
    raise WrongModelServerSettings(
        f"KW_LLM_PROVIDER is {settings.KW_LLM_PROVIDER!r};"
        " it must be openai, anthropic or scripted."
    )


def _openai_compatible() -> OpenAICompatible:
    if not settings.KW_LLM_BASE_URL:
        raise WrongModelServerSettings(
            "KW_LLM_BASE_URL is empty; set it to the server's address, as in"
            " http://127.0.0.1:8080/v1 or https://api.openai.com/v1."
        )
    return OpenAICompatible(
        base_url=settings.KW_LLM_BASE_URL,
        api_key=settings.KW_LLM_API_KEY,
        model=settings.KW_LLM_MODEL,
        timeout_s=settings.KW_LLM_TIMEOUT_S,
        connect_timeout_s=settings.KW_LLM_CONNECT_TIMEOUT_S,
    )


def _anthropic() -> AnthropicMessages:
    return AnthropicMessages(
        base_url=settings.KW_LLM_BASE_URL,
        api_key=settings.KW_LLM_API_KEY,
        model=settings.KW_LLM_MODEL,
        timeout_s=settings.KW_LLM_TIMEOUT_S,
        connect_timeout_s=settings.KW_LLM_CONNECT_TIMEOUT_S,
    )
