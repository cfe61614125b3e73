"""A family of queries: one kind of task for one worker, in several wordings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True)
class Material:
    """What one query is about. `right`: an answer that its verifier passes; empty where a judge
    has the last word."""

    slots: dict[str, str]
    right: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """`wordings` are templates of the stream, `other` those that only the test has.

    A family with no wordings of the stream is unknown until the test.
    """

    worker: str
    name: str
    draw: Callable[[Random], Material]
    wordings: tuple[str, ...] = field(repr=False)
    other: tuple[str, ...] = field(repr=False)

    @property
    def is_streamed(self) -> bool:
        return bool(self.wordings)


@dataclass(frozen=True)
class Query:
    """A prompt with the worker that is right for it, by how it was made."""

    text: str
    worker: str
    family: str
    wording: str
    right: str = ""
    evidence: tuple[str, ...] = ()


def worded(family: Family, wording: str, random: Random) -> Query:
    """One query of a family in one of its wordings."""
    material = family.draw(random)
    text = wording.format(**material.slots)
    return Query(text, family.worker, family.name, wording, material.right, material.evidence)
