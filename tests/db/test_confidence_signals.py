"""What a candidate's confidence is made of, from the rows of its sources."""

import pytest

from kernels.models import KernelVersion
from kernels.registry import Sample, propose_version
from kernels.spec import GenerateStep, KernelSpec
from tests.db.rows import successes
from trajectories.models import Client, Event, Trajectory
from workers.backends.scripted import ScriptedBackend
from workers.promotion import consider_promotion
from workers.replies import asker

pytestmark = pytest.mark.django_db

PROMPTS = [f"Convert {n} km to m." for n in (1, 2, 3.5, 12, 40, 7, 80, 6)]
CONVERSIONS = [(prompt, {"value": float(prompt.split()[1]) * 1000}) for prompt in PROMPTS]


def kernel_near(name: str, client: Client | None, state: str = "live") -> None:
    """A kernel with two exemplars that stand near the prompts."""
    spec = KernelSpec(
        name=name,
        family="conversions",
        description="Converts lengths.",
        output_schema={"type": "object"},
        steps=(GenerateStep(),),
    )
    propose_version(
        spec=spec,
        samples=[Sample("Convert 5 km to m.", {}), Sample("Convert 6 km to m.", {})],
        client=client,
        confidence=0.9,
        evidence={},
        state=KernelVersion.State(state),
    )


def parts(client: Client) -> dict[str, float]:
    """The confidence of the candidate that the conversions become."""
    (seed, *_) = successes(client, CONVERSIONS)
    return considered(seed)


def considered(seed: Trajectory) -> dict[str, float]:
    version = consider_promotion(trajectory_id=str(seed.pk), ask=asker(ScriptedBackend()))
    assert version is not None
    confidence: dict[str, float] = version.evidence["confidence"]
    return confidence


def test_without_a_rival_there_is_no_conflict(client: Client) -> None:
    assert parts(client)["conflicts"] == 1


def test_each_live_kernel_near_the_prompts_is_one_conflict(client: Client) -> None:
    kernel_near("everybodys", None)
    kernel_near("its-own", client)
    assert parts(client)["conflicts"] == 0.5  # two of four


def test_a_kernel_that_could_not_serve_the_client_is_no_conflict(client: Client) -> None:
    kernel_near("anothers", Client.objects.create(name="other"))
    kernel_near("not-yet", None, state="candidate")
    assert parts(client)["conflicts"] == 1


def test_distinct_tools_are_counted_once_a_trace(client: Client) -> None:
    family = successes(client, CONVERSIONS)
    for trajectory in family:
        for number, name in enumerate(("search", "search", "convert")):
            call = {"function": {"name": name, "arguments": "{}"}}
            Event.objects.create(
                trajectory=trajectory,
                sequence=100 + number,
                kind=Event.Kind.TOOL_CALL,
                payload={"call": call},
                at=trajectory.created_at,
            )
    assert considered(family[0])["distinct_tools"] == 2 / 8
