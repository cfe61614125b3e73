"""What the four taps say (row KR1), as values without secrets and within bounds."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from trajectories.taps.bounds import bounded, bounded_text
from trajectories.taps.redaction import redacted, redacted_value
from trajectories.taps.storable import storable, storable_text

PROMPT_CHARS = 20_000
OUTPUT_CHARS = 20_000
EVENT_TEXT_CHARS = 4_000
EVENT_CHARS = 16_000
_CUT_BEFORE = re.compile(r"\[cut: (\d{1,9}) characters\]")  # as the hook says it


@dataclass(frozen=True)
class Opening:
    """A prompt to an agent. `cut`: characters cut off, by field; `redacted`: secrets taken out."""

    id: UUID
    session: str
    prompt: str
    at: datetime
    cwd: str = ""
    skill: str = ""
    agent: str = ""
    source: str = "rest"
    redacted: int = 0
    cut: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Observed:
    """An event. `key` names it: what is sent twice is kept once."""

    kind: str
    payload: dict[str, Any]
    at: datetime
    key: UUID | None = None
    duration_ms: float | None = None


@dataclass(frozen=True)
class Closing:
    """The end of what followed a prompt; what is None is not known."""

    at: datetime
    output: str = ""
    ok: bool | None = None
    build_succeeded: bool | None = None
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut: dict[str, int] = field(default_factory=dict)


def clean_text(text: str, most: int) -> tuple[str, int, int]:
    """Without secrets, within bounds; with how many secrets and characters are gone.

    In this order: half a secret would not be known for one. What the hook has cut counts, too.
    """
    clean, taken = redacted(storable_text(text))
    kept, gone = bounded_text(clean, most)
    return kept, taken, gone + sum(map(int, _CUT_BEFORE.findall(kept)))


def clean_payload(payload: dict[str, Any]) -> dict[str, Any]:
    """Without secrets, within bounds; `cut` and `redacted` in it say what is gone."""
    clean, taken = redacted_value(storable(payload))
    kept, cut = bounded(clean, text=EVENT_TEXT_CHARS, total=EVENT_CHARS)
    more: dict[str, Any] = {"cut": cut} if cut else {}
    return {**kept, **more, **({"redacted": taken} if taken else {})}
