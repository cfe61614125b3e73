"""A search that is over, cancelled or answered stops what is being written, also while it waits."""

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.scripted_anthropic import Messages
from tests.scripted_server import ChatCompletions, Form, ScriptedServer, serve
from tests.unit.search_fakes import knows, problem, sums
from workers.backends.anthropic_messages import AnthropicMessages
from workers.backends.completion import Backend, BackendTimeout, ModelRequest
from workers.backends.openai_compatible import OpenAICompatible
from workers.backends.scripted import ScriptedBackend
from workers.backends.watched import Watched
from workers.experts.expert import Task
from workers.experts.registry import EXPERTS
from workers.search.budget import Budget, SearchCancelled
from workers.search.problem import Draft
from workers.search.proposer import ModelProposer
from workers.search.rewards import CUT, verified_reward
from workers.search.search import Limits, Routed, Searched, search
from workers.search.strategies import Strategy, best_of_n_verifier, lats

SILENT_S, UP_S, SOON_S = 6.0, 0.3, 5.0
ASKED = ModelRequest(({"role": "user", "content": "Is it so?"},), 50)


def openai_backend(server: ScriptedServer) -> Backend:
    return OpenAICompatible(
        base_url=server.base_url, api_key="k", model="m", timeout_s=20, connect_timeout_s=1
    )


def anthropic_backend(server: ScriptedServer) -> Backend:
    return AnthropicMessages(
        base_url=server.base_url, api_key="k", model="m", timeout_s=20, connect_timeout_s=1
    )


@pytest.fixture(params=["openai", "openai-drip", "anthropic", "scripted"])
def silent(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """A backend of each kind whose first token comes late, or never."""
    if request.param == "scripted":
        yield ScriptedBackend(["one two"] * 9, delay_s=SILENT_S)
        return
    form: Form = Messages() if request.param == "anthropic" else ChatCompletions()
    with serve(form=form) as server:
        server.mode, server.slow_s = "drip" if "drip" in request.param else "slow", SILENT_S
        made = anthropic_backend if request.param == "anthropic" else openai_backend
        yield made(server)


def searched(backend: Backend, **when: Any) -> Searched:
    return search(
        Task("What is 4 * 9?"),
        experts=EXPERTS,
        routed=Routed("math", {"math": 1.0}, 5, 4, alone=True),
        strategy=lambda _: ("lats", "named"),
        backend=backend,
        limits=Limits(1000, 200, parallel=4),
        **when,
    )


def test_a_search_whose_time_is_up_waits_for_no_token(silent: Backend) -> None:
    began = time.monotonic()
    found = searched(silent, expired=lambda: time.monotonic() - began > UP_S)
    assert time.monotonic() - began < SOON_S
    assert found.chosen is None
    assert found.found["math"].stopped == "budget"
    assert found.found["math"].root.virtual == 0


def test_a_cancelled_search_waits_for_no_token_and_says_so(silent: Backend) -> None:
    began = time.monotonic()
    with pytest.raises(SearchCancelled):
        searched(silent, cancelled=lambda: time.monotonic() - began > UP_S)
    assert time.monotonic() - began < SOON_S


def test_a_question_to_the_model_is_given_up_while_the_server_says_nothing(
    silent: Backend,
) -> None:
    began = time.monotonic()

    def waiting() -> None:
        if time.monotonic() - began > UP_S:
            raise SearchCancelled()

    with pytest.raises(SearchCancelled):
        Watched(silent, waiting).complete(ASKED)
    assert time.monotonic() - began < SOON_S


def test_a_server_that_is_too_slow_by_itself_is_still_a_time_out() -> None:
    with serve() as server:
        server.mode, server.slow_s = "slow", SILENT_S
        backend = OpenAICompatible(
            base_url=server.base_url, api_key="k", model="m", timeout_s=0.3, connect_timeout_s=1
        )
        with pytest.raises(BackendTimeout):
            searched(backend)


def test_what_is_written_when_the_time_is_up_is_given_without_being_an_answer() -> None:
    text = "1. 4 * 9 = 36\n\n2. So it is 36, " + "which " * 50
    backend = ScriptedBackend([text] * 9, delay_s=0.03)
    began = time.monotonic()
    found = searched(backend, expired=lambda: time.monotonic() - began > 0.6)
    assert found.chosen is None
    given = found.found["math"].given
    assert given is not None
    assert given.steps[0] == "1. 4 * 9 = 36"
    assert (given.answer, given.outcome) == ("", CUT)
    assert found.tokens > 0
    assert verified_reward(CUT) is None


def test_half_of_an_answer_is_none() -> None:
    budget = Budget(1000)
    backend = ScriptedBackend(["2 + 3 = 5\n\nAnswer: 5 or perhaps 6"])
    propose = ModelProposer(Task("?"), EXPERTS["math"], backend, budget, {})
    words = iter([False] * 9 + [True] * 99)
    budget.expired = lambda: next(words)
    draft = propose((), max_tokens=100, temperature=0.0, hint="")
    assert draft.cut
    assert not draft.finished


@pytest.mark.parametrize("strategy", [best_of_n_verifier, lats])
def test_an_accepted_answer_ends_what_the_others_write(strategy: Strategy) -> None:
    first = threading.Lock()
    budget = Budget(10_000)

    def propose(steps: Sequence[str], **_: Any) -> Draft:
        if first.acquire(blocking=False):
            return Draft(("2 + 3 = 5", "Answer: 5"), True, "m", 1, 10)
        until = time.monotonic() + SILENT_S
        while not budget.over and time.monotonic() < until:
            time.sleep(0.01)
        return Draft(("2 + 3 = 6", "Answer: 6"), False, "", 1, 7, cut=True)

    began = time.monotonic()
    asked = problem(
        [], propose=propose, budget=budget, parallel=3, expert=sums(verify=knows("5")), width=6
    )
    found = strategy(asked)
    assert time.monotonic() - began < SOON_S
    assert [one.answer for one in found.candidates] == ["5"]
    assert (found.stopped, found.root.virtual, budget.spent) == ("accepted", 0, 10 + 7 + 7)


def test_what_does_not_hear_that_the_time_is_up_is_left_to_itself() -> None:
    began, slow = time.monotonic(), threading.Event()

    def propose(steps: Sequence[str], **_: Any) -> Draft:
        slow.wait(SILENT_S)
        return Draft(("Answer: 5",), True, "m", 1, 10)

    budget = Budget(1000, expired=lambda: time.monotonic() - began > UP_S)
    found = lats(problem([], propose=propose, budget=budget, parallel=2))
    assert time.monotonic() - began < SOON_S
    assert (found.chosen, found.stopped, found.root.virtual) == (None, "budget", 0)
    slow.set()
