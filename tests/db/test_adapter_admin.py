"""Adapters in the admin and at the command line: looked at, promoted, rolled back."""

import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from tests.db.adapter_rows import State, adapter_in, of_family
from tests.db.admin_browser import change, changelist, root, text, viewer
from tests.db.rows import generated, recorded
from training.adapters.models import Adapter, AdapterTrial
from trajectories.models import Client

__all__ = ["root", "viewer"]
pytestmark = pytest.mark.django_db
LIST = "/admin/training/adapter/"


def act(browser: Browser, action: str, adapter: Adapter, **fields: str) -> str:
    post = {"action": action, "_selected_action": [str(adapter.pk)], **fields}
    return text(browser.post(LIST, post, follow=True))


def decide(browser: Browser, action: str, adapter: Adapter) -> str:
    return act(browser, action, adapter, apply="1", reason="It reads well.")


def state_of(adapter: Adapter) -> str:
    adapter.refresh_from_db()
    return adapter.state


def test_promoting_asks_why_and_keeps_who_and_why(root: Browser, client: Client) -> None:
    first, second = adapter_in(State.LIVE, client), adapter_in(State.SHADOW, client)
    assert "Promote: why?" in act(root, "promote_selected", second)
    assert state_of(second) == State.SHADOW
    assert "Promoted: 1." in decide(root, "promote_selected", second)
    assert (state_of(first), state_of(second)) == (State.RETIRED, State.LIVE)
    made = second.moves.all()[0]
    assert (made.by, made.reason) == ("root", "It reads well.")


def test_rolling_back_brings_back_what_was_replaced(root: Browser, client: Client) -> None:
    first, second = adapter_in(State.LIVE, client), adapter_in(State.LIVE, client)
    assert "Rolled back: 1." in decide(root, "roll_back_selected", second)
    assert (state_of(first), state_of(second)) == (State.LIVE, State.ROLLED_BACK)


def test_a_candidate_is_tried_or_rejected(root: Browser, client: Client) -> None:
    first, second = adapter_in(State.CANDIDATE, client), adapter_in(State.CANDIDATE, client)
    Adapter.objects.filter(pk=first.pk).update(metrics={"gate": {"gain": 0.2}})
    decide(root, "shadow_selected", first)
    assert state_of(first) == State.SHADOW
    assert first.metrics == {"gate": {"gain": 0.2}}
    decide(root, "reject_selected", second)
    assert state_of(second) == State.REJECTED


def test_what_may_not_be_is_refused_in_words(root: Browser, client: Client) -> None:
    adapter = adapter_in(State.CANARY, client)
    assert "is canary: it cannot become rolled back" in decide(root, "roll_back_selected", adapter)
    assert state_of(adapter) == State.CANARY


def test_who_may_only_look_moves_nothing(viewer: Browser, client: Client) -> None:
    adapter = adapter_in(State.LIVE, client)
    page = text(viewer.get(change(adapter)))
    assert "/decide/" not in page
    post = {"action": "roll_back_selected", "_selected_action": adapter.pk, "apply": "1"}
    assert viewer.post(LIST, {**post, "reason": "It reads well."}).status_code == 403
    assert state_of(adapter) == State.LIVE
    assert viewer.get(f"{LIST}{adapter.pk}/decide/roll-back/").status_code == 403


def test_who_may_change_adapters_moves_them(client: Client) -> None:
    user = User.objects.create_user("grace", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__endswith="_adapter"))
    browser = Browser()
    browser.force_login(user)
    adapter = adapter_in(State.LIVE, client)
    assert f"{LIST}{adapter.pk}/decide/roll-back/" in text(browser.get(change(adapter)))
    assert "Roll back: why?" in text(browser.get(f"{LIST}{adapter.pk}/decide/roll-back/"))
    decide(browser, "roll_back_selected", adapter)
    assert state_of(adapter) == State.ROLLED_BACK


@pytest.mark.parametrize("state", [State.CANDIDATE, State.SHADOW, State.CANARY, State.LIVE])
def test_its_page_says_what_was_counted(root: Browser, client: Client, state: str) -> None:
    adapter = adapter_in(state, client)
    trajectory = recorded(client, of_family("Of <b>snow</b>?"), generated({"colour": "blue"}))
    AdapterTrial.objects.create(
        adapter=adapter,
        trajectory=trajectory,
        output_text="<b>white</b>",
        verified=True,
        live_verified=False,
    )
    page = text(root.get(change(adapter)))
    assert "&lt;b&gt;white&lt;/b&gt;" in page
    assert "<b>white</b>" not in page
    expected = {
        State.CANDIDATE: "It is not measured now.",
        State.SHADOW: "1 of 1 (100%)",
        State.CANARY: "what answers the rest",
        State.LIVE: "1 of 1 (100%)",  # of what it replaced: the base model
    }
    assert expected[State(state)] in page


def test_the_list_takes_as_many_queries_for_many(
    root: Browser, client: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        adapter_in(State.LIVE, client)
    with django_assert_max_num_queries(12):
        page = text(root.get(changelist(Adapter)))
    assert page.count("not served") < page.count("served")


def listed(*options: str) -> list[dict[str, Any]]:
    said = StringIO()
    call_command("adapters", "list", "--json", *options, stdout=said)
    return [json.loads(line) for line in said.getvalue().splitlines()]


def test_the_command_lists_promotes_and_rolls_back(client: Client) -> None:
    first, second = adapter_in(State.LIVE, client), adapter_in(State.CANDIDATE, client)
    assert {row["name"]: row["state"] for row in listed()} == {
        first.name: "live",
        second.name: "candidate",
    }
    said = StringIO()
    call_command("adapters", "promote", second.name, "--reason", "well read", stdout=said)
    assert said.getvalue() == f"{second.name} is live.\n"
    assert [row["name"] for row in listed()] == [second.name]
    assert len(listed("--all")) == 2
    call_command("adapters", "roll-back", second.name, "--reason", "worse", stdout=said)
    assert said.getvalue().endswith(f"is rolled back; {first.name} answers again.\n")
    assert second.moves.all()[0].by


def test_the_command_shows_a_table(client: Client) -> None:
    said = StringIO()
    call_command("adapters", "list", stdout=said)
    assert said.getvalue() == "There are no adapters.\n"
    adapter_in(State.LIVE, client)
    call_command("adapters", "list", stdout=said)
    assert "live" in said.getvalue()


def test_the_command_refuses_in_words(client: Client) -> None:
    adapter = adapter_in(State.CANDIDATE, client)
    with pytest.raises(CommandError, match="cannot become rolled back"):
        call_command("adapters", "roll-back", adapter.name, "--reason", "worse")
    with pytest.raises(CommandError, match="no adapter nobody"):
        call_command("adapters", "promote", "nobody", "--reason", "so")
