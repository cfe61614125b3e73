"""Islands of knights, who always tell the truth, and knaves, who always lie."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workers.experts.formal.formulas import Formula, all_of, any_of, atom, iff, implies, negated
from workers.experts.formal.problem import Claim, NotRead, Problem

MOST_PEOPLE = 12
MOST_CHARS = 6_000
MOST_NESTED = 12

_RULE = re.compile(
    r"\b(?P<true>[A-Z]?[a-z]+?)s always tells? the truth,? (?:and|while|but)"
    r" (?P<false>[a-z]+?)s always"
    r" (?:lies?|tells? lies)\."
)
_BEFORE = re.compile(
    r"(?:a very special island is inhabited only by \w+ and \w+\.|on an island,?"
    r" (?:everyone|every person"
    r"|each person|all people|people) (?:is|are) either (?:a |an )?\w+ or (?:a |an )?\w+\.)?\s*",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"\s*You (?:meet|met|encounter) (?:(?:\d+|two|three|four|five) (?:inhabitants"
    r"|people|islanders): )?"
    r"(?P<names>[A-Z][a-z]+(?:(?:, and |, | and )[A-Z][a-z]+)*)\."
)
_QUESTION = re.compile(
    r"\s*(?:So,? )?(?:who|which of them) is (?:a |an |the )?(?P<one>\w+),? and who is"
    r" (?:a |an |the )?"
    r"(?P<other>\w+)\?\s*(?:\(.*\))?\s*|\s*(?:So,? )?what (?:is each person|are they"
    r"|is each of them)\?\s*",
    re.IGNORECASE | re.DOTALL,
)
_SAID = (
    r"(?:said|stated|remarked|asserted|commented|noted|declared|mentioned|claimed|replied|says|claims"
    r"|was heard saying)"
)
_NAME = r"(?P<name>[A-Z][a-z]+)"
_QUOTE = r'["“](?P<content>[^"“”]*?)[.,]?["”]'
_TOLD = "said|told you|expressed|stated|claimed|says|claims"
_STATEMENTS = tuple(
    re.compile(rf"\s*{form}\.?")
    for form in (
        rf"{_NAME} (?:{_TOLD}) that (?P<content>[^\"“”.]*)\.",
        rf"{_NAME} {_SAID}[,:]? {_QUOTE}",
        rf"According to {_NAME}, {_QUOTE}",
        rf"In {_NAME}['’]s words: {_QUOTE}",
        rf"As {_NAME} put it, {_QUOTE}",
        rf"In a statement by {_NAME}: {_QUOTE}",
        rf"{_QUOTE},? {_NAME} {_SAID}",
        rf"{_QUOTE} [-–—] {_NAME}",
    )
)
_TOKEN = re.compile(
    r"\s*(?P<sign>[()]|(?:it is not the case that|if and only if|if|then|and|or)(?![a-z]))"
    r"|\s*(?P<who>[A-Z][a-z]*) (?:is|am)"
    r" (?P<not>not )?(?:an? )?(?P<what>[a-z]+(?: the truth)?)(?![a-z])"
)
_ANSWERED = re.compile(
    r"([A-Z][a-z]+)(?:'s)?\s*(?:is|:|=|-)\s*(?:an? |the )?(not )?(?:an? )?([A-Za-z]+)"
)
_JOINED = re.compile(r"\s*(?:[,;.]\s*(?:and\b)?|\band\b|\n)\s*")
_LISTED = re.compile(r"\s*(?:[-*•]|(?:so|therefore|thus|hence),?)\s+", re.IGNORECASE)
_BOLD = re.compile(r"[*_`]")


@dataclass(frozen=True)
class _Island:
    honest: str  # the word for those who tell the truth
    lying: str
    people: tuple[str, ...]

    def said_of(self, name: str, what: str, *, denied: bool) -> Formula:
        """Raises NotRead."""
        if name not in self.people:
            raise NotRead(f"{name} is not there")
        word = what.lower()
        if word in (self.honest, "telling the truth", "truthful", "honest"):
            formula = atom(name)
        elif word in (self.lying, "lying"):
            formula = negated(atom(name))
        else:
            raise NotRead(what)
        return negated(formula) if denied else formula


def read(prompt: str) -> Problem | None:
    """None where a sentence is of another form."""
    if len(prompt) > MOST_CHARS:
        return None
    try:
        return _problem(prompt.strip())
    except NotRead:
        return None


def _problem(prompt: str) -> Problem:
    rule = _RULE.search(prompt)
    if rule is None or not _BEFORE.fullmatch(prompt[: rule.start()]):
        raise NotRead("no such island")
    people = _PEOPLE.match(prompt, rule.end())
    if people is None:
        raise NotRead("nobody is met")
    names = tuple(re.split(r", and |, | and ", people["names"]))
    if len(set(names)) != len(names) or len(names) > MOST_PEOPLE:
        raise NotRead("its people cannot be told apart")
    island = _Island(rule["true"].lower(), rule["false"].lower(), names)
    premises, at = [], people.end()
    while not (asked := _QUESTION.fullmatch(prompt, at)):
        said = next(filter(None, (form.match(prompt, at) for form in _STATEMENTS)), None)
        if said is None or said["name"] not in names:
            raise NotRead(prompt[at : at + 80])
        premises.append(iff(atom(said["name"]), _content(said["content"], said["name"], island)))
        at = said.end()
    kinds = {asked["one"], asked["other"]} - {None}
    if kinds and {kind.lower() for kind in kinds} != {island.honest, island.lying}:
        raise NotRead("the question is about other kinds")
    return Problem("knights and knaves", (tuple(premises),), _claims(island))


def _claims(island: _Island) -> Callable[[str], Claim]:
    def claim_of(answer: str) -> Claim:
        """Everybody must be named, once, and nothing else be said."""
        found = {}
        for piece in filter(None, _JOINED.split(_BOLD.sub("", answer.strip()))):
            lead = _LISTED.match(piece)
            said = _ANSWERED.fullmatch(piece[lead.end() :] if lead else piece)
            if said is None:
                raise NotRead(answer)
            name, no, what = said.groups()
            if name in found:
                raise NotRead(answer)
            found[name] = island.said_of(name, what, denied=bool(no))
        if set(found) != set(island.people):
            raise NotRead(answer)
        return Claim((all_of(found.values()),), "entailed")

    return claim_of


def _content(text: str, speaker: str, island: _Island) -> Formula:
    """What a statement says. Raises NotRead."""
    tokens: list[str | Formula] = []
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise NotRead(text[at:])
        at = found.end()
        if found["sign"]:
            tokens.append(found["sign"])
        else:
            who = speaker if found["who"] == "I" else found["who"]
            tokens.append(island.said_of(who, found["what"], denied=bool(found["not"])))
    formula, end = _whole(tokens, 0, 0)
    if end != len(tokens):
        raise NotRead(text)
    return formula


def _whole(tokens: Sequence[str | Formula], at: int, nested: int) -> tuple[Formula, int]:
    """One kind of joint at each level: "A and B or C" says two things."""
    if nested > MOST_NESTED:
        raise NotRead("it is nested too deep")
    if tokens[at : at + 1] == ["if"]:
        first, at = _whole(tokens, at + 1, nested + 1)
        if tokens[at : at + 1] != ["then"]:
            raise NotRead("if without then")
        second, at = _part(tokens, at + 1, nested + 1)
        return implies(first, second), at
    parts, joints = [], set()
    while True:
        part, at = _part(tokens, at, nested)
        parts.append(part)
        if at >= len(tokens) or tokens[at] not in ("and", "or", "if and only if"):
            break
        joints.add(tokens[at])
        at += 1
    if not joints:
        return parts[0], at
    if len(joints) > 1:
        raise NotRead("it can be read in two ways")
    if "if and only if" in joints:
        if len(parts) > 2:
            raise NotRead("it can be read in two ways")
        return iff(*parts), at
    return (all_of(parts) if "and" in joints else any_of(parts)), at


def _part(tokens: Sequence[str | Formula], at: int, nested: int) -> tuple[Formula, int]:
    if at >= len(tokens) or nested > MOST_NESTED:
        raise NotRead("it ends too early")
    token = tokens[at]
    if not isinstance(token, str):
        return token, at + 1
    if token == "it is not the case that":
        if tokens[at + 1 : at + 2] != ["("] and at + 2 < len(tokens) and tokens[at + 2] != ")":
            raise NotRead("it can be read in two ways")
        formula, at = _part(tokens, at + 1, nested + 1)
        return negated(formula), at
    if token == "(":
        formula, at = _whole(tokens, at + 1, nested + 1)
        if tokens[at : at + 1] != [")"]:
            raise NotRead("a bracket is not closed")
        return formula, at + 1
    raise NotRead(token)
