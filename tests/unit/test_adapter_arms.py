"""Which runs of a family go to which adapter."""

from collections import Counter
from collections.abc import Generator
from uuid import UUID, uuid4

import pytest

from workers.adapters.asking import Address
from workers.adapters.generating import generate_as_routed
from workers.adapters.routing import BASE, Family, Routed, Shares, routed, share_of
from workers.answer import Answer
from workers.backends.completion import (
    BackendError,
    BackendGarbage,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
    Delta,
    ModelRequest,
)
from workers.backends.scripted import ScriptedBackend
from workers.request import AskedContract, ChatRequest
from workers.trace import Trace

LIVE, BEFORE, NEXT = (Address(name, "http://h/v1") for name in ("c-v2", "c-v1", "c-v3"))
SHARES = Shares(canary=0.2, control=0.05)
IDS = [UUID(int=number * 7919) for number in range(4000)]


def counts(family: Family, shares: Shares = SHARES) -> Counter[Routed]:
    return Counter(routed(family, shares, run_id) for run_id in IDS)


def test_a_run_has_one_arm_however_often_it_is_asked() -> None:
    family, run_id = Family(live=LIVE, canary=NEXT), uuid4()
    assert len({routed(family, SHARES, run_id) for _ in range(10)}) == 1


def test_without_a_live_adapter_the_canary_gets_its_share_and_the_base_the_rest() -> None:
    found = counts(Family(canary=NEXT))
    assert set(found) == {Routed("canary", NEXT), BASE}
    assert found[Routed("canary", NEXT)] == pytest.approx(0.2 * len(IDS), rel=0.15)


def test_a_live_adapter_answers_all_but_the_control_share() -> None:
    found = counts(Family(live=LIVE, before=BEFORE))
    assert set(found) == {Routed("live", LIVE), Routed("control", BEFORE)}
    assert found[Routed("control", BEFORE)] == pytest.approx(0.05 * len(IDS), rel=0.3)


def test_the_control_of_a_first_adapter_is_the_base_model() -> None:
    assert Routed("control", None) in counts(Family(live=LIVE))


def test_a_canary_leaves_the_live_adapter_its_control() -> None:
    found = counts(Family(live=LIVE, before=BEFORE, canary=NEXT))
    assert {routed.arm for routed in found} == {"live", "control", "canary"}


def test_who_is_in_shadow_answers_nobody() -> None:
    assert set(counts(Family(shadow=NEXT))) == {BASE}


def test_a_share_of_nothing_sends_nobody() -> None:
    assert set(counts(Family(live=LIVE, canary=NEXT), Shares(0.0, 0.0))) == {Routed("live", LIVE)}


def test_shares_for_two_purposes_are_independent() -> None:
    both = sum(share_of(i) < 0.5 and share_of(i, purpose="shadow") < 0.5 for i in IDS)
    assert both == pytest.approx(len(IDS) / 4, rel=0.15)


class BreaksOff(ScriptedBackend):
    """Goes away after the first piece."""

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        yield Delta(text="blu")
        raise BackendUnavailable()


class Told:
    """One generation by an adapter whose server does what `adapter` says."""

    def __init__(self, adapter: str | BackendError, *, stream: bool = False, **fields: object):
        self.base = ScriptedBackend(["of the base"])
        self.writer = ScriptedBackend([adapter])
        self.said: list[Delta] = []
        self.trace = Trace()
        messages = ({"role": "user", "content": "Which colour?"},)
        plain = {"model": "kernelweave", "messages": messages, "max_tokens": 50, "stream": stream}
        self.request = ChatRequest.model_validate(plain | fields)

    def answer(self) -> Answer:
        return generate_as_routed(
            Routed("canary", NEXT),
            self.request,
            "no kernel is near",
            self.base,
            self.said.append,
            self.trace,
            lambda address: self.writer,
        )


def test_the_answer_says_which_adapter_wrote_it() -> None:
    told = Told("of the adapter")
    answer = told.answer()
    assert (answer.text, answer.adapter) == ("of the adapter", "c-v3")
    assert told.trace.events[0].payload == {"adapter": "c-v3", "arm": "canary"}
    assert not told.base.requests


def test_an_adapter_does_not_judge_its_own_answer() -> None:
    asked = AskedContract.model_validate({"conditions": [{"kind": "judge", "question": "Right?"}]})
    told = Told("blue", contract=asked)
    told.base.replies.clear()
    told.base.enqueue('{"reason": "so", "verdict": "no"}')
    assert told.answer().verified is False
    assert (len(told.base.requests), len(told.writer.requests)) == (1, 1)


@pytest.mark.parametrize("error", [BackendUnavailable("it is away"), BackendRejected("no such")])
def test_the_base_answers_where_the_adapters_server_does_not(error: BackendError) -> None:
    told = Told(error)
    answer = told.answer()
    assert (answer.text, answer.adapter) == ("of the base", "")
    assert answer.reason == (
        f"no kernel is near; the adapter c-v3 did not answer ({error.detail}); the base model does"
    )
    assert [event.kind for event in told.trace.events].count("failure") == 1


@pytest.mark.parametrize("error", [BackendTimeout(), BackendGarbage()])
def test_other_failures_are_the_answers_own(error: BackendError) -> None:
    with pytest.raises(type(error)):
        Told(error).answer()


def test_a_stream_that_breaks_half_way_is_not_begun_again_by_another() -> None:
    told = Told("", stream=True)
    told.writer = BreaksOff()
    with pytest.raises(BackendUnavailable):
        told.answer()
    assert [delta.text for delta in told.said] == ["blu"]
