"""Where a prompt goes, and why, with the real encoder and the starter kernels."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from kernels.decision import RouteDecision
from kernels.library.first_calibration import fit_first_calibration
from kernels.library.loading import load_starters
from kernels.library.reading import starters
from kernels.models import Calibration, Exemplar, Kernel, KernelVersion
from kernels.registry import NameTaken, Sample, propose_version
from kernels.review import roll_back
from tests.db.rows import chat, schema_format
from trajectories.models import Client
from workers.intake import plan

pytestmark = pytest.mark.django_db

CEILING = 0.10
PARAPHRASE = "Extract every email address in this text: ask joe@firm.example or pat@firm.example."
KERNEL = "extract-emails"


@pytest.fixture(scope="module", autouse=True)
def library(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The starter kernels and the first calibration, loaded once."""
    with django_db_blocker.unblock():
        load_starters()
        fit_first_calibration(CEILING)
    yield
    with django_db_blocker.unblock():
        Kernel.objects.all().delete()
        Calibration.objects.all().delete()


def route(client: Client, prompt: str = PARAPHRASE, **fields: Any) -> RouteDecision:
    return plan(client=client, request=chat(prompt, **fields))


def version(kernel: str = KERNEL) -> KernelVersion:
    return KernelVersion.objects.get(kernel__name=kernel, state="live")


def chosen(decision: RouteDecision) -> str | None:
    return decision.chosen.kernel if decision.chosen else None


def obstacle(decision: RouteDecision, kernel: str = KERNEL) -> str:
    return next(c.obstacle for c in decision.candidates if c.kernel == kernel)


def test_loading_again_changes_nothing() -> None:
    before = (KernelVersion.objects.count(), Exemplar.objects.count(), Calibration.objects.count())
    assert load_starters() == []
    assert fit_first_calibration(CEILING) is None
    after = (KernelVersion.objects.count(), Exemplar.objects.count(), Calibration.objects.count())
    assert before == after


def test_the_first_calibration_holds_the_ceiling() -> None:
    calibration = Calibration.objects.get(state="live")
    assert calibration.weights["threshold"] <= 1
    assert calibration.metrics["general_wrong_reuse_bound"] <= CEILING


def test_a_paraphrase_goes_to_its_kernel(client: Client) -> None:
    decision = route(client)
    assert (decision.route, chosen(decision)) == ("kernel", KERNEL)
    assert decision.threshold is not None
    assert decision.candidates[0].probability >= decision.threshold
    assert decision.candidates[0].exemplars


def test_most_prompts_of_a_starter_go_to_it(client: Client) -> None:
    asked = [(s.spec.name, e.prompt) for s in starters() for e in s.examples]
    found = [(name, chosen(route(client, prompt))) for name, prompt in asked]
    assert sum(name == one for name, one in found) >= 0.8 * len(asked)
    assert all(one in (None, name) for name, one in found)


@pytest.mark.parametrize(
    "prompt",
    [
        "What is the capital of Peru?",
        "Write a haiku about rain.",
        "Why is joe@firm.example rude?",
        "",
        "\x01\x02\x03",
        "ü" * 500,
    ],
)
def test_other_prompts_go_to_generation_with_an_explanation(client: Client, prompt: str) -> None:
    decision = route(client, prompt)
    assert (decision.route, decision.chosen) == ("generation", None)
    assert decision.candidates
    assert all(candidate.obstacle for candidate in decision.candidates)
    assert decision.candidates[0].kernel in decision.reason


def test_candidates_come_by_probability(client: Client) -> None:
    probabilities = [candidate.probability for candidate in route(client).candidates]
    assert probabilities == sorted(probabilities, reverse=True)


def test_a_decision_is_told_as_json(client: Client) -> None:
    told = route(client).as_json()
    assert told["chosen"] == told["candidates"][0]["version_id"] == str(version().pk)
    assert told["candidates"][0]["preconditions"][-1]["status"] == "ok"


def test_a_precondition_that_fails_is_an_obstacle(client: Client) -> None:
    decision = route(client, "Extract all email addresses from this text: there is none in it.")
    assert decision.route == "generation"
    assert "an address is there" in obstacle(decision)


def test_a_system_prompt_is_an_obstacle(client: Client) -> None:
    system = {"role": "system", "content": "Answer like a pirate."}
    decision = route(client, messages=(system, {"role": "user", "content": PARAPHRASE}))
    assert decision.route == "generation"
    assert "system prompt" in obstacle(decision)


