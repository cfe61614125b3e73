"""The trained head: fitted on live kernels, gated, and asked by the router for those it knows."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from kernels.decision import RouteDecision
from kernels.head_routing import retire_heads
from kernels.library.first_calibration import fit_first_calibration
from kernels.library.guards import unguarded
from kernels.library.reading import labelled_prompts, starters
from kernels.models import Calibration, Kernel, KernelVersion, RoutingHead
from kernels.registry import Sample, propose_version
from tests.db.rows import chat
from training.routing import head, head_material
from training.routing.head import FittedHead, TooFewKernels, _gate, fit_on, train_head, worth
from training.routing.head_material import gather_material
from training.routing.recalibration import NothingNew
from trajectories.models import Client
from workers.intake import plan

pytestmark = pytest.mark.django_db

CEILING = 0.3  # with so few prompts, a lower one is never shown
NAMES = ("detect-language", "extract-names", "summarize-text", "suggest-title", "write-docstring")
PROMPT = "Which language is this sentence in: Der Zug nach Graz hat heute leider Verspätung."
ALL = labelled_prompts()
# Enough of the library for the folds; all of it takes a minute.
SOME = [one for one in ALL if one.kernel in NAMES] + [one for one in ALL if not one.kernel][::6]
LIMITS: dict[str, Any] = {"ceiling": CEILING, "min_pass_rate": 0.7, "top_k": 24}


@pytest.fixture(scope="module", autouse=True)
def learned(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[RoutingHead]:
    """Five kernels of an app, without guards, and a head that was made live for them."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(head_material, "labelled_prompts", lambda: SOME)
        fit_first_calibration(0.10)
        app = Client.objects.create(name="head-app")
        for name in NAMES:
            add_kernel(app, name, f"app-{name}")
        yield make_live()
    with django_db_blocker.unblock():
        RoutingHead.objects.all().delete()
        Kernel.objects.all().delete()
        Calibration.objects.all().delete()
        Client.objects.filter(name="head-app").delete()


def add_kernel(client: Client, starter: str, name: str) -> KernelVersion:
    found = next(one for one in starters() if one.spec.name == starter)
    spec = unguarded(found.spec).model_copy(update={"name": name})
    more = [Sample(one.prompt, None) for one in SOME if one.kernel == starter]
    return propose_version(
        spec=spec,
        samples=[*found.examples, *more],
        client=client,
        confidence=0.7,
        evidence={},
        state=KernelVersion.State.LIVE,
    )


def make_live() -> RoutingHead:
    material = gather_material()
    fitted = fit_on(material, CEILING, lambda: None)
    return RoutingHead.objects.create(
        state="live",
        encoder_digest=fitted.head.encoder_digest,
        data_digest=material.digest,
        ceiling=CEILING,
        guarded=material.guarded,
        weights=fitted.head.to_bytes(),
        trust=fitted.trust.as_json(),
    )


@pytest.fixture
def app() -> Client:
    return Client.objects.get(name="head-app")


def routed(client: Client, prompt: str = PROMPT) -> RouteDecision:
    return plan(client=client, request=chat(prompt))


def test_the_head_speaks_for_the_kernels_that_it_knows(app: Client, learned: RoutingHead) -> None:
    decision = routed(app)
    first = decision.candidates[0]
    assert first.kernel == "app-detect-language"
    assert first.head == learned.pk
    assert first.threshold == learned.trust["thresholds"][str(CEILING)]
    assert 0 < first.probability <= 1
    others = [one for one in decision.candidates if one is not first]
    assert others
    assert all(one.obstacle for one in others)
    assert decision.as_json()["candidates"][0]["head"] == learned.pk


def test_a_head_for_another_ceiling_does_not_serve(app: Client, learned: RoutingHead) -> None:
    assert retire_heads(unless_for=CEILING) == 0
    assert retire_heads(unless_for=0.05) == 1
    assert routed(app).candidates[0].head is None


