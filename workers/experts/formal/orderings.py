"""Who is taller, older, faster, further left: chains of comparisons in one respect."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from workers.experts.formal.formulas import Formula, all_of, any_of, less, negated
from workers.experts.formal.problem import Claim, NotRead, Problem, claims_of
from workers.experts.formal.words import sentences
from workers.experts.verdicts import verdict_said
from workers.experts.word_lists import words

MOST_THINGS = 15
MOST_UNSURE = 3  # comparisons of two readings

# respect: what says more of it, and what says less
_RESPECTS = {
    "height": ("taller longer higher", "shorter lower"),
    "age": ("older", "younger"),
    "weight": ("heavier", "lighter"),
    "speed": ("faster quicker", "slower"),
    "size": ("bigger larger", "smaller"),
    "wealth": ("richer wealthier", "poorer"),
    "strength": ("stronger", "weaker"),
    "warmth": ("hotter warmer", "colder cooler"),
    "cost": ("more-expensive costlier", "cheaper less-expensive"),
    "rank": ("before earlier-than ahead-of", "after later-than behind"),
    "place": ("left-of to-the-left-of", "right-of to-the-right-of"),
    "level": ("above", "below"),
}
_WORDS = {
    word.replace("-", " "): (respect, more)
    for respect, sides in _RESPECTS.items()
    for more, side in zip((True, False), sides, strict=True)
    for word in side.split()
}
_EXTREMES = {
    "first": ("rank", True), "last": ("rank", False), "leftmost": ("place", True),
    "rightmost": ("place", False), "most expensive": ("cost", True),
    "least expensive": ("cost", False),
    "highest": ("height", True), "lowest": ("height", False), "topmost": ("level", True),
    **{word[:-1] + "st": meant for word, meant in _WORDS.items() if word.endswith("er")},
}  # fmt: skip
_MORES = "|".join(sorted((re.escape(w) for w in _WORDS), key=len, reverse=True))
_MOSTS = "|".join(sorted((re.escape(w) for w in _EXTREMES), key=len, reverse=True))
_IN_A_ROW = frozenset(["rank", "place", "level"])  # respects in which things are next to others
_NEXT = ("immediately",)  # nothing is between
_NEXT_OR_NOT = ("directly", "just", "right")  # or: straight, only
_ADVERBS = (
    r"(?:\w+ly|never|not|almost|always|often|seldom|ever|even|also|too|just|still|once|twice)"
)
_THING = rf"(?:[A-Z][a-z]+|[Tt]he (?!\w+est\b)[a-z]+(?: (?!{_ADVERBS}\b)[a-z]+)??)"
_NO_THINGS = words(
    "nobody everyone everybody someone somebody anyone anybody none nothing everything something"
    " neither both each one all most many some few others other rest he she it they this that who"
)
_IS = r"(?:is|was|finished|arrived|came|stands|sits|runs|costs)"
_STATED = re.compile(
    rf"({_THING}) {_IS} (not )?(?:({'|'.join(_NEXT + _NEXT_OR_NOT)}) )?({_MORES})"
    rf"(?: than)?"
    rf" ({_THING})[.;,]?"
)
_WHICH = re.compile(
    rf"(?:who|which(?: of (?:them|these|the three|the four))?|which [a-z]+) {_IS}"
    rf" (?:the )?({_MOSTS})"
    r"(?: (?:of|among) (?:them|all|these|the (?:three|four|five)))?\?",
    re.IGNORECASE,
)
_WHETHER = re.compile(
    rf"(?:is|was|did) ({_THING}) (?:finish |arrive )?({_MORES})(?: than)? ({_THING})\?",
    re.IGNORECASE,
)
_FOLLOWS = re.compile(
    r"(?:does it (?:logically |necessarily )?follow|can (?:we"
    r"|it be) conclude[d]?)(?: that)?:? (.+)\?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Comparison:
    respect: str
    more: str
    fewer: str
    denied: bool
    how_near: str = ""  # the word that says so

    @property
    def formula(self) -> Formula:
        formula = less(self.fewer, self.more)
        return negated(formula) if self.denied else formula

    def readings(self, things: set[str]) -> list[Formula]:
        """Where one is next to the other, none of the things is between them."""
        if not self.how_near:
            return [self.formula]
        others = sorted(things - {self.more, self.fewer})
        between = any_of(all_of([less(self.fewer, o), less(o, self.more)]) for o in others)
        near = all_of([self.formula, negated(between)])
        return [near] if self.how_near in _NEXT else [near, self.formula]


def read(prompt: str) -> Problem | None:
    """None where a sentence is of another form, or of another respect than the others."""
    *given, question = sentences(prompt) or [""]
    try:
        compared = [_comparison(sentence) for sentence in given]
        things = {name for one in compared for name in (one.more, one.fewer)}
        respects = {one.respect for one in compared}
        if len(respects) != 1 or not 2 <= len(things) <= MOST_THINGS:
            raise NotRead("not one respect")
        if sum(one.how_near in _NEXT_OR_NOT for one in compared) > MOST_UNSURE:
            raise NotRead("too many readings")
        claim_of = _claims(question, things, respects.pop())
    except NotRead:
        return None
    return Problem("ordering", _readings(compared, things), claim_of)


def _readings(compared: Sequence[_Comparison], things: set[str]) -> tuple[tuple[Formula, ...], ...]:
    """Things that are next to each other stand in a row, one behind the other."""
    row = []
    if any(one.how_near for one in compared):
        pairs = combinations(sorted(things), 2)
        row = [any_of([less(one, other), less(other, one)]) for one, other in pairs]
    ways = dict.fromkeys(product(*(one.readings(things) for one in compared)))
    return tuple((*way, *row) for way in ways)


def _comparison(sentence: str) -> _Comparison:
    found = _STATED.fullmatch(sentence.strip())
    if found is None:
        raise NotRead(sentence)
    respect, more = _WORDS[found[4].lower()]
    first, second = _name(found[1]), _name(found[5])
    near = found[3] or ""
    if first == second or (near and (found[2] or respect not in _IN_A_ROW)):
        raise NotRead(sentence)
    high, low = (first, second) if more else (second, first)
    return _Comparison(respect, high, low, bool(found[2]), near)


def _claims(question: str, things: set[str], respect: str) -> Callable[[str], Claim]:
    which, whether = _WHICH.fullmatch(question), _WHETHER.fullmatch(question)
    follows = _FOLLOWS.fullmatch(question)
    if which:
        return _extreme(which[1].lower(), things, respect, question)
    if whether:
        found_respect, more = _WORDS[whether[2].lower()]
        first, second = _name(whether[1]), _name(whether[3])
        high, low = (first, second) if more else (second, first)
        asked = _Comparison(found_respect, high, low, False)
    elif follows:
        asked = _comparison(follows[1])
        if asked.how_near:  # something that nobody named may be between
            raise NotRead(question)
    else:
        raise NotRead(question)
    if asked.respect != respect or not {asked.more, asked.fewer} <= things:
        raise NotRead(question)
    return claims_of(asked.formula, question, follows=bool(follows))


def _extreme(word: str, things: set[str], respect: str, question: str) -> Callable[[str], Claim]:
    found_respect, most = _EXTREMES[word]
    if found_respect != respect:
        raise NotRead(word)

    def is_extreme(thing: str) -> Formula:
        others = sorted(things - {thing})
        return all_of(less(other, thing) if most else less(thing, other) for other in others)

    same = "|".join(re.escape(w) for w, meant in _EXTREMES.items() if meant == (respect, most))
    names = "|".join(re.escape(thing) for thing in sorted(things, key=len, reverse=True))
    is_it = rf"{_IS} (?:the )?(?:{same})(?: (?:one|person|of (?:them|all|them all|the three)))?"
    it_is = rf"it is|it's|the (?:{same})(?: one| person)? is"
    named = re.compile(
        rf"(?:(?:so|thus|therefore|hence),? )?(?:(?:{it_is}) )?"
        rf"(?:the )?(?P<thing>{names})(?: {is_it})?[.!]?",
        re.IGNORECASE,
    )

    def claim_of(answer: str) -> Claim:
        """It must be a name, with what was asked at most."""
        if verdict_said(answer, question) == "unknown":
            return Claim(tuple(is_extreme(thing) for thing in sorted(things)), "not entailed")
        said = named.fullmatch(" ".join(answer.split()).strip("*_\"'` "))
        if said is None:
            raise NotRead(answer)
        return Claim((is_extreme(said["thing"].lower()),), "entailed")

    return claim_of


def _name(text: str) -> str:
    """Raises NotRead."""
    name = re.sub(r"^the ", "", text.strip(), flags=re.IGNORECASE).lower()
    if name.split()[0] in _NO_THINGS:
        raise NotRead(text)
    return name
