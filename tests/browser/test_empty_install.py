"""A service that only checked itself after it was installed: its pages say what to do."""

from playwright.sync_api import Browser, expect

from tests.browser.console import Console
from tests.browser.visit import Visit

WHAT_TO_DO = {
    "trajectories/searchrecord/": "Searches are made",
    "kernels/kernelversion/?state__exact=candidate": "No candidate waits.",
    "kernels/composition/": "manage.py compose add",
    "training/lorarun/": "Train now",
    "training/labelitem/": "by hand from the list of searches",
    "training/routeroutcome/metrics/": "No answer was searched for in the last 30 days.",
}


def test_pages_of_an_empty_install_say_what_to_do(browser: Browser, fresh: Console) -> None:
    visit = Visit(browser, fresh)
    for path, words in WHAT_TO_DO.items():
        assert visit.open(path) == 200
        expect(visit.page.get_by_text(words)).to_be_visible()
    assert (visit.errors, visit.outside) == ([], [])
    visit.close()
