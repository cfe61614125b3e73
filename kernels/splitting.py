"""Reads a prompt as two requests: joined ones, each with its own text, or two about the same.

English. About the same only where the material stands apart from what is asked: behind a colon or
on lines of its own. There "X, then Y" is not read: what Y would be about is not there yet.
"""

import re
from dataclasses import dataclass

from kernels.joined_requests import REQUESTING, joined_requests

MAX_SPLITS = 4
_WHOLE = re.compile(r"(?P<asked>[^:\n]{1,500})(?P<material>[:\n].*)", re.DOTALL)
_JOINT = re.compile(rf",? and also |,? and |[.;] (?={REQUESTING}\b)", re.IGNORECASE)
_THEN = re.compile(r"\bthen\b", re.IGNORECASE)
_ABOUT = re.compile(r" (?:of|from|in|for) (?:this|the|that|these|those) [\w-]+$")


@dataclass(frozen=True)
class Split:
    """Two prompts that ask, together, for what one asked for."""

    first: str
    second: str


def splits(prompt: str) -> list[Split]:
    """The ways to read a prompt as two, at most `MAX_SPLITS`; mostly none."""
    joined = [Split(*pair) for pair in joined_requests(prompt)]
    return (joined or _about_the_same(prompt))[:MAX_SPLITS]


def _about_the_same(prompt: str) -> list[Split]:
    """Two requests about what follows them.

    Where one part says what it is about ("of this text"), the other is taken to be about the same.
    Where the second has no verb ("extract the names and the dates"), it may have the first's.
    """
    whole = _WHOLE.fullmatch(prompt.strip())
    if whole is None or _THEN.search(whole["asked"]):
        return []
    asked, material = whole["asked"], whole["material"]
    found = []
    for joint in _JOINT.finditer(asked):
        first, second = asked[: joint.start()].strip(), asked[joint.end() :].strip()
        if not first or not second:
            continue
        about_first, about_second = _ABOUT.search(first), _ABOUT.search(second)
        if about_first and not about_second:
            second += about_first[0]
        elif about_second and not about_first:
            first += about_second[0]
        for text in (second, f"{first.split()[0]} {second}"):
            found.append(Split(f"{first}{material}", f"{text[0].upper()}{text[1:]}{material}"))
    return found
