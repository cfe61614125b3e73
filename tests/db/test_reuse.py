"""A stored answer is given again to the same question, and to no other."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from kernels.decision import RouteDecision
from kernels.library.reading import starters
from kernels.models import KernelVersion
from kernels.registry import propose_version
from kernels.routing import version_facts
from tests.db.rows import chat, generated, queued_run, recorded, schema_format
from trajectories.models import Client, Feedback, Run, Trajectory
from workers.backends.choose import live_backend
from workers.backends.scripted import ScriptedBackend
from workers.intake import plan
from workers.request import AskedContract, ChatRequest
from workers.tasks.answering import answer_run

pytestmark = pytest.mark.django_db
SCHEMA = schema_format(
    {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    }
)
FIRST = "What is the capital of France?"
AGAIN = "Could you tell me France's capital, please?"
PARIS = {"city": "Paris"}


def asking(prompt: str, **fields: Any) -> ChatRequest:
    return chat(prompt, **{"response_format": SCHEMA, **fields})


def answered(client: Client, prompt: str = FIRST, **fields: Any) -> Trajectory:
    return recorded(client, asking(prompt, **fields), generated(PARIS))


def decide(client: Client, prompt: str = AGAIN, **fields: Any) -> RouteDecision:
    return plan(client=client, request=asking(prompt, **fields))


def test_the_same_question_gets_the_stored_answer(client: Client) -> None:
    stored = answered(client)
    decision = decide(client)
    assert (decision.route, decision.reused) == ("reuse", str(stored.pk))
    assert "passed the same contract" in decision.reason


@pytest.mark.parametrize(
    "prompt",
    [
        "What is the capital of Spain?",
        "What was the capital of France?",
        "Who is the capital of France?",
    ],
)
def test_another_question_does_not(client: Client, prompt: str) -> None:
    answered(client)
    assert decide(client, prompt).route != "reuse"


def test_it_is_not_given_under_another_contract_or_to_another_client(client: Client) -> None:
    answered(client)
    stricter = AskedContract.model_validate(
        {"conditions": [{"kind": "cel", "expression": "output.city != ''"}]}
    )
    assert decide(client, contract=stricter).route != "reuse"
    system = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": AGAIN})
    assert decide(client, messages=system).route != "reuse"
    assert decide(client, response_format=None).route != "reuse"
    assert decide(Client.objects.create(name="other")).route != "reuse"


def test_what_passed_no_contract_is_not_given_again(client: Client) -> None:
    answered(client)
    Trajectory.objects.update(verified=None)
    assert decide(client).route != "reuse"


def test_what_somebody_denied_is_not_given_again(client: Client) -> None:
    stored = answered(client)
    again = recorded(client, asking(AGAIN), generated(PARIS, route="reuse", reused=stored.pk))
    assert decide(client).reused == str(stored.pk)
    Feedback.objects.create(client=client, trajectory=again, verdict="incorrect")
    assert decide(client).route != "reuse"


def test_what_depends_on_the_day_is_not_given_again(client: Client) -> None:
    answered(client, "Which city hosts the fair today?")
    assert decide(client, "Which city hosts the fair today?").route != "reuse"


@pytest.mark.parametrize("options", [{"temperature": 0.7}, {"top_p": 0.9}, {"seed": 7}])
def test_who_asks_for_a_sample_gets_a_new_one(client: Client, options: dict[str, Any]) -> None:
    answered(client)
    assert decide(client, options=options).route != "reuse"


def test_a_sample_is_not_given_to_others(client: Client) -> None:
    answered(client, options={"temperature": 0.7})
    assert decide(client).route != "reuse"


def test_the_same_seed_and_no_sampling_get_the_stored_answer(client: Client) -> None:
    stored = answered(client, options={"seed": 7})
    options = {"seed": 7, "temperature": 0, "top_p": 1.0}
    assert decide(client, options=options).reused == str(stored.pk)


@pytest.mark.parametrize(
    "prompt", ["Generate a password.", "Name another city.", "What is the weather in Oslo?"]
)
def test_what_is_to_be_new_is_not_given_again(client: Client, prompt: str) -> None:
    answered(client, prompt)
    assert decide(client, prompt).route != "reuse"


def test_old_answers_are_not_given_again(client: Client, settings: Settings) -> None:
    stored = answered(client)
    week = timedelta(seconds=settings.KW_REUSE_MAX_AGE_S + 60)
    Trajectory.objects.filter(pk=stored.pk).update(created_at=timezone.now() - week)
    assert decide(client).route != "reuse"


def test_it_can_be_turned_off(client: Client, settings: Settings) -> None:
    answered(client)
    settings.KW_REUSE_ANSWERS = False
    assert decide(client).route != "reuse"


def test_answers_of_a_kernel_live_as_long_as_the_kernel(client: Client) -> None:
    version = propose_version(
        spec=starters()[0].spec,
        samples=[],
        client=None,
        confidence=0.7,
        evidence={},
        state=KernelVersion.State.LIVE,
    )
    kernel = version_facts(version.pk)
    recorded(client, asking(FIRST), generated(PARIS, route="kernel", kernel=kernel))
    assert decide(client).route == "reuse"
    KernelVersion.objects.filter(pk=version.pk).update(state=KernelVersion.State.RETIRED)
    assert decide(client).route != "reuse"


def run_again(client: Client, **decision: Any) -> Run:
    run = queued_run(client, asking(AGAIN))
    run.decision = {"route": "reuse", "reason": "same", "chosen": None, **decision}
    run.save(update_fields=["decision"])
    answer_run(str(run.pk))
    run.refresh_from_db()
    assert run.response is not None, run.error
    return run


@pytest.fixture
def backend(settings: Settings) -> Any:
    settings.KW_LLM_PROVIDER = "scripted"
    live_backend.cache_clear()
    yield live_backend()
    live_backend.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_a_reused_answer_is_checked_and_costs_nothing(
    client: Client, backend: ScriptedBackend
) -> None:
    stored = answered(client)
    run = run_again(client, reused=str(stored.pk))
    assert run.response is not None
    assert run.response["content"] == stored.output_text
    assert run.response["usage"]["total_tokens"] == 0
    extras = run.response["kernelweave"]
    assert (extras["route"], extras["reused"]) == ("reuse", str(stored.pk))
    assert [check["status"] for check in extras["checks"]] == ["ok"]
    assert backend.requests == []
    assert Trajectory.objects.get(run=run).reused == stored


@pytest.mark.django_db(transaction=True)
def test_a_stored_answer_that_fails_or_is_gone_is_generated_anew(
    client: Client, backend: ScriptedBackend
) -> None:
    stored = answered(client)
    Trajectory.objects.update(output_text="no JSON")
    for reused in (str(stored.pk), "00000000-0000-4000-8000-000000000000"):
        run = run_again(client, reused=reused)
        assert run.response is not None
        assert run.response["kernelweave"]["route"] == "generation"
    assert len(backend.requests) == 2
