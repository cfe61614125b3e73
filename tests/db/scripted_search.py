"""Searches that do the same each time: a scripted model, one simulation at a time, no exploring."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from workers.backends.choose import live_backend
from workers.backends.scripted import ScriptedBackend
from workers.searches.records import somewhere_pays


@pytest.fixture(autouse=True)
def backend(settings: Settings) -> Iterator[ScriptedBackend]:
    settings.KW_LLM_PROVIDER = "scripted"
    settings.KW_SEARCH_PARALLEL = 1
    settings.KW_LEASE_S = 600.0  # no thread renews it, with a connection of its own
    settings.KW_ROUTER_EPSILON = 0.0
    settings.KW_SEARCH_EXPLORE = 0.0
    somewhere_pays.forget()
    live_backend.cache_clear()
    found = live_backend()
    assert isinstance(found, ScriptedBackend)
    yield found
    somewhere_pays.forget()
    live_backend.cache_clear()
