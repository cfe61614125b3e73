"""From verified traces of one family to a kernel spec (rows KW3, KW13)."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kernels.compiler.bindings import mine
from kernels.compiler.errors import NothingInCommon, cel
from kernels.compiler.inferred_schema import infer_schema
from kernels.compiler.invariants import invariants
from kernels.compiler.limits import mine_limits
from kernels.compiler.pairs import Pair
from kernels.compiler.paths import nearly_equal, output_path
from kernels.compiler.preconditions import STOP_WORDS, preconditions
from kernels.compiler.selection import select, wrong_outputs
from kernels.compiler.templates import covers_unseen, mine_templates
from kernels.conditions.checks import Subject
from kernels.conditions.kinds import Condition, EvidenceCondition, SchemaCondition
from kernels.encoder import Vector
from kernels.matching import Profile, profile, words
from kernels.slots import bind
from kernels.spec import (
    Binding,
    ComputeStep,
    GenerateStep,
    KernelSpec,
    KernelTest,
    Step,
    digest_of,
)
from kernels.template import match_any

TEXT_PROPERTY = "answer"
LEAST_POSITIVES = 5  # for conditions to be mined


@dataclass(frozen=True)
class Trace:
    """A verified success: what was asked and what was accepted as its answer."""

    prompt: str
    system: str
    output: Any  # parsed JSON, or None when the answer was text
    text: str
    output_schema: dict[str, Any] | None
    events: int
    passed_checks: int
    tokens: int
    reward: float
    written: int = 0  # of the tokens, those that the model wrote
    tools: int = 0  # distinct ones that were called
    denied: bool = False  # by people or by the app's own system
    embedding: Vector | None = field(default=None, compare=False)  # of the prompt
    kinds: tuple[str, ...] = ()  # of the events

    @property
    def answer(self) -> dict[str, Any]:
        """The output as an object: text answers become one property."""
        return self.output if isinstance(self.output, dict) else {TEXT_PROPERTY: self.text}


def compile_traces(
    traces: Sequence[Trace],
    conditions: Sequence[Condition] = (),
    owner: str = "",
    *,
    failed: Sequence[Trace] = (),
    emitted: tuple[str, ...] = (),
    also: Sequence[Condition] = (),
) -> KernelSpec:
    """A spec whose contract holds on all traces. `conditions` are those the app itself asked for.

    `failed` were answered badly: conditions are worth something that refuse those answers.
    `emitted` are the events that a run of any kernel observes, `also` more conditions to try.
    The recipe computes what can be computed and asks the model for the rest. Owners with the same
    kind of prompts get kernels of different names. Raises NothingInCommon when the outputs have
    no common form.
    """
    schema = traces[0].output_schema or infer_schema([trace.answer for trace in traces])
    if schema.get("type") != "object":
        raise NothingInCommon("The requested schema is not that of an object.")
    properties = schema.get("properties", {})
    prompts = [trace.prompt for trace in traces]
    templates = mine_templates(prompts)
    formed = templates if covers_unseen(templates, prompts) else ()
    pairs = [Pair(_input(t, formed), _only(properties, t.answer)) for t in traces]
    mined = mine(pairs, chosen_from=_closed(properties))
    steps: list[Step] = []
    if mined.bindings:
        steps.append(ComputeStep(bindings=mined.bindings))
    computed = {b.property for b in mined.bindings if not b.choice}
    if not properties or computed < set(properties):
        longest = max(len(json.dumps(trace.answer)) for trace in traces)
        limits = mine_limits(pairs, properties, [binding.property for binding in mined.bindings])
        most = min(4096, max(64, longest))
        steps.append(GenerateStep(shots=4, max_tokens=most, limits=limits))
    common = profile([trace.prompt for trace in traces])
    is_text = not isinstance(traces[0].output, dict)
    system = traces[0].system
    settled = (*_agreeing(mined.bindings, _numeric(pairs)), *_new(conditions))
    refused = [Subject(_input(t, formed), t.answer, t.kinds or emitted) for t in failed]
    kept = _kept(schema, settled, pairs, computed, refused, emitted, also)
    return KernelSpec(
        name=_name(common, traces[0].prompt, properties, digest_of([system, schema, owner])),
        family=" ".join(_telling(common, traces[0].prompt)[:4]) or "prompts",
        description=_describe(traces[0].prompt, schema),
        output_schema=schema,
        preconditions=preconditions(pairs, mined, forms=len(formed)),
        postconditions=(*settled, *kept),
        steps=tuple(steps),
        tests=tuple(KernelTest(prompt=t.prompt, output=t.answer) for t in traces[:3]),
        schema_asked=traces[0].output_schema is not None,
        render=TEXT_PROPERTY if is_text else None,
        system_digest=digest_of(system) if system else None,
        templates=templates,
    )


def _input(trace: Trace, templates: tuple[str, ...]) -> dict[str, Any]:
    bound = bind(trace.prompt, trace.system)
    return {**bound, "slots": match_any(templates, trace.prompt)} if templates else bound


def _closed(properties: Mapping[str, Any]) -> list[str]:
    """The properties whose values the schema lists, and those that are no text."""
    return [
        name
        for name, schema in properties.items()
        if not isinstance(schema, dict) or "enum" in schema or schema.get("type") != "string"
    ]


def _kept(
    schema: dict[str, Any],
    settled: Sequence[Condition],
    pairs: Sequence[Pair],
    computed: Iterable[str],
    failed: Sequence[Subject],
    emitted: tuple[str, ...],
    also: Sequence[Condition],
) -> list[Condition]:
    """The mined conditions that refuse wrong outputs which would pass without them."""
    if len(pairs) < LEAST_POSITIVES:
        return []
    skip = frozenset(computed)
    events = [EvidenceCondition(event=kind, label=f"{kind} was observed") for kind in emitted]
    selected = select(
        lambda some: [*invariants(some, skip), *events, *also],
        pairs,
        contract=(SchemaCondition(json_schema=schema), *settled),
        wrong=wrong_outputs(pairs, failed, emitted),
        events=emitted,
    )
    return [one.condition for one in selected]


def _numeric(pairs: Sequence[Pair]) -> set[str]:
    return {name for name, value in pairs[0].output.items() if isinstance(value, int | float)}


def _only(names: Iterable[str], answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in names if name in answer}


def _new(conditions: Sequence[Condition]) -> list[Condition]:
    return list({digest_of(c.model_dump(mode="json")): c for c in conditions}.values())


def _agreeing(bindings: Sequence[Binding], numeric: Collection[str]) -> list[Condition]:
    """What was found about the output, as postconditions that any answer must satisfy."""
    found: list[Condition] = []
    for binding in bindings:
        path, value = output_path(binding.property), binding.expression
        if binding.choice:
            said = f"{path} in {value}"
        elif binding.property in numeric:
            said = nearly_equal(path, value)
        else:
            said = f"{path} == {value}"
        found.append(cel(said, f"{binding.property[:150]} comes from the prompt"))
    return found


def _telling(common: Profile, prompt: str) -> list[str]:
    """The shared words that say something, in the order of a prompt."""
    shared = set(common.anchors) - STOP_WORDS
    telling = (w.replace("'", "") for w in words(prompt) if w in shared and w.isascii())
    return [w[:20] for w in dict.fromkeys(telling) if w]


def _name(common: Profile, prompt: str, properties: Iterable[str], digest: str) -> str:
    """Of the words that the prompts share; where they share none, of what the kernel gives."""
    given = (re.sub(r"[^a-z0-9]", "", name.lower())[:20] for name in properties)
    said = _telling(common, prompt)[:4] or [name for name in given if name][:3]
    return "-".join([*said, digest[:6]])


def _describe(prompt: str, schema: dict[str, Any]) -> str:
    names = ", ".join(schema.get("properties", {}))
    return f"Gives {names} for prompts like: {prompt[:200]}"
