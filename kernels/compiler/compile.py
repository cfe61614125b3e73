"""From verified traces of one family to a kernel spec (rows KW3, KW13)."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from kernels.compiler.bindings import Pair, mine, same_length
from kernels.conditions.kinds import MAX_EXPRESSION_CHARS, CelCondition, Condition
from kernels.encoder import Vector
from kernels.matching import Profile, profile, words
from kernels.slots import bind
from kernels.spec import ComputeStep, GenerateStep, KernelSpec, KernelTest, Step, digest_of
from trajectories.errors import KernelWeaveError

TEXT_PROPERTY = "answer"
MAX_SHARED_CHARS = 1_500  # of the words in one expression
STOP_WORDS = frozenset(("a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "is"))
STOP_WORDS |= {"it", "of", "on", "or", "that", "the", "this", "to", "with"}


class NothingInCommon(KernelWeaveError):
    """The outputs of these traces do not share one form."""


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
    tools: int = 0  # distinct ones that were called
    denied: bool = False  # by people or by the app's own system
    embedding: Vector | None = field(default=None, compare=False)  # of the prompt

    @property
    def answer(self) -> dict[str, Any]:
        """The output as an object: text answers become one property."""
        return self.output if isinstance(self.output, dict) else {TEXT_PROPERTY: self.text}


def compile_traces(
    traces: Sequence[Trace], conditions: Sequence[Condition] = (), owner: str = ""
) -> KernelSpec:
    """A spec whose contract holds on all traces. `conditions` are those the app itself asked for.

    The recipe computes what can be computed and asks the model for the rest. Owners with the same
    kind of prompts get kernels of different names. Raises NothingInCommon when the outputs have
    no common form.
    """
    schema = traces[0].output_schema or _infer_schema([trace.answer for trace in traces])
    if schema.get("type") != "object":
        raise NothingInCommon("The requested schema is not that of an object.")
    properties = schema.get("properties", {})
    pairs = [Pair(bind(t.prompt, t.system), _only(properties, t.answer)) for t in traces]
    mined = mine(pairs)
    steps: list[Step] = []
    if mined.bindings:
        steps.append(ComputeStep(bindings=mined.bindings))
    computed = {b.property for b in mined.bindings if not b.choice}
    if not properties or computed < set(properties):
        longest = max(len(json.dumps(trace.answer)) for trace in traces)
        steps.append(GenerateStep(shots=4, max_tokens=min(4096, max(64, longest))))
    common = profile([trace.prompt for trace in traces])
    is_text = not isinstance(traces[0].output, dict)
    system = traces[0].system
    return KernelSpec(
        name=_name(common, traces[0].prompt, digest_of([system, schema, owner])),
        family=" ".join(_telling(common, traces[0].prompt)[:4]) or "prompts",
        description=_describe(traces[0].prompt, schema),
        output_schema=schema,
        preconditions=_preconditions(pairs, mined.lists),
        postconditions=(*_agreeing(mined.bindings), *_new(conditions)),
        steps=tuple(steps),
        tests=tuple(KernelTest(prompt=t.prompt, output=t.answer) for t in traces[:3]),
        schema_asked=traces[0].output_schema is not None,
        render=TEXT_PROPERTY if is_text else None,
        system_digest=digest_of(system) if system else None,
    )


def _only(names: Iterable[str], answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in names if name in answer}


def _new(conditions: Sequence[Condition]) -> list[Condition]:
    return list({digest_of(c.model_dump(mode="json")): c for c in conditions}.values())


def _agreeing(bindings: Sequence[Any]) -> list[Condition]:
    """What was found about the output, as postconditions that any answer must satisfy."""
    found: list[Condition] = []
    for binding in bindings:
        relation = "in" if binding.choice else "=="
        value = _output(binding.property)
        if not binding.choice and "numbers" in binding.expression:
            off = f"(double({value}) - ({binding.expression}))"
            expression = f"{off} * {off} <= 1e-18 * ({binding.expression}) * ({binding.expression})"
            expression += " + 1e-30"  # off by a billionth, or by what adding floats costs near 0
        else:
            expression = f"{value} {relation} {binding.expression}"
        found.append(_cel(expression, f"{binding.property[:150]} comes from the prompt"))
    return found


def _cel(expression: str, label: str) -> CelCondition:
    if len(expression) > MAX_EXPRESSION_CHARS:
        raise NothingInCommon(f"What they share is too long to be a condition: {label}.")
    return CelCondition(expression=expression, label=label)


_RESERVED = frozenset(("as", "break", "const", "continue", "else", "false", "for", "function"))
_RESERVED |= {"if", "import", "in", "let", "loop", "namespace", "null", "package", "return"}
_RESERVED |= {"true", "var", "void", "while"}


def _output(name: str) -> str:
    """The CEL expression for a property of the output, whatever its name."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name not in _RESERVED
    return f"output.{name}" if plain else f"output[{json.dumps(name, ensure_ascii=False)}]"


