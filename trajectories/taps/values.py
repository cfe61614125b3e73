"""What the four taps say (row KR1), as values without secrets and within bounds."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from trajectories.taps.bounds import CUT, bounded, bounded_text
from trajectories.taps.redaction import redacted, redacted_value
from trajectories.taps.secret_rules import MARK
from trajectories.taps.storable import storable, storable_text

PROMPT_CHARS = 20_000
OUTPUT_CHARS = 20_000
EVENT_TEXT_CHARS = 4_000
EVENT_CHARS = 16_000
READ = 4  # times as much is read for secrets as may be kept
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
    redacted: int = 0


def clean_text(text: str, most: int) -> tuple[str, int, int]:
    """Without secrets, within bounds; with how many secrets and characters are gone.

    In this order: half a secret would not be known for one. Of a very long text only the beginning
    is read, up to a blank. What the hook has taken out and cut counts, too.
    """
    read = _beginning(text, READ * most)
    clean, _ = redacted(storable_text(read))
    kept, gone = bounded_text(clean, most)
    if len(read) < len(text):
        gone = max(gone, len(text) - most)
        kept = kept if kept.endswith(CUT) else kept + CUT
    return kept, clean.count(MARK), gone + sum(map(int, _CUT_BEFORE.findall(kept)))


def clean_payload(payload: dict[str, Any]) -> dict[str, Any]:
    """Without secrets, within bounds; `cut` and `redacted` in it say what is gone."""
    read, unread = bounded(
        storable(payload), text=READ * EVENT_TEXT_CHARS, total=READ * EVENT_CHARS
    )
    clean, _ = redacted_value(read)
    kept, cut = bounded(clean, text=EVENT_TEXT_CHARS, total=EVENT_CHARS)
    for path, gone in unread.items():
        again = 0 if path.endswith("[]") or path not in cut else len(CUT)
        cut[path] = cut.get(path, 0) + gone - again
    taken = json.dumps(clean).count(MARK)
    more: dict[str, Any] = {"cut": cut} if cut else {}
    return {**kept, **more, **({"redacted": taken} if taken else {})}


def _beginning(text: str, most: int) -> str:
    """At most so many characters, and no half of a word if its last quarter has a blank."""
    if len(text) <= most:
        return text
    last = max(text.rfind(blank, most * 3 // 4, most) for blank in " \n")
    return text[: last if last > 0 else most]
