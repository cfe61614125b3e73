"""Whether each sentence of an answer rests on the evidence: its numbers, names and most words.

Words are compared, not meanings. A sentence that recombines what the evidence says of one thing
("Bonn was the capital until 1999") can pass although it is wrong.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workers.experts.said_words import (
    Bound,
    SaidWords,
    both,
    is_year,
    opposite,
    said_words,
    sentences,
)

SHARE = 0.7  # of its words that must be there
MAIN_SHARE = 0.34  # of its words that must stand in the sentence that has its numbers
MOST_CHARS = 60_000  # of each text of evidence; what follows supports nothing
MOST_ANSWER = 8_000
MOST_SENTENCES = 60  # of an answer
MOST_NEAR = 200  # places that are looked at to tell what is missing

_LABELLED = re.compile(
    r"(?:^|\n)[ \t#*]*(?:context|text|passage|evidence|document|article|source|facts"
    r"|notes)\b[^:\n]{0,30}:"
    r"\**(?P<text>.+?)(?=\n[ \t#*]*(?:question|task|instruction|answer|q)\b[^:\n]{0,20}:|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(r'"""(.+?)"""|“([^“”]{40,}+)”|"([^"\n]{40,})"|```\w*\n(.+?)```', re.DOTALL)
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

    `doubt`: why nothing is missing and it is yet not certain that the evidence says so.
    """

    sentence: str
    missing: str = ""
    doubt: str = ""


@dataclass(frozen=True)
class _Place:
    """A sentence of the evidence, and the same with what stands before it."""

    main: SaidWords
    whole: SaidWords


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
    places = _Places(place for text in dict.fromkeys(evidence) for place in _places(text))
    found = {sentence: _supported(sentence, places) for sentence in dict.fromkeys(said)}
    return [found[sentence] for sentence in said]


def declines(answer: str) -> bool:
    """Whether it says that the evidence has no answer."""
    return bool(_DECLINES.search(answer))


def _places(text: str) -> Iterator[_Place]:
    """Each sentence, alone and after the one before it, to which its "it" may point."""
    said = sentences(text[:MOST_CHARS])
    parts = {sentence: said_words(sentence) for sentence in dict.fromkeys(said)}
    for part in parts.values():
        yield _Place(part, part)
    for before, after in dict.fromkeys(pairwise(said)):
        yield _Place(parts[after], both(parts[before], parts[after]))


class _Places:
    """The places of the evidence, and which of them have a word: bits of a number."""

    def __init__(self, places: Iterable[_Place]) -> None:
        self.all = list(dict.fromkeys(places))
        having: dict[str, list[int]] = {}
        for n, place in enumerate(self.all):
            for stem in place.whole.stems:
                having.setdefault(stem, []).append(n)
        self._having = having

    def near(self, said: SaidWords) -> Iterator[_Place]:
        """Those that have its numbers, its names and enough of its words."""
        rarest = sorted(said.stems, key=lambda stem: len(self._having.get(stem, ())))
        enough = math.ceil(SHARE * len(rarest))
        some = rarest[: len(rarest) - enough + 1]  # of which such a place has one
        numbers = {n for stem in some for n in self._having.get(stem, ())}
        for place in [self.all[n] for n in sorted(numbers)] if rarest else self.all:
            if (
                len(said.stems & place.whole.stems) >= enough
                and said.names <= place.whole.stems
                and said.numbers <= place.main.numbers
            ):
                yield place

    def nearest(self, said: SaidWords) -> _Place | None:
        """One that has many of its words, for what to tell of it."""
        known = sorted(
            (len(found), stem) for stem in said.stems if (found := self._having.get(stem))
        )
        numbers = known and self._having[known[0][1]]
        among = [self.all[n] for n in numbers[:MOST_NEAR]] if numbers else self.all[:MOST_NEAR]
        return max(among, key=lambda place: _shared(said, place.whole), default=None)


def _supported(sentence: str, places: _Places) -> Support:
    said = said_words(sentence)
    if said.is_empty:
        return Support(sentence, doubt="it has nothing that can be looked up")
    doubt = ""
    for place in places.near(said):
        if _lacks(said, place):
            continue
        doubt = _doubt(said, place)
        if not doubt:
            return Support(sentence)
    if not doubt and said.unspaced:
        doubt = "its words cannot be told apart"
    if doubt:
        return Support(sentence, doubt=doubt)
    nearest = places.nearest(said)
    return Support(sentence, _lacks(said, nearest) if nearest else "there is no evidence")


def _shared(said: SaidWords, window: SaidWords) -> int:
    return len(said.stems & window.stems) + len(said.numbers & window.numbers)


def _lacks(said: SaidWords, place: _Place) -> str:
    """What a sentence says that a place of the evidence does not; empty where it has all."""
    absent = sorted(said.numbers - place.main.numbers) + sorted(said.names - place.whole.stems)
    if absent:
        return f"not in the evidence together: {', '.join(absent)[:200]}"
    if said.denies != place.main.denies:
        return "one denies what the other says"
    for turn in sorted(said.turns - place.main.turns):
        if opposite(turn, place.main.turns):
            return f"it says {turn!r}, the evidence the opposite"
    known = len(said.stems & place.whole.stems) >= SHARE * len(said.stems)
    if not known or len(said.stems & place.main.stems) < MAIN_SHARE * len(said.stems):
        return f"other words: {', '.join(sorted(said.stems - place.main.stems))[:200]}"
    return ""


def _doubt(said: SaidWords, place: _Place) -> str:
    """What may make the sentence another than that of the evidence; empty where nothing does."""
    main = place.main
    if turned := (said.turns - main.turns) or {one.kind for one in said.bounds - main.bounds}:
        return f"the evidence does not say {' or '.join(sorted(turned))!r}"
    if dropped := [one for one in main.bounds - said.bounds if _is_dropped(one, said)]:
        return f"the evidence says {dropped[0].kind!r} of {dropped[0].number}"
    if said.first and said.first not in place.whole.stems:
        return f"{said.first!r} may be a name"
    if said.unspaced - place.whole.stems:
        return "its words cannot be told apart"
    if said.is_low and said.stems - place.whole.stems:
        return "it has no capitals, so its names are not known"
    return ""


def _is_dropped(bound: Bound, said: SaidWords) -> bool:
    """Whether a sentence has the number without its bound; a year may answer "since when?" """
    if bound.number not in said.numbers:
        return False
    of_time = bound.kind in ("before", "after", "since", "until", "by")
    return not of_time or (is_year(bound.number) and not said.is_bare)
