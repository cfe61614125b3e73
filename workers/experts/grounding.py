"""Whether each sentence of an answer rests on the evidence: its numbers, names and most words.

Words are compared, not meanings. A sentence that recombines what the evidence says of one thing
("Bonn was the capital until 1999") can pass although it is wrong.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from workers.experts.numerals import MOST_DIGITS, NUMBER
from workers.experts.word_lists import words

SHARE = 0.7  # of its words that must be there
MAIN_SHARE = 0.34  # of its words that must stand in the sentence that has its numbers
MOST_CHARS = 60_000  # of each text of evidence; what follows supports nothing
MOST_ANSWER = 8_000
MOST_SENTENCES = 60  # of an answer
STEM = 5  # letters by which words are compared

_LABELLED = re.compile(
    r"(?:^|\n)[ \t#*]*(?:context|text|passage|evidence|document|article|source|facts"
    r"|notes)\b[^:\n]{0,30}:"
    r"\**(?P<text>.+?)(?=\n[ \t#*]*(?:question|task|instruction|answer|q)\b[^:\n]{0,20}:|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(r'"""(.+?)"""|“([^“”]{40,}+)”|"([^"\n]{40,})"|```\w*\n(.+?)```', re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?])[\"'”)]*\s+(?=[\"'“(]*[A-Z0-9])|\n+")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e|[A-Z])\.$")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][\w'’-]*|\b[A-Z]{2,}\b|\b[A-Z][a-z]+(?= [A-Z][a-z]+)")
_TIMES = {"thousand": 1000, "million": 10**6, "billion": 10**9}
_MINUS = words("minus negative")
_NUMBER = re.compile(
    rf"((?<![\w.,)])[-−–](?:[$€£¥]\s?)?(?=[\d.])|\b(?:{'|'.join(sorted(_MINUS))})\s+)?"
    rf"({NUMBER})(?:\s*(thousand|million|billion)\b)?",
    re.IGNORECASE,
)
_DENIAL = words("not no never none neither nor without cannot nobody nothing n't")
_STOP = words(
    "a an and are as at be been but by can could did do does for from had has have he her his"
    " how i if in into is it its more most no not of on or our she so than that the their them"
    " there these they this to too us was we were what when where which while who whom why will"
    " with would you your also according text context passage evidence document article source"
    " states says said mentions answer about because after before minus"
)
_ORDER = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)  # fmt: skip
SPELLED = {word: n for n, word in enumerate(_ORDER)}
_DECLINES = re.compile(
    r"\b(?:not (?:stated|mentioned|given|said|specified|in the)|does(?: not|n't)"
    r" (?:say|state|mention|give)"
    r"|cannot be (?:determined|answered)|no (?:evidence|information)|unknown)\b",
    re.IGNORECASE,
)


class TooLong(ValueError):
    """An answer is too long to be checked."""


@dataclass(frozen=True)
class Support:
    """What one sentence of an answer rests on; `missing` says what it does not.

    `empty`: it has no word, name or number that could be looked up.
    """

    sentence: str
    missing: str = ""
    empty: bool = False


@dataclass(frozen=True)
class _Words:
    stems: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]
    denies: bool


@dataclass(frozen=True)
class _Place:
    """A sentence of the evidence, and the same with what stands before it."""

    main: _Words
    whole: _Words


def evidence_in(prompt: str) -> tuple[str, ...]:
    """Passages in a prompt: behind "Context:" and its like, or long quotations."""
    labelled = [found["text"].strip() for found in _LABELLED.finditer(prompt)]
    if labelled:
        return tuple(labelled)
    return tuple(next(filter(None, f.groups())).strip() for f in _QUOTED.finditer(prompt))


def supported(answer: str, evidence: Sequence[str]) -> list[Support]:
    """For each sentence of the answer, whether some place of the evidence has what it says.

    Raises TooLong.
    """
    said = sentences(answer[: MOST_ANSWER + 1])
    if len(answer) > MOST_ANSWER or len(said) > MOST_SENTENCES:
        raise TooLong(f"more than {MOST_ANSWER} characters or {MOST_SENTENCES} sentences")
    places = [place for text in evidence for place in _places(text[:MOST_CHARS])]
    return [_supported(sentence, places) for sentence in said]


def declines(answer: str) -> bool:
    """Whether it says that the evidence has no answer."""
    return bool(_DECLINES.search(answer))


def sentences(text: str) -> list[str]:
    """Lines and sentences, without marks of a list."""
    found: list[str] = []
    for piece in _SENTENCE.split(text):
        bare = re.sub(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+", "", piece).strip()
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {bare}"
        elif bare:
            found.append(bare)
    return [one for one in found if re.search(r"\w", one)]


def _places(text: str) -> list[_Place]:
    """Each sentence, alone and after the one before it, to which its "it" may point."""
    parts = [_words(sentence) for sentence in sentences(text)]
    pairs = [_Place(after, _both(before, after)) for before, after in pairwise(parts)]
    return [*(_Place(part, part) for part in parts), *pairs]


def _both(one: _Words, other: _Words) -> _Words:
    return _Words(
        one.stems | other.stems,
        one.numbers | other.numbers,
        one.names | other.names,
        other.denies,
    )


def _supported(sentence: str, places: Sequence[_Place]) -> Support:
    said = _words(sentence)
    if not (said.stems or said.numbers or said.names):
        return Support(sentence, empty=True)
    nearest = sorted(places, key=lambda place: _shared(said, place.whole), reverse=True)
    lacks = [_lacks(said, place) for place in nearest]
    if "" in lacks:
        return Support(sentence)
    return Support(sentence, lacks[0] if lacks else "there is no evidence")


def _shared(said: _Words, window: _Words) -> int:
    return len(said.stems & window.stems) + len(said.numbers & window.numbers)


def _lacks(said: _Words, place: _Place) -> str:
    """What a sentence says that a place of the evidence does not; empty where it has all."""
    absent = sorted(said.numbers - place.main.numbers) + sorted(
        name for name in said.names if name[:STEM] not in place.whole.stems
    )
    if absent:
        return f"not in the evidence together: {', '.join(absent)[:200]}"
    if said.denies != place.main.denies:
        return "one denies what the other says"
    known = len(said.stems & place.whole.stems) >= SHARE * len(said.stems)
    if not known or len(said.stems & place.main.stems) < MAIN_SHARE * len(said.stems):
        return f"other words: {', '.join(sorted(said.stems - place.main.stems))[:200]}"
    return ""


def _words(text: str) -> _Words:
    lows = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    numbers = {_plain(*found) for found in _NUMBER.findall(text)}
    numbers |= {
        f"{'-' if before in _MINUS and SPELLED[word] else ''}{SPELLED[word]}"
        for before, word in pairwise(["", *lows])
        if word in SPELLED
    }
    kept = [word for word in lows if word not in _STOP and word not in SPELLED]
    names = {n.lower() for n in _NAME.findall(text)} - _STOP - set(SPELLED)
    return _Words(
        frozenset(word.removesuffix("'s")[:STEM] for word in kept),
        frozenset(numbers),
        frozenset(name for name in names if not name[0].isdigit()),
        any(word in _DENIAL or word.endswith("n't") for word in lows),
    )


def _plain(sign: str, number: str, times: str) -> str:
    """By value; one of very many digits by these."""
    digits = number.replace(",", "")
    if len(digits) > MOST_DIGITS:
        return f"{sign and '-'}{digits} {times.lower()}".strip()
    value = Fraction(digits) * _TIMES.get(times.lower(), 1)
    return str(-value if sign else value)
