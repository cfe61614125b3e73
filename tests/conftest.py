"""Starts what the collected tests need before Django reads its settings; stops it at the end."""

import os
import shutil
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.contrib import admin
from xdist.remote import Producer

from tests.mixed_order import mixed
from tests.prepared_home import SHARED
from tests.sharing import ByStack
from tests.stack_fixtures import (
    begin_stack,
    llama_server,
    running_stack,
    start_stack,
    throwaway_home,
)
from tests.stores import Stores

__all__ = ["begin_stack", "llama_server", "running_stack", "start_stack"]

ALONE = tuple(Path(__file__).parent / name for name in ("unit", "browser"))  # need no stores
HOME = pytest.StashKey[Path]()
SHARED_HERE = pytest.StashKey[Path]()
STORES = pytest.StashKey[Stores]()
RECEIPT_KEY = "a2VybmVsd2VhdmUgdGVzdHMgc2lnbiB3aXRoIHRoaXM"  # 32 bytes


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if settings.configured:
        raise pytest.UsageError(
            "Unset DJANGO_SETTINGS_MODULE: the tests choose their own database first."
        )
    if SHARED not in os.environ:
        config.stash[SHARED_HERE] = throwaway_home()
        os.environ[SHARED] = str(config.stash[SHARED_HERE])
    if _only_distributes(config):
        return
    home = config.stash[HOME] = throwaway_home()
    os.environ["KW_HOME"] = str(home)
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["KW_SIGN_IN_CACHE_S"] = "0"  # no test depends on who signed in before it
    os.environ["KW_RECEIPT_KEY"] = RECEIPT_KEY
    if _needs_stores(config):
        stores = config.stash[STORES] = Stores(home)
        os.environ["DATABASE_URL"] = stores.database_url
        os.environ["REDIS_URL"] = stores.redis_url
    os.environ["DJANGO_SETTINGS_MODULE"] = "kwsite.settings"
    django.setup()
    admin.autodiscover()  # as a web server does
    config.pluginmanager.import_plugin("tests.db.app_fixtures")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items[:] = mixed(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByStack:
    return ByStack(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    if STORES in config.stash:
        config.stash[STORES].stop()
    if HOME in config.stash:
        shutil.rmtree(config.stash[HOME])
    if SHARED_HERE in config.stash:
        shutil.rmtree(config.stash[SHARED_HERE])
        del os.environ[SHARED]


def _only_distributes(config: pytest.Config) -> bool:
    """Whether the tests run in other processes, each of which has stores of its own."""
    return bool(getattr(config.option, "numprocesses", None)) and not hasattr(config, "workerinput")


def _needs_stores(config: pytest.Config) -> bool:
    if config.option.collectonly:
        return False
    asked = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    return not all(any(path.is_relative_to(alone) for alone in ALONE) for path in asked)
