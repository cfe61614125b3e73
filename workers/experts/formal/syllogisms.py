"""Syllogisms: all, no, some and not all; persons who are something. What follows?

Two readings must agree: that of today, in which "all unicorns are white" holds without unicorns,
and the old one, in which each kind that is named has members.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from workers.experts.formal.formulas import Formula, all_of, any_of, atom, implies, negated
from workers.experts.formal.problem import NotRead, Problem, claims_of
from workers.experts.formal.words import sentences, singular, too_alike

MOST_TERMS = 6
MOST_SENTENCES = 12

_FUNCTION = (
    r"(?!(?:that|who|which|and|or|if|not|but|only|all|some|no|than|more|either|both|as|in|of|to|with"
    r"|taller|shorter|older|younger)\b)"
)
_TERM = rf"{_FUNCTION}[a-z][a-z-]*(?: {_FUNCTION}[a-z][a-z-]*){{0,2}}?"
_A = r"(?:an? )?"
_FORMS = (
    ("all", re.compile(rf"(?:all|every|each|any) ({_TERM}) (?:are|is) {_A}({_TERM})")),
    ("no", re.compile(rf"no ({_TERM}) (?:are|is) {_A}({_TERM})")),
    ("some not", re.compile(rf"(?:some|not all|not every) ({_TERM}) (?:are|is) not {_A}({_TERM})")),
    ("some", re.compile(rf"(?:some|at least one) ({_TERM}) (?:are|is) {_A}({_TERM})")),
    ("some not", re.compile(rf"not (?:all|every) ({_TERM}) (?:are|is) {_A}({_TERM})")),
)
_MEMBER = re.compile(rf"([A-Z][a-z]+) is (not )?{_A}({_TERM})")
_FOLLOWS = re.compile(
    r"(?:therefore,? )?(?:does it (?:logically |necessarily )?follow"
    r"|can (?:we|it be|you) (?:logically )?conclude[d]?|is it"
    r" (?:logically )?valid to conclude|does this (?:imply|mean))(?: that)?:? (.+)\?",
    re.IGNORECASE,
)
_TRUE = re.compile(
    r"is it (?:necessarily |certainly )?(?:true|the case)(?: that)?:? (.+)\?", re.IGNORECASE
)
_IS = re.compile(rf"Is ([A-Z][a-z]+) {_A}({_TERM})\?")
_ARE = re.compile(rf"are (all|some|no) ({_TERM}) ({_TERM})\?", re.IGNORECASE)


@dataclass(frozen=True)
class _Statement:
    form: str  # all, no, some, some not, is, is not
    subject: str
    predicate: str


def read(prompt: str) -> Problem | None:
    """None where a sentence is of another form."""
    *given, question = sentences(prompt) or [""]
    try:
        if not 1 <= len(given) <= MOST_SENTENCES:
            raise NotRead("too few or too many sentences")
        premises = [_statement(sentence) for sentence in given]
        return _problem(premises, question)
    except NotRead:
        return None


def _statement(sentence: str) -> _Statement:
    said = sentence.strip().rstrip(".?!;,").strip("\"'“”")
    low = said[:1].lower() + said[1:]
    for form, pattern in _FORMS:
        found = pattern.fullmatch(low.lower())
        if found:
            return _Statement(form, singular(found[1]), singular(found[2]))
    member = _MEMBER.fullmatch(said)
    if member and member[1].lower() not in ("it", "this", "that", "he", "she", "there"):
        return _Statement("is not" if member[2] else "is", member[1], singular(member[3]))
    raise NotRead(sentence)


def _question(question: str) -> tuple[_Statement, bool]:
    """What is asked, and whether it is asked if it follows (else: if it is true)."""
    found = _FOLLOWS.fullmatch(question)
    if found:
        return _statement(found[1]), True
    found = _TRUE.fullmatch(question)
    if found:
        return _statement(found[1]), False
    found = _IS.fullmatch(question)
    if found:
        return _Statement("is", found[1], singular(found[2])), False
    found = _ARE.fullmatch(question)
    if found:
        return _Statement(found[1].lower(), singular(found[2]), singular(found[3])), False
    raise NotRead(question)


def _problem(premises: Sequence[_Statement], question: str) -> Problem:
    asked, follows = _question(question)
    terms, names = _terms(premises), {s.subject for s in premises if s.form.startswith("is")}
    if not _terms([asked]) <= terms or (asked.form.startswith("is") and asked.subject not in names):
        raise NotRead("the question is about something else")
    if len(terms) > MOST_TERMS or too_alike(terms):
        raise NotRead("its terms cannot be told apart")
    world = _World(sorted(terms))
    modern = [
        *(world.formula(statement) for statement in premises),
        *(formula for name in sorted(names) for formula in world.member_exists(name)),
    ]
    old = [*modern, *(world.exists({term: True}) for term in world.terms)]
    claimed = world.formula(asked)

    # What a sentence leaves open, the world may settle: kittens are cats.
    return Problem(
        "syllogism",
        (tuple(modern), tuple(old)),
        claims_of(claimed, question, follows=follows),
        open_decides=follows,
    )


def _terms(statements: Sequence[_Statement]) -> set[str]:
    subjects = {s.subject for s in statements if not s.form.startswith("is")}
    return subjects | {s.predicate for s in statements}


class _World:
    """Each combination of terms is a kind of thing; an atom says whether there are such things."""

    def __init__(self, terms: Sequence[str]) -> None:
        self.terms = list(terms)
        rows = product((False, True), repeat=len(self.terms))
        self._kinds = [dict(zip(self.terms, row, strict=True)) for row in rows]

    def exists(self, of: dict[str, bool]) -> Formula:
        return any_of(
            atom(f"kind {n}")
            for n, kind in enumerate(self._kinds)
            if all(kind[term] is value for term, value in of.items())
        )

    def member_exists(self, name: str) -> list[Formula]:
        return [
            implies(
                all_of(
                    self._member(name, term) if value else negated(self._member(name, term))
                    for term, value in kind.items()
                ),
                atom(f"kind {n}"),
            )
            for n, kind in enumerate(self._kinds)
        ]

    def formula(self, said: _Statement) -> Formula:
        if said.form == "is":
            return self._member(said.subject, said.predicate)
        if said.form == "is not":
            return negated(self._member(said.subject, said.predicate))
        if said.subject == said.predicate:
            raise NotRead("a term is said of itself")
        both = {said.subject: True, said.predicate: True}
        but = {said.subject: True, said.predicate: False}
        if said.form in ("all", "no"):
            return negated(self.exists(but if said.form == "all" else both))
        return self.exists(both if said.form == "some" else but)

    def _member(self, name: str, term: str) -> Formula:
        return atom(f"{name} is {term}")
