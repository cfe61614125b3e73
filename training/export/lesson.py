"""A conversation to learn from, and how often it is repeated (row KR8)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

SYNTHETIC = "synthetic"  # the domain of what nobody asked


@dataclass(frozen=True)
class Message:
    role: str  # system | user | assistant
    content: str


@dataclass(frozen=True)
class Lesson:
    """Messages, the last of which is what is learned, and what they were worth.

    `advantage` is None for a synthetic question and answer. `question` is the digest of what is
    asked in canonical form (`kernels.reuse.question`), empty where that is not known; `source` the
    id of the trajectory that it is from.
    """

    messages: tuple[Message, ...]
    advantage: float | None = None
    domain: str = SYNTHETIC
    question: str = ""
    source: str = ""

    @property
    def copies(self) -> int:
        return 1 if self.advantage is None else copies_of(self.advantage)


def copies_of(advantage: float) -> int:
    """Above .3 three, from .1 two, above 0 one; else none, as for what is no number."""
    if advantage > 0.3:
        return 3
    if advantage >= 0.1:
        return 2
    return 1 if advantage > 0 else 0


def messages_json(messages: Iterable[Message]) -> str:
    """The one way in which messages are written; equal messages are equal text."""
    listed = [{"role": one.role, "content": one.content} for one in messages]
    return json.dumps(listed, ensure_ascii=False)


def asked_text(messages: Iterable[Message]) -> str:
    """What the user says, by which lessons are near to each other."""
    return "\n".join(one.content for one in messages if one.role == "user")


def system_text(messages: Iterable[Message]) -> str:
    return "\n".join(one.content for one in messages if one.role == "system")