def _preconditions(pairs: Sequence[Pair], lists: Sequence[str]) -> tuple[Condition, ...]:
    """What all prompts have in common that the bindings rely on."""
    found: list[Condition] = []
    for name in lists:
        length = same_length(name, pairs)
        expression = (
            f"size(input.{name}) >= 1" if length is None else f"size(input.{name}) == {length}"
        )
        found.append(_cel(expression, f"how many {name} there are"))
    if "numbers" in lists and (shared := _in_every_prompt(pairs)):
        # What is done with the numbers is said in words: "plus" must not be served as "times".
        listed = json.dumps(shared, ensure_ascii=False)
        found.append(_cel(f"{listed}.all(w, input.prompt.hasWord(w))", "the same words"))
    if "numbers" in lists:
        signs = sorted({tuple(pair.input["signs"]) for pair in pairs})
        seen = json.dumps(signs, ensure_ascii=False)
        found.append(_cel(f"input.signs in {seen}", "the same signs"))
    units = {tuple(pair.input["units"]) for pair in pairs}
    if len(units) == 1 and (only := units.pop()):
        found.append(_cel(f"input.units == {json.dumps(list(only))}", "the same units"))
    if len({pair.input["negated"] for pair in pairs}) == 1 and lists:
        negated = str(pairs[0].input["negated"]).lower()
        found.append(_cel(f"input.negated == {negated}", "negation"))
    return tuple(found)


def _in_every_prompt(pairs: Sequence[Pair]) -> list[str]:
    """The shared words, or the shortest of them when there is no room for all.

    Not covered: a word that is cut off, letters outside a-z and à-ÿ.
    """
    shared = set.intersection(*(set(words(pair.input["prompt"])) for pair in pairs)) - STOP_WORDS
    ranked = sorted(shared, key=lambda word: (len(word), word))
    ends = accumulate(len(f'"{word}", ') for word in ranked)
    return sorted(w for w, end in zip(ranked, ends, strict=True) if end <= MAX_SHARED_CHARS)


def _infer_schema(answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    keys = {tuple(sorted(answer)) for answer in answers}
    if len(keys) != 1 or not (names := keys.pop()):
        raise NothingInCommon()
    properties = {name: {"type": _json_type([a[name] for a in answers])} for name in names}
    return {
        "type": "object",
        "properties": properties,
        "required": list(names),
        "additionalProperties": False,
    }


_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}
_TYPES |= {type(None): "null"}


def _json_type(values: Sequence[Any]) -> str:
    kinds = {_TYPES.get(type(value), "object") for value in values}
    if kinds == {"integer", "number"}:
        return "number"
    if len(kinds) != 1:
        raise NothingInCommon()
    return kinds.pop()


def _telling(common: Profile, prompt: str) -> list[str]:
    """The shared words that say something, in the order of a prompt."""
    shared = set(common.anchors) - STOP_WORDS
    telling = (w.replace("'", "") for w in words(prompt) if w in shared and w.isascii())
    return [w[:20] for w in dict.fromkeys(telling) if w]


def _name(common: Profile, prompt: str, digest: str) -> str:
    return "-".join([*_telling(common, prompt)[:4], digest[:6]])


def _describe(prompt: str, schema: dict[str, Any]) -> str:
    names = ", ".join(schema.get("properties", {}))
    return f"Gives {names} for prompts like: {prompt[:200]}"
