"""Each intent of a data set becomes a live kernel of an app; then the test part is routed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.conf import settings

from kernels.encoder import embed_deep
from kernels.models import Kernel, KernelVersion, RoutingHead
from kernels.registry import Sample, propose_version
from kernels.routing import Asked, route
from kernels.slots import bind
from kernels.spec import GenerateStep, KernelSpec
from kwsite.bench.routing import OUT_OF_SCOPE_SHARE
from kwsite.bench.routing_data import Split
from kwsite.bench.routing_figures import traffic_weights
from trajectories.models import Client
from workers.refitting import fit_head

ANSWER = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
Advance = Callable[[], object]


@dataclass(frozen=True)
class Routed:
    """What was served of the test part. Shares are at the usual traffic mix."""

    by: str  # calibration | head
    inside: int
    right: int
    wrong: int  # of what is in scope
    outside: int
    taken: int  # of what is out of scope
    coverage: float  # share of all traffic that is served
    wrong_reuse: float  # share of what is served


@dataclass(frozen=True)
class Served:
    """One data set: routing by the calibration, and by the head if that went live."""

    data: str
    kernels: int
    exemplars: int
    ceiling: float
    head: str  # live | rejected
    reason: str
    routed: tuple[Routed, ...]


def measure_served(cut: Split, *, exemplars: int, most: int, seed: int, advance: Advance) -> Served:
    """`advance` is told of each kernel that is stored and of each prompt that is routed."""
    client = Client.objects.create(name=f"bench {cut.name}")
    versions = dict(_stored(cut, client, advance))
    dice = np.random.default_rng(seed)
    inside = [cut.inside[row] for row in dice.permutation(len(cut.inside))[:most]]
    asked = [(prompt, versions[intent]) for prompt, intent in inside]
    asked += [(prompt, "") for prompt in cut.outside]
    routed = [_routed("calibration", client, asked, advance)]
    made = fit_head()
    if made.state == RoutingHead.State.LIVE:
        routed.append(_routed("head", client, asked, advance))
    ceiling = settings.KW_WRONG_REUSE_CEILING
    return Served(
        cut.name, len(versions), exemplars, ceiling, made.state, made.reason, tuple(routed)
    )


def leave_as_fresh() -> None:
    """Takes the apps' kernels and the head away, for the next data set."""
    RoutingHead.objects.all().delete()
    Kernel.objects.exclude(client=None).delete()


def _stored(cut: Split, client: Client, advance: Advance) -> Iterator[tuple[str, str]]:
    for intent in cut.intents:
        name = "-".join("".join(c if c.isalnum() else " " for c in intent.lower()).split())
        version = propose_version(
            spec=KernelSpec(
                name=f"{cut.name.lower()}-{name}",
                family=intent,
                description=intent.replace("_", " "),
                output_schema=ANSWER,
                steps=(GenerateStep(),),
                render="answer",
            ),
            samples=[Sample(prompt, None) for prompt, own in cut.exemplars if own == intent],
            client=client,
            confidence=0.7,
            evidence={},
            state=KernelVersion.State.LIVE,
        )
        advance()
        yield intent, str(version.pk)


def _routed(by: str, client: Client, asked: Sequence[tuple[str, str]], advance: Advance) -> Routed:
    chosen = []
    for prompt, _ in asked:
        decision = route(
            client_id=client.pk,
            asked=Asked(bind(prompt), embed_deep(prompt)),
            top_k=settings.KW_ROUTE_TOP_K,
            min_pass_rate=settings.KW_KERNEL_MIN_PASS_RATE,
        )
        chosen.append(decision.chosen.version_id if decision.chosen else "")
        advance()
    inside = np.array([bool(wanted) for _, wanted in asked])
    served = np.array([bool(version) for version in chosen])
    right = np.array(
        [version == wanted != "" for version, (_, wanted) in zip(chosen, asked, strict=True)]
    )
    weights = traffic_weights(inside, OUT_OF_SCOPE_SHARE)
    total = float(weights[served].sum())
    return Routed(
        by,
        int(inside.sum()),
        int(right.sum()),
        int((served & inside & ~right).sum()),
        int((~inside).sum()),
        int((served & ~inside).sum()),
        total / float(weights.sum()),
        float(weights[served & ~right].sum()) / total if total else 0.0,
    )