def test_another_output_schema_is_an_obstacle(client: Client) -> None:
    wanted = schema_format({"type": "object", "properties": {"mails": {"type": "array"}}})
    decision = route(client, response_format=wanted)
    assert decision.route == "generation"
    assert "output schema" in obstacle(decision)


def test_the_same_output_schema_is_none(client: Client) -> None:
    wanted = schema_format(version().spec["output_schema"])
    assert chosen(route(client, response_format=wanted)) == KERNEL


def test_a_kernel_that_answers_in_text_does_not_serve_json(client: Client) -> None:
    summarize = next(s for s in starters() if s.spec.name == "summarize-text")
    prompt = summarize.examples[0].prompt
    assert chosen(route(client, prompt)) == "summarize-text"
    decision = route(client, prompt, response_format={"type": "json_object"})
    assert "answers in text" in obstacle(decision, "summarize-text")


@pytest.mark.parametrize(
    "fields",
    [
        {"options": {"tools": [{"type": "function", "function": {"name": "look"}}]}},
        {
            "messages": (
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Hello"},
                {"role": "user", "content": PARAPHRASE},
            )
        },
        {"messages": ({"role": "user", "content": [{"type": "text", "text": PARAPHRASE}]},)},
    ],
)
def test_for_some_requests_no_kernel_is_looked_for(client: Client, fields: dict[str, Any]) -> None:
    decision = route(client, **fields)
    assert (decision.route, decision.candidates) == ("generation", ())
    assert decision.reason.startswith("no kernel was looked for: ")


def test_a_kernel_of_another_client_is_invisible(client: Client) -> None:
    Kernel.objects.filter(name=KERNEL).update(client=Client.objects.create(name="other"))
    assert KERNEL not in [candidate.kernel for candidate in route(client).candidates]
    Kernel.objects.filter(name=KERNEL).update(client=client)
    assert chosen(route(client)) == KERNEL


def test_a_version_that_was_rolled_back_is_not_found_by_the_next_request(client: Client) -> None:
    assert chosen(route(client)) == KERNEL
    roll_back(version=version(), user=None, reason="It was wrong.")
    assert KERNEL not in [candidate.kernel for candidate in route(client).candidates]


def test_a_candidate_is_not_found(client: Client) -> None:
    starter = next(s for s in starters() if s.spec.name == KERNEL)
    propose_version(
        spec=starter.spec.model_copy(update={"name": "not-yet"}),
        samples=[Sample(PARAPHRASE, None)],
        client=None,
        confidence=0.9,
        evidence={},
    )
    assert "not-yet" not in [candidate.kernel for candidate in route(client).candidates]


def test_a_client_cannot_add_a_version_to_the_kernel_of_another(client: Client) -> None:
    with pytest.raises(NameTaken):
        propose_version(
            spec=starters()[0].spec, samples=[], client=client, confidence=0.9, evidence={}
        )


@pytest.mark.parametrize(
    ("passes", "failures", "serves"), [(0, 4, True), (7, 3, True), (3, 2, False), (0, 200, False)]
)
def test_a_bad_record_stops_reuse(client: Client, passes: int, failures: int, serves: bool) -> None:
    KernelVersion.objects.filter(pk=version().pk).update(passes=passes, failures=failures)
    decision = route(client)
    assert (chosen(decision) == KERNEL) is serves
    if not serves:
        record = f"its record: {passes} of {passes + failures} verified, at least 70 % required"
        assert obstacle(decision) == record
        assert record in decision.reason


def test_the_operator_says_how_good_a_record_must_be(client: Client, settings: Settings) -> None:
    KernelVersion.objects.filter(pk=version().pk).update(passes=3, failures=2)
    settings.KW_KERNEL_MIN_PASS_RATE = 0.6
    assert chosen(route(client)) == KERNEL
    settings.KW_KERNEL_MIN_PASS_RATE = 0.625
    assert obstacle(route(client)).endswith("3 of 5 verified, at least 62.5 % required")


def test_without_a_calibration_nothing_is_reused(client: Client) -> None:
    Calibration.objects.all().delete()
    decision = route(client)
    assert decision.route == "generation"
    assert "no calibration is live" in decision.reason
