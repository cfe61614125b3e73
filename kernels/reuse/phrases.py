"""In which order phrases count: "in Rome on Monday and in Oslo on Friday" is one order of four.

A phrase hangs on what stands before it, so phrases keep their order. Three moves mean the same
where no two phrases begin alike and none is joined to another: one from the front to the end ("in
Python, how do I sort by age"), "from" before "to", and the only point in time to the end.
"""

import re

from kernels.reuse import lexicon
from kernels.reuse.forms import canonical

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}|1[5-9]\d\d|20\d\d")
_DAYS = "monday tuesday wednesday thursday friday saturday sunday noon midnight"
_TIMES = frozenset(map(canonical, (*lexicon.MONTHS, *_DAYS.split())))
_IN_TIME = frozenset(("in", "on", "at", "by", "before", "after", "since", "until", "during"))
_FROM, _TO = "from", canonical("to")
# What these join may not change places with what follows.
_JOINING = frozenset(("than", "with", "without", "as", "like", "versus", "between", "except"))

Phrase = list[str]


def in_order(phrases: list[Phrase], front: list[Phrase], joined: bool) -> list[tuple[str, ...]]:
    """The phrases in the order that counts.

    `front` holds those before all other words, `joined` says that "and", "or" or "then" stands
    between phrases.
    """
    phrases = [phrase for phrase in phrases if phrase]
    before = [phrase for phrase in phrases if any(phrase is one for one in front)]
    first = [phrase[0] for phrase in phrases]
    if joined or len(set(first)) < len(first):
        marked = [("before", *phrase) for phrase in before]
        return marked + [tuple(phrase) for phrase in phrases[len(before) :]]
    found = [phrase for phrase in phrases if not any(phrase is one for one in before)] + before
    times = [phrase for phrase in found if _is_time(phrase)]
    if len(times) == 1 and _JOINING.isdisjoint(first):
        found = [phrase for phrase in found if phrase is not times[0]] + times
    for place in range(len(found) - 1):
        if (found[place][0], found[place + 1][0]) == (_TO, _FROM):
            found[place : place + 2] = found[place + 1], found[place]
    return [tuple(phrase) for phrase in found]


def _is_time(phrase: Phrase) -> bool:
    rest = phrase[1:]
    return (
        phrase[0] in _IN_TIME
        and len(rest) == 1
        and (rest[0] in _TIMES or bool(_TIME.fullmatch(rest[0])))
    )
