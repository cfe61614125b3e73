"""What all prompts of a family have in common that its bindings rely on, as preconditions."""

import re
from collections.abc import Sequence
from itertools import accumulate

from kernels.compiler.bindings import Mined, same_length
from kernels.compiler.errors import cel
from kernels.compiler.pairs import Pair
from kernels.compiler.paths import literal
from kernels.conditions.kinds import Condition
from kernels.matching import words

MAX_SHARED_CHARS = 1_500  # of the words in one expression
STOP_WORDS = frozenset(("a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "is"))
STOP_WORDS |= {"it", "of", "on", "or", "that", "the", "this", "to", "with"}
_COPY = re.compile(r"input\.[\w.]+(\[[^\]]*\])?(\.(upperAscii|lowerAscii|titleCase)\(\))?")


def preconditions(pairs: Sequence[Pair], mined: Mined, *, forms: int) -> tuple[Condition, ...]:
    """`forms`: how many templates all prompts have the form of; 0 if not all have one.

    One form is required of new prompts, too. Where people say the same thing in several, there are
    more of them: the forms are required only if the output hangs on the words.
    """
    found: list[Condition] = []
    for name in mined.lists:
        length = same_length(name, pairs)
        few = 1 if all(pair.input[name] for pair in pairs) else 0
        counted = f">= {few}" if length is None else f"== {length}"
        if length is not None or few:
            found.append(cel(f"size(input.{name}) {counted}", f"how many {name} there are"))
    if forms == 1 or (forms and _relies_on_words(mined)):
        found.append(cel("size(input.slots) > 0", "the form of the prompts"))
    found += [cel(agreement, "other readings agree") for agreement in mined.agreements]
    if "numbers" in mined.lists or _relies_on_words(mined):
        found += _same_words(pairs)
    if "numbers" in mined.lists or _calculates(mined):
        found.append(_same_signs(pairs, any_order=_calculates(mined)))
    found += _same_units(pairs)
    if mined.bindings and len({pair.input["negated"] for pair in pairs}) == 1:
        negated = str(pairs[0].input["negated"]).lower()
        found.append(cel(f"input.negated == {negated}", "negation"))
    return tuple(found)


def _relies_on_words(mined: Mined) -> bool:
    """Whether something is worked out, not copied, or read from a gap: then the words say what."""
    fixed = [binding for binding in mined.bindings if not binding.choice]
    worked_out = any(not _COPY.fullmatch(binding.expression) for binding in fixed)
    return worked_out or mined.reads_slots or mined.has_constants


def _calculates(mined: Mined) -> bool:
    return any(".arithmetic()" in binding.expression for binding in mined.bindings)


def _same_words(pairs: Sequence[Pair]) -> list[Condition]:
    """What is done is said in words: "plus" must not be served as "times"."""
    if not (shared := _in_every_prompt(pairs)):
        return []
    return [cel(f"{literal(shared)}.all(w, input.prompt.hasWord(w))", "the same words")]


def _same_units(pairs: Sequence[Pair]) -> list[Condition]:
    """Two units in one order, or one: how often that one is written says nothing."""
    said = {tuple(pair.input["units"]) for pair in pairs}
    distinct = {frozenset(units) for units in said}
    if len(distinct) == 1 and len(one := sorted(distinct.pop())) == 1:
        only = f"size(input.units) > 0 && input.units.all(u, u == {literal(one[0])})"
        return [cel(only, "the same unit")]
    if len(said) == 1 and (units := said.pop()):
        return [cel(f"input.units == {literal(list(units))}", "the same units")]
    return []


def _same_signs(pairs: Sequence[Pair], *, any_order: bool) -> Condition:
    signs = sorted({tuple(pair.input["signs"]) for pair in pairs})
    if not any_order:
        return cel(f"input.signs in {literal(signs)}", "the same signs")
    seen = sorted({sign for row in signs for sign in row})
    return cel(f"input.signs.all(s, s in {literal(seen)})", "signs that were seen")


def _in_every_prompt(pairs: Sequence[Pair]) -> list[str]:
    """The shared words, or the shortest of them when there is no room for all.

    Not covered: a word that is cut off, letters outside a-z and à-ÿ.
    """
    shared = set.intersection(*(set(words(pair.input["prompt"])) for pair in pairs)) - STOP_WORDS
    ranked = sorted(shared, key=lambda word: (len(word), word))
    ends = accumulate(len(f'"{word}", ') for word in ranked)
    return sorted(w for w, end in zip(ranked, ends, strict=True) if end <= MAX_SHARED_CHARS)
