"""A stack with a scripted model, and Debian's chromium in front of it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.console import Console
from tests.browser.model import answer
from tests.browser.seeding import seed
from tests.browser.visit import Visit
from tests.e2e.service_client import Service
from tests.scripted_server import serve
from tests.stack_fixtures import StackProcess

# Only this machine has a name: whatever a page asks for elsewhere is recorded, and not found.
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium must be there where `make test` installs it."""
    found = shutil.which("chromium")
    if found:
        return found
    if os.geteuid() == 0 and shutil.which("apt-get") is not None:
        pytest.fail("chromium is missing: run `make debian`, or apt-get install chromium")
    pytest.skip("NOT TESTED in a browser: chromium is missing, apt-get install chromium")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Of one module: while it lives, this thread counts as one with an event loop."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=[*sandbox, NO_NETWORK], chromium_sandbox=not sandbox
        )
        yield started
        started.close()


@contextmanager
def started(home: Path) -> Iterator[Console]:
    with serve(text=answer) as model:
        stack = StackProcess(
            home,
            {
                "KW_LLM_BASE_URL": model.base_url,
                "KW_LLM_MODEL": "scripted",
                "KW_TRAINER": "scripted",
                "KW_SCRIPTED_DELAY_S": "0.05",
                "KW_PROMOTE_DELAY_S": "0.2",
            },
        )
        try:
            stack.wait_until_ready()
            with closing(Service(stack)) as service:
                yield Console(stack, service)
        finally:
            stack.stop()


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The running service."""
    with started(tmp_path_factory.mktemp("console")) as found:
        yield found


@pytest.fixture
def fresh(console: Console, tmp_path: Path) -> Iterator[Console]:
    """One as it is after installation: another where something has happened in the first."""
    if not console.seeded:
        yield console
        return
    with started(tmp_path / "fresh") as found:
        yield found


@pytest.fixture(scope="session")
def seeded(console: Console, tmp_path_factory: pytest.TempPathFactory) -> Console:
    """The same service, in which something has happened."""
    seed(console, tmp_path_factory.mktemp("seed"))
    return console


@pytest.fixture
def visit(browser: Browser, console: Console) -> Iterator[Callable[..., Visit]]:
    """Opens a window of 1280 px in which the operator is signed in."""
    opened: list[Visit] = []

    def open_window(**options: str) -> Visit:
        opened.append(Visit(browser, console, **options))
        return opened[-1]

    yield open_window
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where pages are pictured: KW_SCREENSHOTS, if that is said."""
    said = os.environ.get("KW_SCREENSHOTS")
    if not said:
        return None
    folder = Path(said)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
