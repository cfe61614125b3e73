"""The skill that patterns choose for a prompt: RE2, so the time is linear in the prompt."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

MOST_PATTERN_CHARS = 500
META = re.compile(r"[\\\[\](){}|*+^$]")
WORD = re.compile(r"[A-Za-z0-9_]")  # what RE2's \b takes for part of a word

OPTIONS = re2.Options()
OPTIONS.case_sensitive = False
OPTIONS.log_errors = False  # they are raised, too


@dataclass(frozen=True)
class Patterned:
    """A skill with its patterns."""

    skill: str
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class PatternMatch:
    """The skill that was chosen, with the pattern that did it and what it found."""

    skill: str
    pattern: str
    found: str

    def as_json(self) -> dict[str, str]:
        return {"skill": self.skill, "pattern": self.pattern, "found": self.found[:200]}


def is_phrase(trigger: str) -> bool:
    """Whether it is plain words: no sign of RE2 is in it but `.` and `?`, which end sentences."""
    return not META.search(trigger)


def pattern_of(phrase: str) -> str:
    """What finds its words, as whole words, with any blanks between them."""
    words = r"\s+".join(re2.escape(word) for word in phrase.split())
    before = r"\b" if WORD.match(phrase[:1]) else ""
    after = r"\b" if WORD.match(phrase[-1:]) else ""
    return f"{before}{words}{after}"


def require_pattern(pattern: str) -> None:
    """Raises ValueError, with the reason, for what is no pattern that can choose."""
    if len(pattern) > MOST_PATTERN_CHARS:
        raise ValueError(f"a pattern has more than {MOST_PATTERN_CHARS} characters")
    try:
        compiled = _compiled(pattern)
    except re2.error as error:
        said = error.args[0].decode(errors="replace")
        raise ValueError(f"{pattern!r} is no RE2 pattern: {said}") from error
    if compiled.search(""):
        raise ValueError(f"{pattern!r} is found in every prompt")


def regex_choice(prompt: str, skills: Iterable[Patterned]) -> PatternMatch | None:
    """The skill whose pattern finds the longest text: that says most of what is meant.

    Of equally long ones, the first skill by name; None where no pattern finds anything.
    """
    best: PatternMatch | None = None
    for skill in sorted(skills, key=lambda one: one.skill):
        for pattern in skill.patterns:
            match = _compiled(pattern).search(prompt)
            if match and len(match.group()) > (len(best.found) if best else 0):
                best = PatternMatch(skill.skill, pattern, match.group())
    return best


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern, OPTIONS)
