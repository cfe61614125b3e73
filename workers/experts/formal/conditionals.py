"""If, then, only if, either or, not: conclusions in English. A clause is one thing, true or false.

Two clauses that share a word may depend on each other ("the ground is wet", "the ground is dry"):
then only what follows is decided, not what does not.
"""

import re
from collections.abc import Iterator
from itertools import combinations, product

from workers.experts.formal.formulas import Formula, all_of, any_of, atom, implies, negated
from workers.experts.formal.problem import NotRead, Problem, claims_of
from workers.experts.formal.words import ALIKE, sentences

MOST_SENTENCES = 10
MOST_EITHER = 3

_IF = re.compile(r"if (?P<first>[^,]+?)(?:, then |, | then )(?P<then>[^,]+)", re.IGNORECASE)
_ONLY_IF = re.compile(r"(?P<first>[^,]+?) only if (?P<then>[^,]+)", re.IGNORECASE)
_EITHER = re.compile(r"either (?P<first>[^,]+?),? or (?P<then>[^,]+)", re.IGNORECASE)
_FOLLOWS = re.compile(
    r"(?:therefore,? )?(?:does it (?:logically |necessarily )?follow|can (?:we|it be) conclude[d]?)"
    r"(?: that)? (?P<asked>.+)\?",
    re.IGNORECASE,
)
_TRUE = re.compile(r"is it (?:true|the case) that (?P<asked>.+)\?", re.IGNORECASE)
_NEGATIONS = (
    (re.compile(r"^it is not (?:the case|true) that "), ""),
    (re.compile(r"\b(is|are|was|were|will|can|has|have)(?: not|n't)\b"), r"\1"),
    (re.compile(r"\b(?:does|do)(?: not|n't)\b "), ""),
)
_JOINTS = re.compile(
    r"\b(?:and|or|if|unless|but|because|not|never|no|nobody|nothing|all|every|some|n't|either|neither)\b"
)
_SMALL = frozenset(
    ["the", "a", "an", "it", "is", "are", "was", "were", "will", "be", "has", "have", "to"]
)


def read(prompt: str) -> Problem | None:
    """None where a sentence is of another form, or none has a joint of its own."""
    *given, question = sentences(prompt) or [""]
    try:
        if not 1 <= len(given) <= MOST_SENTENCES:
            raise NotRead("too few or too many sentences")
        premises = [_premise(sentence) for sentence in given]
        follows, true = _FOLLOWS.fullmatch(question), _TRUE.fullmatch(question)
        asked = follows or true
        if asked is None or all(len(ways) == 1 and ways[0][0] != "implies" for ways in premises):
            raise NotRead(question)
        claimed = _clause(asked["asked"])
        readings = tuple(product(*premises))
    except NotRead:
        return None
    if len(readings) > 2**MOST_EITHER:
        return None
    clauses = set(_atoms(all_of([claimed, *readings[0]])))
    if not set(_atoms(claimed)) <= set(_atoms(all_of(readings[0]))):
        return None

    decides = follows is not None and not _may_depend(clauses)
    claim_of = claims_of(claimed, question, follows=bool(follows))
    return Problem("conditionals", readings, claim_of, open_decides=decides)


def _premise(sentence: str) -> tuple[Formula, ...]:
    """The ways to read one: either-or may allow both, or not. Raises NotRead."""
    said = sentence.strip().rstrip(".!;")
    if found := _IF.fullmatch(said) or _ONLY_IF.fullmatch(said):
        return (implies(_clause(found["first"]), _clause(found["then"])),)
    if found := _EITHER.fullmatch(said):
        first, second = _clause(found["first"]), _clause(found["then"])
        either = any_of([first, second])
        return (either, all_of([either, negated(all_of([first, second]))]))
    return (_clause(said),)


def _clause(text: str) -> Formula:
    """An atom or its negation; verbs count without their ending. Raises NotRead."""
    low = " ".join(text.lower().replace("’", "'").strip(" .,").split())
    denied = False
    for pattern, put in _NEGATIONS:
        low, times = pattern.subn(put, low, count=1)
        denied = denied != bool(times)
    if not low or _JOINTS.search(low) or not re.fullmatch(r"[a-z' -]+", low):
        raise NotRead(text)
    name = " ".join(re.sub(r"(?<=[a-z]{2})s$", "", word) for word in low.split())
    return negated(atom(name)) if denied else atom(name)


def _atoms(formula: Formula) -> Iterator[str]:
    kind, *parts = formula
    if kind == "atom":
        yield parts[0]
    else:
        for part in parts:
            yield from _atoms(part)


def _may_depend(clauses: set[str]) -> bool:
    stems = [{w[:ALIKE] for w in clause.split() if w not in _SMALL} for clause in clauses]
    return any(one & other for one, other in combinations(stems, 2))
