"""Ways of asking that mean the same, brought to one: "what is the height of" and "how tall is".

The list is `words/ways.txt`: a regular expression and what stands for it, tried in order. Each is
tried only on a text with one of the words that it must begin with.
"""

import re
from collections.abc import Callable

from kernels.reuse import lexicon
from kernels.reuse.forms import spelled

_MEASURES = {
    "tall": "height",
    "high": "height",
    "long": "length",
    "wide": "width",
    "deep": "depth",
    "heavy": "weight",
    "old": "age",
    "fast": "speed",
    "large": "size",
    "big": "size",
    "thick": "thickness",
    "expensive": "price",
}
_NUMBERS = "|".join((*lexicon.NUMBER_WORDS, *lexicon.TENS))
_NUMBER = rf"(?=[$€£]?\d|(?:{_NUMBERS})\b)"
_PARTS = {
    "one": r"(?:i|you|we|one|someone|somebody|a person)",
    "number": _NUMBER,
    "amount": rf"(?P<amount>{_NUMBER}[^?!;]+?)",
    "unit": r"(?P<unit>[a-z°]+(?: [a-z]+)?)",
    "code": r"(python|java|javascript|typescript|sql|bash|ruby|rust|go|php|c|perl|r)",
    "light": r"(?:write|give|provide|make|produce|do|create|prepare|perform|conduct|need|get"
    r"|generate)",
    "nouns": "|".join(sorted(lexicon.NOMINAL, key=len, reverse=True)),
    "measures": "|".join(_MEASURES),
}
_TO_UNIT = frozenset(name for names in lexicon.UNITS for name in names if len(name) > 1)
_FRACTIONS = {"third": 3, "quarter": 4, "fifth": 5}
_Other = str | Callable[[re.Match[str]], str]


def one_way(text: str) -> str:
    """The text with each way of asking replaced by the one that stands for it."""
    words = words_of(text)
    for first, pattern, other in WAYS:
        if first is None or not first.isdisjoint(words):
            changed = pattern.sub(other, text)
            if changed != text:
                text, words = changed, words_of(changed)
    return text


def words_of(text: str) -> set[str]:
    """The words of a text, each once."""
    return set(re.findall(r"[a-z]+", text))


def _conversion(match: re.Match[str]) -> str:
    """ "What is 5 km in miles" asks to convert."""
    if match["unit"] not in _TO_UNIT:
        return match.group()
    return f"convert {match['amount'].strip()} to {match['unit']}"


def _fraction(match: re.Match[str]) -> str:
    count = {"a": 1, "one": 1, "two": 2, "three": 3}[match.group(1)]
    return f"{count}/{_FRACTIONS[match.group(2)]} of"


def _light(match: re.Match[str]) -> str:
    """ "Give a short summary of" is "summarize short"."""
    verb = lexicon.NOMINAL[spelled(match["noun"])]
    asked_for = " for" if match.group().endswith(" for") and verb not in _FOR else ""
    return f"{verb} {(match['how'] or '').strip()}".rstrip() + asked_for


_FOR = ("recommend", "suggest")


def _measure(match: re.Match[str]) -> str:
    return f"what {match.group(2)} the {_MEASURES[match.group(1)]} of "


def _times(match: re.Match[str]) -> str:
    return " * ".join(sorted(match.groups()))


def _plus(match: re.Match[str]) -> str:
    return " + ".join(sorted(match.groups()))


_FUNCTIONS: dict[str, _Other] = {
    "@conversion": _conversion,
    "@fraction": _fraction,
    "@light": _light,
    "@measure": _measure,
    "@times": _times,
    "@plus": _plus,
}


def _compiled() -> list[tuple[frozenset[str] | None, re.Pattern[str], _Other]]:
    found = []
    for line in lexicon.lines("ways"):
        pattern, other = line.split(" => ")
        for part, meaning in _PARTS.items():
            pattern = pattern.replace(f"{{{part}}}", meaning)
        found.append((first_words(pattern), re.compile(pattern), _FUNCTIONS.get(other, other)))
    return found


_START = re.compile(r"(?:\(\?:\^\|\(\?<=\[[^\]]+\] \)\))?(?:\\b|\^)?")
_WORD = re.compile(r"([a-z]+)(?= |\\b|$)(?! ?\?)")


def first_words(pattern: str) -> frozenset[str] | None:
    """Words of which one begins whatever the pattern matches; None if that is not plain to see."""
    start = _START.match(pattern)
    rest = pattern[start.end() :] if start else pattern
    group = re.match(r"\((?:\?:)?([a-z |]+)\)(?!\?)", rest)
    options = group.group(1).split("|") if group else [rest]
    words = [_WORD.match(option) for option in options]
    return frozenset(word.group(1) for word in words if word) if all(words) else None


WAYS = _compiled()
