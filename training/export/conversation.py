"""What a conversation must be, so that a model can be trained on it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from training.export.chat_template import ChatTemplate, TemplateRefuses
from training.export.lesson import Message

MAX_CHARS = 8_000  # about 2,000 tokens


@dataclass(frozen=True)
class Rules:
    """The template that must render a conversation, and how long it may become."""

    template: ChatTemplate
    max_chars: int = MAX_CHARS

    def problem_of(self, messages: Sequence[Message]) -> str:
        """Why the conversation is left out, in words that other conversations share; else empty."""
        if problem := roles_problem(messages):
            return problem
        if any(self._marks.search(one.content) for one in messages):
            return "a special token of the model inside a message"
        if sum(len(one.content) for one in messages) > self.max_chars:
            return "too long"
        try:
            text = self.template.render(messages)
        except TemplateRefuses:
            return "the chat template refuses it"
        if len(text) > self.max_chars:
            return "too long"
        return "" if says_all(text, messages) else "the chat template leaves something out"

    @cached_property
    def _marks(self) -> re.Pattern[str]:
        return any_of(self.template.special_tokens)


def any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """The longest first, so that none hides behind its own beginning."""
    longest_first = sorted(filter(None, texts), key=lambda text: (-len(text), text))
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")


def roles_problem(messages: Sequence[Message]) -> str:
    """A system message may go first; then user and assistant take turns, and the latter ends."""
    turns = [one.role for one in messages]
    if turns[:1] == ["system"]:
        turns = turns[1:]
    if not turns or len(turns) % 2 or turns != ["user", "assistant"] * (len(turns) // 2):
        return "its roles do not alternate"
    if not all(one.content.strip() for one in messages):
        return "an empty message"
    return ""


def says_all(text: str, messages: Sequence[Message]) -> bool:
    """Whether a rendered text has every message, in order; templates may trim the ends."""
    at = 0
    for one in messages:
        said = one.content.strip()
        found = text.find(said, at)
        if found < 0:
            return False
        at = found + len(said)
    return True
