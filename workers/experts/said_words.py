"""What a sentence says, as words, numbers, names and bounds, so that it can be held to another.

Words are cut to their first letters. Stop words and words that deny or bound are English; of the
commonest other languages, those that deny alone.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from workers.experts.numerals import MOST_DIGITS, NUMBER
from workers.experts.word_lists import words

STEM = 5  # letters by which words are compared
REACH = 3  # words behind "more than" in which its number stands
YEARS = range(1000, 2101)

_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u0670\u0900-\u0963\u0966-\u0dff"
_WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{_MARKS}'’-])*")
_UNSPACED = re.compile(  # letters of scripts that put no blanks between words, or bind small words
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
_SENTENCE = re.compile(r"(?<=[.!?])[\"'”)]*\s+(?=[\"'“(]*([^\W_]))|\n+|(?<=[。！？])")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e|[A-Z])\.$")
_TIMES = {"thousand": 1000, "million": 10**6, "billion": 10**9}
_MINUS = words("minus negative")
_NUMBER = re.compile(
    rf"((?<![\w.,)])[-−–](?:[$€£¥]\s?)?(?=[\d.])|\b(?:{'|'.join(sorted(_MINUS))})\s+)?"
    rf"({NUMBER})(?:\s*(thousand|million|billion)\b)?",
    re.IGNORECASE,
)
_DENIAL = words(
    "not no never none neither nor without cannot nobody nothing false untrue n't nicht kein keine"
    " keinen keiner nie niemals pas jamais aucun aucune nunca ningún ninguna não niet geen nooit не"
    " нет никогда inte ikke aldrig"
)
_STOP = words(
    "a an and are as at be been but by can could did do does for from had has have he her his"
    " how i if in into is it its more most no not of on or our she so than that the their them"
    " there these they this to too us was we were what when where which while who whom why will"
    " with would you your also according text context passage evidence document article source"
    " states says said mentions answer about because after before minus less least"
)
_ORDER = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)  # fmt: skip
SPELLED = {word: n for n, word in enumerate(_ORDER)}
_UP, _DOWN = ("more", "at least"), ("less", "at most", "nearly")
_LATER, _EARLIER = ("after", "since"), ("before", "until", "by")
_OPPOSITES = {
    kind: other
    for one, other in ((_UP, _DOWN), (_DOWN, _UP), (_LATER, _EARLIER), (_EARLIER, _LATER))
    for kind in one
}
_TURNS = (  # kind, words; those in the second list turn nothing but a number
    ("at most", r"no more than|not more than|at most", r"up to|a maximum of"),
    ("at least", r"no less than|not less than|no fewer than|at least", r"a minimum of"),
    ("more", r"more|most", r"over|above|exceed(?:s|ed|ing)?|greater than|beyond|upwards of"),
    ("less", r"less|least|fewer|fewest", r"under|below"),
    ("nearly", r"nearly|almost", r"close to"),
    ("before", r"before|prior to", r"earlier than"),
    ("until", r"until|till", r"up until"),
    ("by", r"by the time", r"by"),
    ("after", r"after", r"later than|following"),
    ("since", r"since", r"ever since"),
)
_TURN = re.compile(
    "|".join(
        rf"(?P<a{n}>\b(?:{always})\b)|(?P<n{n}>\b(?:{with_number})\b)"
        for n, (_, always, with_number) in enumerate(_TURNS)
    ),
    re.IGNORECASE,
)
_ENDS_REACH = words("in on at to and or but than of with for from") - {"than", "of"}


@dataclass(frozen=True)
class Bound:
    """A number, and the word that says it is not that number itself."""

    kind: str
    number: str


@dataclass(frozen=True)
class SaidWords:
    """`turns`: kinds of words such as "before" and "more"; `first`: of a sentence, if it has a
    capital that may be a name's; `is_low`: it has no capital at all."""

    stems: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]
    denies: bool
    turns: frozenset[str] = frozenset()
    bounds: frozenset[Bound] = frozenset()
    first: str = ""
    is_low: bool = False
    is_bare: bool = False  # it begins with a number
    unspaced: frozenset[str] = frozenset()  # stems of a script without blanks

    @property
    def is_empty(self) -> bool:
        return not (self.stems or self.numbers or self.names)


def both(one: SaidWords, other: SaidWords) -> SaidWords:
    """The words of two sentences; what the second denies."""
    return SaidWords(
        one.stems | other.stems,
        one.numbers | other.numbers,
        one.names | other.names,
        other.denies,
    )


def opposite(turn: str, turns: frozenset[str]) -> bool:
    """Whether one of these says the contrary, as "after" does of "before"."""
    return bool(turns & set(_OPPOSITES[turn]))


