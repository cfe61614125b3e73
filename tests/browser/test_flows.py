"""What an operator does in a browser, from the row that waits to what comes of it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.console import Console
from tests.browser.seeding import add, candidate, convert, train
from tests.browser.visit import Visit
from tests.e2e.service_client import wait_for

LIVE_S = 30_000.0


@pytest.fixture
def operator(visit: Callable[..., Visit]) -> Visit:
    return visit()


def decide(operator: Visit, verb: str, reason: str) -> None:
    """By the button on a row's page, with a reason on the page that asks for one."""
    page = operator.page
    page.get_by_role("link", name=verb, exact=True).click()
    page.get_by_role("textbox", name="Reason").fill(reason)
    page.get_by_role("button", name=verb, exact=True).click()
    page.wait_for_load_state("load")


def test_who_is_not_signed_in_is_asked_for_a_password(
    console: Console, visit: Callable[..., Visit]
) -> None:
    stranger = visit(signed="out")
    stranger.open("kernels/kernelversion/")
    expect(stranger.page.get_by_label("Password")).to_be_visible()
    stranger.sign_in()
    expect(stranger.page.get_by_role("link", name="Candidate queue")).to_be_visible()


def test_a_candidate_is_approved_serves_the_next_request_and_is_rolled_back(
    seeded: Console, operator: Visit, pictures: Path | None
) -> None:
    assert convert(seeded, 41).extras["route"] == "generation"
    version, page = candidate(seeded), operator.page

    page.get_by_role("link", name="Candidate queue").click()
    page.locator(f"a[href*='{version}']").first.click()
    expect(page.get_by_role("heading", name="Contract")).to_be_visible()
    address = f"kernels/kernelversion/{version}/change/"
    replaying = page.get_by_text("It is being replayed")
    wait_for(lambda: operator.open(address) and not replaying.count(), "its replay", within_s=120)
    operator.tall_picture(pictures, "candidate")
    decide(operator, "Approve", "Computed rightly twelve times.")
    expect(page.get_by_text("Approved: 1.")).to_be_visible()

    served = convert(seeded, 42)
    assert served.extras["route"] == "kernel", served.extras["reason"]
    assert served.extras["kernel"]["version_id"] == version
    operator.open(f"trajectories/trajectory/?q={served.run_id}")
    expect(page.locator("#result_list")).to_contain_text("kernel")

    for kilometres in range(51, 57):
        seeded.service.judge(convert(seeded, kilometres), "correct")
    operator.open("console/routing/")
    expect(page.get_by_role("group", name="Precision of kernels")).to_be_visible()
    operator.tall_picture(pictures, "routing")

    operator.open(address)
    expect(page.get_by_text("Computed rightly twelve times.")).to_be_visible()
    decide(operator, "Roll back", "Trying it out.")
    expect(page.get_by_text("Rolled back: 1.")).to_be_visible()
    assert convert(seeded, 43).extras["route"] == "generation"


def test_a_step_of_a_search_is_rated(
    seeded: Console, operator: Visit, pictures: Path | None
) -> None:
    page, searched = operator.page, add(seeded, 23, 19)
    trajectory = seeded.service.rows(
        "SELECT id FROM trajectories_trajectory WHERE run_id = %s", searched.run_id
    )[0][0]
    operator.open(f"trajectories/trajectory/{trajectory}/change/")
    page.get_by_label("Rating of step 1", exact=True).select_option("4")
    page.get_by_role("button", name="Rate step 1", exact=True).click()
    expect(page.get_by_text("Step 1 was given a score of 0.75.")).to_be_visible()
    operator.open(f"trajectories/trajectory/{trajectory}/change/")
    operator.tall_picture(pictures, "story")
    scores = seeded.service.rows(
        "SELECT human_score FROM training_stepexample WHERE trajectory_id = %s"
        " AND human_score IS NOT NULL",
        trajectory,
    )
    assert scores == [(0.75,)]


def test_a_training_run_is_followed_to_its_end(
    seeded: Console, operator: Visit, tmp_path: Path
) -> None:
    run = train(seeded, tmp_path / "data", iterations=40)
    page, address = operator.page, f"training/lorarun/{run}/change/"

    def seen() -> int | None:
        operator.open(address)
        told = re.search(r"(\d+) of 40", page.get_by_text(" of 40").first.inner_text())
        return int(told[1]) if told and int(told[1]) > 0 else None

    first = wait_for(seen, "the first iterations")
    assert 0 < first <= 40
    wait_for(lambda: seen() == 40, "the last iteration")
    wait_for(lambda: operator.open(address) and page.get_by_text("done", exact=True).count(), "end")
    expect(page.get_by_role("img", name="loss by iteration")).to_be_visible()
    assert operator.errors == []
