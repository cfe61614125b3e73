"""Whether a syllogism is valid, by trying all worlds: slow, sure, and unlike the verifier."""

import itertools
from collections.abc import Sequence

Things = Sequence[dict[str, bool]]


def has_counterexample(premises: Sequence[str], conclusion: str) -> bool:
    """Whether a world of up to eight kinds of things has the premises, not the conclusion.

    Statements: "All A are B", "No A are B", "Some A are B", "Some A are not B".
    """
    parts = [_parts(text) for text in (*premises, conclusion)]
    terms = sorted({term for part in parts for term in part[1:]})
    kinds = list(itertools.product((False, True), repeat=len(terms)))
    for world in itertools.product((False, True), repeat=len(kinds)):
        there = itertools.compress(kinds, world)
        things = [dict(zip(terms, kind, strict=True)) for kind in there]
        *given, then = (_holds(part, things) for part in parts)
        if all(given) and not then:
            return True
    return False


def _parts(text: str) -> tuple[str, str, str]:
    quantifier, subject, rest = text.split(" ", 2)
    predicate = rest.removeprefix("are ")
    if predicate.startswith("not "):
        return "Some not", subject, predicate.removeprefix("not ")
    return quantifier, subject, predicate


def _holds(part: tuple[str, str, str], things: Things) -> bool:
    quantifier, subject, predicate = part
    members = [thing[predicate] for thing in things if thing[subject]]
    if quantifier == "All":
        return all(members)
    if quantifier == "No":
        return not any(members)
    return any(members) if quantifier == "Some" else not all(members)
