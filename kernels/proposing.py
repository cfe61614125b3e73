"""Proposes a composition for a prompt that asks for two things (row KW12).

Each part of the prompt must have a kernel that clears the bar on that part, and P(both verify),
their product, must clear the same bar. That takes their failures as independent. The kernels run
side by side, each on its own part, so that what they get is what their P was computed for; a
sequence is not proposed, because what its second kernel would get is not known at routing time.

A kernel that was made for one app's call may answer a part of another call that holds the first
one's: its system prompt as one of the system messages, and its output schema as one of the two
properties of an object. That object is then what the composition gives. What the request's further
system messages say, its kernels do not know.
"""

from dataclasses import replace
from functools import cache

from kernels.algebra.plan import Composition as Plan
from kernels.call_parts import calls
from kernels.compositions import check
from kernels.decision import Part, Proposal, RouteDecision
from kernels.encoder import embed_deep
from kernels.models import Exemplar, KernelVersion
from kernels.routing import Asked, route
from kernels.slots import bind
from kernels.splitting import splits
from trajectories.models import Client

NAMES = ("first", "second")
PARTS = {
    "type": "object",
    "properties": {name: {"type": "string", "minLength": 1} for name in NAMES},
    "required": list(NAMES),
    "additionalProperties": False,
}


def propose_composition(
    *, client: Client, asked: Asked, decision: RouteDecision, top_k: int, min_pass_rate: float
) -> Proposal | None:
    """The best pair of kernels for a prompt that no single one answers whole; mostly None."""
    bar = decision.threshold
    if bar is None or decision.reused:
        return None
    pairs = _pairs(client, asked, decision, top_k, min_pass_rate)
    pairs = [pair for pair in pairs if _probability(pair) >= bar]
    return _proposal(max(pairs, key=_probability), client, decision) if pairs else None


def refuse_partial(
    *, client: Client, asked: Asked, decision: RouteDecision, top_k: int, min_pass_rate: float
) -> RouteDecision:
    """The decision; generation where the kernel that it chose answers only a part of the prompt."""
    chosen = decision.chosen
    if chosen is None:
        return decision
    pairs = _pairs(client, asked, decision, top_k, min_pass_rate)
    if not pairs:
        return decision
    other = next(part.kernel.kernel for part in pairs[0] if part.kernel.kernel != chosen.kernel)
    why = f"it answers a part: the prompt asks for {other}, too"
    return replace(
        decision,
        route="generation",
        chosen=None,
        reason=f"closest was {chosen.kernel}: {why}",
        candidates=tuple(
            replace(one, obstacle=why) if one.version_id == chosen.version_id else one
            for one in decision.candidates
        ),
    )


def _pairs(
    client: Client, asked: Asked, decision: RouteDecision, top_k: int, min_pass_rate: float
) -> list[tuple[Part, Part]]:
    """Kernels that each clear the bar on one part of the prompt, where no one answers it whole."""

    @cache
    def routed(prompt: str) -> tuple[Part, ...]:
        """What may answer the prompt, by the calls that the request holds."""
        layers = embed_deep(prompt)
        parts = []
        for call in calls(asked):
            part = replace(
                asked,
                input=bind(prompt, call.system),
                layers=layers,
                output_schema=call.output_schema,
            )
            found = route(client_id=client.pk, asked=part, top_k=top_k, min_pass_rate=min_pass_rate)
            if found.chosen:
                parts.append(Part(prompt, found.chosen, call.property))
        return tuple(parts)

    pairs = [
        (first, second)
        for split in splits(asked.prompt)
        for first in routed(split.first)
        for second in routed(split.second)
        if first.kernel.kernel != second.kernel.kernel
        and (first.property != second.property or not first.property)
    ]
    return [pair for pair in pairs if _is_needed(pair, decision)]


def _probability(pair: tuple[Part, Part]) -> float:
    return pair[0].kernel.probability * pair[1].kernel.probability


def _is_needed(pair: tuple[Part, Part], decision: RouteDecision) -> bool:
    """Whether no kernel was chosen for the whole prompt, or one that answers a part of it.

    A kernel whose nearest example asks for two things, too, was made for such prompts.
    """
    chosen = decision.chosen
    if chosen is None:
        return True
    if chosen.version_id not in [part.kernel.version_id for part in pair]:
        return False
    nearest = Exemplar.objects.filter(pk=chosen.exemplars[0]).values_list("prompt", flat=True)
    return not any(splits(prompt) for prompt in nearest)


def _proposal(pair: tuple[Part, Part], client: Client, decision: RouteDecision) -> Proposal | None:
    names = [part.kernel.kernel for part in pair]
    branches = [_branch(*one) for one in zip(pair, NAMES, strict=True)]
    alone = decision.chosen.kernel if decision.chosen else None
    plan = Plan.model_validate(
        {
            "name": "-and-".join(names)[:100].rstrip("-"),
            "description": f"{' and '.join(names)}, each on its own part of a prompt.",
            "input_schema": PARTS,
            "plan": {"kind": "parallel", "branches": branches},
        }
    )
    if not check(plan, client).report.fits:
        return None
    whole = f"{alone} alone answers a part" if alone else "no single kernel clears the bar"
    probability = _probability(pair)
    return Proposal(
        reason=f"{whole}; P(both verify) {probability:.3f} >= threshold {decision.threshold:.3f}",
        probability=probability,
        parts=pair,
        composition=plan.model_dump(mode="json"),
        input={name: part.prompt for name, part in zip(NAMES, pair, strict=True)},
    )


def _branch(part: Part, name: str) -> dict[str, object]:
    """Its output under the property that it gives, or its properties as they are."""
    digest = KernelVersion.objects.values_list("digest", flat=True).get(pk=part.kernel.version_id)
    return {
        "kind": "kernel",
        "name": part.property or None,
        "kernel": part.kernel.kernel,
        "digest": digest,
        "input": {"prompt": f"input.{name}"},
    }
