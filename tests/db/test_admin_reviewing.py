"""What a reviewer reads and does about a candidate: edits, replays, the queue, shortcuts."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.utils import timezone

from kernels.models import CandidateReplay, KernelVersion
from kernels.review import reject_candidate
from kernels.value import ExpectedValue
from tests.db.admin_browser import (
    QUEUE,
    candidate,
    change,
    root,
    state,
    text,
)
from tests.db.reviewing_browser import at
from tests.kernel_rows import OUTPUT, SPEC, add_version

__all__ = ["candidate", "root"]
State = KernelVersion.State
pytestmark = pytest.mark.django_db
KEYS = "kernels/review_keys.js"


def edit(browser: Browser, version: KernelVersion, **fields: Any) -> str:
    spec = version.spec
    post = {
        "preconditions": json.dumps(spec["preconditions"]),
        "postconditions": json.dumps(spec["postconditions"]),
        "reason": "safer",
        **fields,
    }
    return text(browser.post(at(version, "edit-contract"), post, follow=True))


def test_an_edited_contract_becomes_a_candidate_that_waits_for_the_gate(
    root: Browser, candidate: KernelVersion
) -> None:
    assert "size(input.emails) == 1" in text(root.get(at(candidate, "edit-contract")))
    kept = [one for one in SPEC["postconditions"] if one["kind"] != "judge"]
    page = edit(root, candidate, postconditions=json.dumps(kept))
    edited = KernelVersion.objects.get(edited_from=candidate)
    assert "It is being replayed" in page
    assert "It waits to be run on the edited contract." in page
    assert "/decide/approve" not in page
    assert "v1 (candidate)" in page
    assert state(candidate) == State.CANDIDATE
    assert edited.exemplars.get().output == OUTPUT
    assert "v3 (candidate)" in text(root.get(change(candidate)))


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ("[{", "Not JSON"),
        ("{}", "A list of conditions is wanted"),
        ('[{"kind": "cel", "expression": "output.a =="}]', "condition 1.expression"),
        ('[{"kind": "cel", "expression": "1 == 1"}]', "looks at none of input, output and trace"),
        ('[{"kind": "regex", "pattern": "("}]', "not an RE2 pattern"),
        ('[{"kind": "guess"}]', "condition 1"),
        ('[{"kind": "judge", "question": "?", "extra": 1}]', "condition 1.extra"),
    ],
)
def test_a_contract_that_does_not_compile_says_so_at_its_field(
    root: Browser, candidate: KernelVersion, conditions: str, said: str
) -> None:
    page = edit(root, candidate, postconditions=conditions)
    assert said in page
    assert KernelVersion.objects.filter(edited_from=candidate).count() == 0


def test_an_edit_that_changes_nothing_is_refused(root: Browser, candidate: KernelVersion) -> None:
    assert "The contract is the same as before" in edit(root, candidate)


def test_a_fresh_replay_is_asked_for_once(root: Browser, candidate: KernelVersion) -> None:
    page = text(root.post(at(candidate, "replay"), follow=True))
    assert "It is being replayed" in page
    assert "Replay again" not in page
    assert CandidateReplay.objects.get().asked_by == User.objects.get(username="root")
    page = text(root.post(at(candidate, "replay"), follow=True))
    assert "It is being replayed already" in page
    CandidateReplay.objects.update(state="running", stage="whose traffic", done=20, total=80)
    assert "whose traffic: 20 of 80" in text(root.get(change(candidate)))
    CandidateReplay.objects.update(state="failed", error="no model server")
    assert "no model server" in text(root.get(change(candidate)))


def done_replay(version: KernelVersion) -> None:
    row = {
        "prompt": "Write to <b>bob</b>",
        "before": {"email": "bob@x.org"},
        "after": {"email": "bo@x.org"},
        "said": "right",
        "verdict": "loss",
        "why": "",
        "tokens_before": 100,
        "tokens_after": 40,
        "trajectory": str(version.sources.first().pk),  # type: ignore[union-attr]
    }
    blast = {
        "looked_at": 50,
        "days": 2.0,
        "cut": False,
        "taken": 8,
        "a_day": 4.0,
        "clients": {"<b>app</b>": 8},
        "families": {"(none)": 8},
        "from": {"no kernel": 5, "old-kernel": 3},
        "pushed_out": {},
        "nothing": "",
    }
    compared = {
        "verdicts": {"win": 0, "loss": 1, "tie": 0, "changed": 0, "left": 0},
        "tokens_before": 100,
        "tokens_after": 40,
        "written_before": 60,
        "written_after": 10,
        "priced": 1,
        "rows": [row],
    }
    CandidateReplay.objects.create(
        version=version,
        state="done",
        finished_at=timezone.now(),
        result={"blast": blast, "counterfactual": compared, "neighbours": []},
    )


def test_the_page_shows_what_the_replay_found(root: Browser, candidate: KernelVersion) -> None:
    done_replay(candidate)
    page = text(root.get(change(candidate)))
    for words in (
        "8 of 50 requests of 2 days",
        "old-kernel: 3",
        "60% saved",
        "[only before: ",
        "</del>",
        "</ins>",
        "No live kernel of others is near.",
        "truncated",
        "The whole spec as JSON",
    ):
        assert words in page
    assert "<b>" not in page


def test_the_page_tells_what_would_be_saved_in_money_where_tokens_have_a_price(
    root: Browser, candidate: KernelVersion, settings: Any
) -> None:
    done_replay(candidate)
    assert "USD" not in text(root.get(change(candidate)))
    settings.KW_PRICE_IN, settings.KW_PRICE_OUT = 100_000.0, 1_000_000.0
    page = text(root.get(change(candidate)))
    assert "51.00 USD" in page
    assert "64.00 USD before, 13.00 USD with it" in page


def test_the_queue_is_ordered_by_expected_value(root: Browser, candidate: KernelVersion) -> None:
    parts = ExpectedValue(0.8, 10.0, 50.0, 6, "the replays").as_json()
    rich, poor = add_version(), add_version()
    for version, value in ((rich, 400.0), (poor, 4.0)):
        KernelVersion.objects.filter(pk=version.pk).update(expected_value=value, value=parts)
    queue = text(root.get(QUEUE, {"state__exact": "candidate"}))
    found = sorted((rich, poor, candidate), key=lambda one: queue.index(change(one)))
    assert found == [rich, poor, candidate]
    assert "400 tokens a day" in queue
    assert "P 0.80 × 10 a day × 50 tokens" in queue
    assert "being replayed" in queue
    page = text(root.get(change(poor)))
    assert f'data-key="k" href="{change(rich)}"' in page
    assert f'data-key="j" href="{change(candidate)}"' in page


def test_each_shortcut_has_a_link_or_button_beside_it(
    root: Browser, candidate: KernelVersion
) -> None:
    reject_candidate(version=add_version(), user=User.objects.get(username="root"), reason="no")
    queue = text(root.get(QUEUE, {"state__exact": "candidate"}))
    assert {"a", "r", "e", "s", "u"} <= set(re.findall(r'data-key="(\w)"', queue))
    page = text(root.get(change(candidate)))
    assert {"a", "r", "e", "s"} <= set(re.findall(r'data-key="(\w)"', page))
    for shown in (queue, page):
        assert KEYS in shown
        assert "Keyboard shortcuts (?)" in shown


def test_the_shortcuts_are_loaded_nowhere_else(root: Browser, candidate: KernelVersion) -> None:
    for url in ("/admin/", "/admin/kernels/kernel/", change(candidate.kernel)):
        assert KEYS not in text(root.get(url))