def test_without_a_head_the_calibration_speaks(app: Client, learned: RoutingHead) -> None:
    RoutingHead.objects.update(state="retired")
    decision = routed(app)
    assert all(one.head is None for one in decision.candidates)
    live = Calibration.objects.get(state="live")
    assert decision.candidates[0].threshold == live.weights["threshold"]


def test_a_kernel_that_came_later_is_judged_by_the_calibration(app: Client) -> None:
    add_kernel(app, "find-term", "app-find-term")
    found = routed(app, 'Does the text contain "storm"? Text: The storm passed in the night.')
    new = next(one for one in found.candidates if one.kernel == "app-find-term")
    assert new.head is None


def test_kernels_of_another_client_are_no_rivals(app: Client, learned: RoutingHead) -> None:
    """A twin of another client would halve P; it is as if it were not there."""
    before = routed(app).candidates[0].probability
    other = Client.objects.create(name="other")
    assert routed(other).candidates == ()
    Kernel.objects.filter(name="app-extract-names").update(client=other)
    assert "app-extract-names" not in [one.kernel for one in routed(app).candidates]
    assert routed(app).candidates[0].probability == pytest.approx(before, abs=0.2)


def test_a_head_is_stored_with_its_comparison_and_goes_live_only_if_better(app: Client) -> None:
    RoutingHead.objects.all().delete()
    told: list[None] = []
    made = train_head(**LIMITS, advance=lambda: told.append(None))
    assert len(told) == 8
    assert made.metrics["prompts"] > 100
    assert (made.state == "live") == (made.metrics["gain_bound"] > 0) == (not made.reason)
    with pytest.raises(NothingNew):
        train_head(**LIMITS)


@pytest.mark.parametrize(
    ("today", "state", "before"), [(None, "live", "retired"), (True, "rejected", "live")]
)
def test_the_live_head_is_to_be_beaten(
    app: Client,
    learned: RoutingHead,
    monkeypatch: pytest.MonkeyPatch,
    today: bool | None,
    state: str,
    before: str,
) -> None:
    """Against a routing that serves nothing, and against one that is always right."""
    monkeypatch.setattr(
        head,
        "served_today",
        lambda _, prompts, *rest, **more: dict.fromkeys(prompts, today),
    )
    add_kernel(app, "find-term", "app-find-term")
    made = train_head(**LIMITS)
    learned.refresh_from_db()
    assert (made.parent, made.state, learned.state) == (learned, state, before)
    assert made.metrics["challenger"]["right"] > 0


def test_too_few_kernels_teach_nothing(app: Client) -> None:
    Kernel.objects.exclude(name="app-extract-names").delete()
    with pytest.raises(TooFewKernels, match="1 kernels with enough exemplars, 1 of them"):
        train_head(**LIMITS)


def test_guarded_starters_are_left_alone(app: Client) -> None:
    starter = next(one for one in starters() if one.spec.name == "detect-language")
    version = propose_version(
        spec=starter.spec,
        samples=starter.examples,
        client=None,
        confidence=0.7,
        evidence={},
        state=KernelVersion.State.LIVE,
    )
    material = gather_material()
    assert material.guarded == [str(version.pk)]
    fitted = fit_on(material, CEILING, lambda: None)
    assert isinstance(fitted, FittedHead)
    assert {one.prompt for one in starter.examples} & set(fitted.served)


def test_worth_is_nothing_at_the_ceiling() -> None:
    assert worth(None, 0.1) == 0
    assert 9 * worth(True, 0.1) + worth(False, 0.1) == pytest.approx(0)


def test_the_gate_wants_strictly_more() -> None:
    prompts = [f"{n}" for n in range(200)]
    nothing: dict[str, bool | None] = dict.fromkeys(prompts)
    right: dict[str, bool | None] = dict.fromkeys(prompts, True)
    careless = right | dict.fromkeys(prompts[:40], False)
    assert _gate(nothing, right, 0.1)[0] == ""
    assert _gate(right, right, 0.1)[0].startswith("it does not serve better than what is live")
    assert _gate(nothing, careless, 0.1)[0]
    assert _gate(careless, right, 0.1)[1]["challenger"]["right"] == 200