def sentences(text: str) -> list[str]:
    """Lines and sentences, without marks of a list."""
    found: list[str] = []
    for piece in _pieces(text):
        bare = re.sub(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+", "", piece).strip()
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {bare}"
        elif bare:
            found.append(bare)
    return [one for one in found if re.search(r"\w", one)]


def _pieces(text: str) -> Iterator[str]:
    start = 0
    for gap in _SENTENCE.finditer(text):
        if not (gap[1] or "").islower():
            yield text[start : gap.start()]
            start = gap.end()
    yield text[start:]


def said_words(sentence: str) -> SaidWords:
    """The words of one sentence, in any script and case."""
    text = unicodedata.normalize("NFC", sentence)
    found = list(_WORD.finditer(text))
    lows = [_low(word[0]) for word in found]
    tokens = [(n.start(), _plain(n[1] or "", n[2], n[3] or "")) for n in _NUMBER.finditer(text)]
    numbers = {number for _, number in tokens}
    for before, low, word in zip(["", *lows], lows, found, strict=False):
        if low in SPELLED:
            number = f"{'-' if before in _MINUS and SPELLED[low] else ''}{SPELLED[low]}"
            numbers.add(number)
            tokens.append((word.start(), number))
    counted = {low for low in lows if low not in _STOP and low not in SPELLED}
    capitals = [*_capitals(text, found)]
    names = {_low(name) for name, certain in capitals if certain} & counted
    first = {_low(name) for name, certain in capitals if not certain} & counted
    bounds, turns = _bounds(text, sorted([*tokens, *_words_beside(found, lows)]))
    return SaidWords(
        frozenset(stem(word) for word in counted),
        frozenset(numbers),
        frozenset(stem(name) for name in names),
        any(low in _DENIAL or low.endswith("n't") for low in lows),
        turns,
        bounds,
        stem(next(iter(first), "")),
        not any(char.isupper() for char in text),
        bool(tokens) and min(tokens)[0] <= (found[0].start() if found else len(text)),
        frozenset(word for word in counted if _UNSPACED.search(word)),
    )


def stem(word: str) -> str:
    """What words are compared by: of a script without blanks the whole, which is no one word."""
    return word if _UNSPACED.search(word) else word.removesuffix("'s")[:STEM]


def _low(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().replace("’", "'")


def _words_beside(found: list[re.Match[str]], lows: list[str]) -> list[tuple[int, str]]:
    """Words that are no number, as tokens; those that end a reach are marked."""
    return [
        (word.start(), "|" if low in _ENDS_REACH else "")
        for word, low in zip(found, lows, strict=True)
        if low not in SPELLED and low not in _TIMES
    ]


def _bounds(text: str, tokens: list[tuple[int, str]]) -> tuple[frozenset[Bound], frozenset[str]]:
    """The numbers that a word bounds, and the kinds of such words."""
    bounds: set[Bound] = set()
    turns: set[str] = set()
    for found in _TURN.finditer(text):
        group = str(found.lastgroup)
        kind = _TURNS[int(group[1:])][0]
        behind = [number for at, number in tokens if at >= found.end()][:REACH]
        if "|" in behind:
            behind = behind[: behind.index("|")]
        numbers = [number for number in behind if number and (kind != "by" or is_year(number))]
        bounds |= {Bound(kind, number) for number in numbers}
        if group[0] == "a" or numbers:
            turns.add(kind)
    return frozenset(bounds), frozenset(turns)


def is_year(number: str) -> bool:
    """Whether a number may be a year."""
    return number.isdecimal() and len(number) == 4 and int(number) in YEARS


def _capitals(text: str, found: list[re.Match[str]]) -> Iterator[tuple[str, bool]]:
    """Words with a capital, and whether it is more than that of a sentence's first word."""
    for word, after in pairwise([*found, None]):
        assert word is not None
        said = word[0]
        if not said[0].isupper():
            continue
        begins = not text[: word.start()].strip("\"'“‘(¿¡*_ ") or text[
            max(0, word.start() - 2) : word.start()
        ] in (". ", "! ", "? ")
        named = after is not None and after[0][0].isupper() and after[0][1:2].islower()
        joined = named and after is not None and text[word.end() : after.start()] == " "
        yield said, not begins or (len(said) > 1 and said.isupper()) or joined


def _plain(sign: str, number: str, times: str) -> str:
    """By value; one of very many digits by these."""
    digits = number.replace(",", "")
    if len(digits) > MOST_DIGITS:
        return f"{sign and '-'}{digits} {times.lower()}".strip()
    value = Fraction(digits) * _TIMES.get(times.lower(), 1)
    return str(-value if sign else value)
