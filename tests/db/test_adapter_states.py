"""Adapters are registered once, move only as they may, and come back when the next one fails."""

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from tests.db.adapter_rows import SIGNATURE, State, adapter_in, done_run
from training.adapters.models import Adapter
from training.adapters.serving import adapters_to_serve, note_where_served
from training.adapters.states import (
    NEXT,
    AnotherRises,
    MoveRefused,
    NotTrained,
    move,
    promote,
    register_adapter,
    reject,
    roll_back,
    start_shadow,
)
from training.lora.models import LoraRun
from trajectories.models import Client

pytestmark = pytest.mark.django_db
MODEL = "smollm2-135m-instruct"


def state_of(adapter: Adapter) -> str:
    return Adapter.objects.get(pk=adapter.pk).state


def test_a_finished_run_gets_one_adapter_however_often_it_is_registered(client: Client) -> None:
    run = done_run(client)
    first, second = register_adapter(run=run), register_adapter(run=run)
    assert first.pk == second.pk
    assert first.name == f"colours-of-things-{SIGNATURE[:8]}-v1"
    assert (first.state, first.base_model, first.digest) == (State.CANDIDATE, MODEL, run.digest)


@pytest.mark.parametrize("state", ["queued", "running", "failed", "cancelled"])
def test_a_run_that_is_not_done_has_no_adapter(client: Client, state: str) -> None:
    with pytest.raises(NotTrained, match=state):
        register_adapter(run=done_run(client, state=state))


def test_numbers_are_counted_for_each_family_and_never_given_twice(client: Client) -> None:
    names = [register_adapter(run=done_run(client)).name[-3:] for _ in range(11)]
    assert names[-2:] == ["v10", "v11"]
    other = register_adapter(run=done_run(client, signature="f" * 64))
    assert other.name == "colours-of-things-ffffffff-v1"


def test_a_name_is_not_given_again_to_another_client_of_the_same_calls(client: Client) -> None:
    ours = register_adapter(run=done_run(client))
    theirs = register_adapter(run=done_run(Client.objects.create(name="other")))
    assert ours.name.endswith("-v1")
    assert theirs.name.endswith("-v2")


def test_a_label_without_letters_still_gives_a_name(client: Client) -> None:
    assert register_adapter(run=done_run(client, label="¿?")).name.startswith("family-")


@pytest.mark.parametrize("before", State.values)
@pytest.mark.parametrize("after", State.values)
def test_an_adapter_moves_only_as_it_may(client: Client, before: str, after: str) -> None:
    adapter = register_adapter(run=done_run(client))
    Adapter.objects.filter(pk=adapter.pk).update(state=before)
    if after in NEXT[before]:
        move(adapter=adapter, to=after, reason="so", by="ann")
        made = adapter.moves.get()
        assert (made.before, made.after, made.by, made.reason) == (before, after, "ann", "so")
        assert state_of(adapter) == after
    else:
        with pytest.raises(MoveRefused, match=f"is {before}"):
            move(adapter=adapter, to=after, reason="so")
        assert state_of(adapter) == before
        assert not adapter.moves.exists()


def test_one_adapter_of_a_family_is_tried_at_a_time(client: Client) -> None:
    adapter_in(State.CANARY, client)
    second = register_adapter(run=done_run(client))
    with pytest.raises(AnotherRises, match="v1 of the same family is in canary"):
        start_shadow(adapter=second, metrics={"gain": 1}, reason="passed")
    second.refresh_from_db()
    assert (second.state, second.metrics) == (State.CANDIDATE, {})


def test_what_it_replaces_retires_and_comes_back_when_it_is_rolled_back(client: Client) -> None:
    first, second = adapter_in(State.LIVE, client), adapter_in(State.LIVE, client)
    assert (state_of(first), second.parent) == (State.RETIRED, first)
    assert roll_back(adapter=second, reason="worse") == first
    assert (state_of(first), state_of(second)) == (State.LIVE, State.ROLLED_BACK)
    back = first.moves.first()
    assert back is not None
    assert back.reason == f"{second.name} was rolled back: worse"


def test_after_two_rollbacks_the_base_model_answers_again(client: Client) -> None:
    first, second = adapter_in(State.LIVE, client), adapter_in(State.LIVE, client)
    roll_back(adapter=second, reason="worse")
    assert roll_back(adapter=first, reason="worse, too") is None
    assert not Adapter.objects.filter(state=State.LIVE).exists()


def test_a_rollback_passes_over_one_that_was_itself_rolled_back(client: Client) -> None:
    first = adapter_in(State.LIVE, client)
    second, third = adapter_in(State.LIVE, client), adapter_in(State.LIVE, client)
    Adapter.objects.filter(pk=second.pk).update(state=State.ROLLED_BACK)
    assert roll_back(adapter=third, reason="worse") == first


def test_adapters_that_replaced_each_other_in_turn_end_at_the_base(client: Client) -> None:
    first, second = adapter_in(State.LIVE, client), adapter_in(State.LIVE, client)
    promote(adapter=first, reason="a person said so", by="ann")
    assert roll_back(adapter=first, reason="worse") == second
    assert roll_back(adapter=second, reason="worse") is None


def test_only_a_live_adapter_is_rolled_back(client: Client) -> None:
    with pytest.raises(MoveRefused):
        roll_back(adapter=adapter_in(State.CANARY, client), reason="worse")


def test_what_each_stage_counted_is_kept(client: Client) -> None:
    adapter = register_adapter(run=done_run(client))
    start_shadow(adapter=adapter, metrics={"gain": 0.2}, reason="passed")
    reject(adapter=adapter, metrics={"passed": 3}, reason="worse")
    adapter.refresh_from_db()
    assert adapter.metrics == {"gate": {"gain": 0.2}, "shadow": {"passed": 3}}
    assert (adapter.state, adapter.reason) == (State.REJECTED, "worse")


def test_what_a_live_adapter_replaced_is_served_on(client: Client) -> None:
    first, second, third = (adapter_in(State.LIVE, client) for _ in range(3))
    rejected = register_adapter(run=done_run(client))
    reject(adapter=rejected, metrics={}, reason="a tie")
    candidate = register_adapter(run=done_run(client))
    assert list(adapters_to_serve(MODEL)) == [second, third, candidate]
    assert first.state == State.LIVE  # as it was read; it retired since, and so did its turn
    assert not adapters_to_serve("another model").exists()


def test_where_adapters_are_served_is_written_for_all_at_once(client: Client) -> None:
    old = adapter_in(State.LIVE, client)
    new = register_adapter(run=done_run(client))
    with CaptureQueriesContext(connection) as asked:
        note_where_served(base_model=MODEL, server_url="http://h:1/v1", slots={new.pk: 0})
    assert len(asked) <= 4  # a savepoint's two among them
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.server_url, old.slot, old.is_served) == ("", None, False)
    assert (new.server_url, new.slot, new.is_served) == ("http://h:1/v1", 0, True)


def test_a_run_is_never_deleted_under_its_adapter(client: Client) -> None:
    adapter = register_adapter(run=done_run(client))
    with pytest.raises(ProtectedError):
        LoraRun.objects.get(pk=adapter.run_id).delete()
