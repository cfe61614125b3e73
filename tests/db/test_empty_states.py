"""Lists without rows say how the first one comes about; a search that finds none says that."""

import pytest
from django.contrib import admin
from django.test import Client as Browser
from django.utils.html import escape

from kwsite.empty_states import NOBODY_WAITS, NOTHING_YET
from tests.db.admin_browser import changelist, root, text

__all__ = ["root"]
pytestmark = pytest.mark.django_db
MODELS = {model._meta.label_lower: model for model in admin.site._registry}


def test_every_list_has_words_for_it() -> None:
    assert set(NOTHING_YET) | {"auth.user"} == set(MODELS)


def test_an_empty_list_says_what_to_do(root: Browser) -> None:
    for label, words in NOTHING_YET.items():
        if not MODELS[label]._default_manager.exists():
            assert escape(words) in text(root.get(changelist(MODELS[label]))), label


def test_an_empty_queue_says_that_nobody_waits(root: Browser) -> None:
    for (label, state), words in NOBODY_WAITS.items():
        page = text(root.get(changelist(MODELS[label]), {"state__exact": state}))
        assert escape(words) in page
    retired = text(
        root.get(changelist(MODELS["kernels.kernelversion"]), {"state__exact": "retired"})
    )
    assert "Nothing matches" in retired


def test_a_search_that_finds_nothing_says_that(root: Browser) -> None:
    page = text(root.get(changelist(MODELS["trajectories.client"]), {"q": "nobody"}))
    assert "Nothing matches" in page
    assert "Reset search and filters" in page
    assert NOTHING_YET["trajectories.client"] not in page
