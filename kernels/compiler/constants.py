"""Texts that are the same in all outputs, where that is knowledge and no coincidence.

Most such texts are the answer: that all numbers so far were prime, or all orders shipped, says
nothing about the next one. What a number is measured in stays the same.
"""

import re
from collections.abc import Sequence

from kernels.compiler.pairs import Pair
from kernels.compiler.paths import literal
from kernels.slots import UNITS
from kernels.spec import Binding

MIN_CONSTANT = 8  # distinct prompts with the same value
_CURRENCIES = "aud|brl|cad|chf|cny|czk|dkk|huf|inr|jpy|krw|mxn|nok|nzd|pln|ron|sek|try|zar|yen"
_UNIT = re.compile(rf"(?i:{UNITS}|{_CURRENCIES})|[€$£¥%]|°[CF]?|k[mW]/?h|mph|m/s|[ck]?m[²³]")


def constant(name: str, pairs: Sequence[Pair]) -> Binding | None:
    """The one unit or currency that all outputs have, where it is no coincidence.

    Enough prompts must have it that differ in their typed parts alone: with free words in them, a
    new prompt may well have another value. A text that only some of the prompts say themselves
    belongs to what they say.
    """
    values = {pair.output[name] if isinstance(pair.output[name], str) else "" for pair in pairs}
    prompts = {pair.input["prompt"] for pair in pairs}
    if len(values) != 1 or not is_unit(value := values.pop()) or len(prompts) < MIN_CONSTANT:
        return None
    rows = [pair.input.get("slots", {}) for pair in pairs]
    free = any(not row or any(slot.startswith(("text", "list")) for slot in row) for row in rows)
    said = sum(value in prompt for prompt in prompts)
    if free or said not in (0, len(prompts)):
        return None
    return Binding(property=name, expression=literal(value))


def is_unit(text: str) -> bool:
    """One capital letter is a size or a grade rather than a unit."""
    return bool(_UNIT.fullmatch(text)) and not re.fullmatch("[A-Z]", text)
