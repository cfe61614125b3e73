"""Propositional logic in signs: numbered premises, and what can be concluded from them."""

import re

from workers.experts.formal.formulas import Formula, all_of, any_of, atom, iff, implies, negated
from workers.experts.formal.problem import Claim, NotRead, Problem, contingent

MOST_NESTED = 30
MOST_PREMISES = 30

_GIVEN = re.compile(
    r"\bGiven:\s*\n?(?P<given>.*?)\.?\s*"
    r"What can (?:we|be) conclude[d]? from the above(?: statements)?\?\s*\Z",
    re.DOTALL,
)
_NUMBERED = re.compile(r"(?:^|\n)\s*\.?\s*\d+\.\s*")
_SIGN = re.compile(r"\s*(<->|<=>|->|=>|[A-Z](?![A-Za-z])|[∧∨→↔¬()&|~!])")
_SAME = {
    "&": "∧", "|": "∨", "~": "¬", "!": "¬", "->": "→", "=>": "→", "<->": "↔", "<=>": "↔",
}  # fmt: skip
_LOOSEST_FIRST = ("↔", "→", "∨", "∧")


def read(prompt: str) -> Problem | None:
    """None where a premise is no formula."""
    found = _GIVEN.search(prompt)
    if found is None:
        return None
    try:
        texts = [t for t in _NUMBERED.split(found["given"]) if t.strip(" .\n")]
        if not 1 <= len(texts) <= MOST_PREMISES:
            return None
        premises = tuple(formula_of(text.strip(" .\n")) for text in texts)
    except NotRead:
        return None
    return Problem("propositional logic", (premises,), _claim_of)


def _claim_of(answer: str) -> Claim:
    """A conclusion that is always true says nothing, and is not read as one."""
    formula = formula_of(answer)
    if not contingent(formula):
        raise NotRead("it is true or false of itself")
    return Claim((formula,), "entailed")


def formula_of(text: str) -> Formula:
    """¬ binds closest, then ∧, ∨, → (to the right) and ↔. Raises NotRead."""
    signs, at = [], 0
    while at < len(text):
        found = _SIGN.match(text, at)
        if found is None:
            raise NotRead(text)
        signs.append(_SAME.get(found[1], found[1]))
        at = found.end()
    formula, end = _level(signs, 0, 0, 0)
    if end != len(signs):
        raise NotRead(text)
    return formula


def _level(signs: list[str], at: int, level: int, nested: int) -> tuple[Formula, int]:
    if nested > MOST_NESTED:
        raise NotRead("it is nested too deep")
    if level == len(_LOOSEST_FIRST):
        return _closest(signs, at, nested)
    sign = _LOOSEST_FIRST[level]
    formula, at = _level(signs, at, level + 1, nested)
    parts = [formula]
    while signs[at : at + 1] == [sign]:
        formula, at = _level(signs, at + 1, level + 1, nested)
        parts.append(formula)
    if len(parts) == 1:
        return parts[0], at
    if sign in "∨∧":
        return (all_of(parts) if sign == "∧" else any_of(parts)), at
    joined = parts.pop()
    while parts:
        joined = (iff if sign == "↔" else implies)(parts.pop(), joined)
    return joined, at


def _closest(signs: list[str], at: int, nested: int) -> tuple[Formula, int]:
    if at >= len(signs) or nested > MOST_NESTED:
        raise NotRead("it ends too early")
    sign = signs[at]
    if sign == "¬":
        formula, at = _closest(signs, at + 1, nested + 1)
        return negated(formula), at
    if sign == "(":
        formula, at = _level(signs, at + 1, 0, nested + 1)
        if signs[at : at + 1] != [")"]:
            raise NotRead("a bracket is not closed")
        return formula, at + 1
    if sign.isalpha():
        return atom(sign), at + 1
    raise NotRead(sign)
