"""The bodies of the four taps, and the values that they become."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from django.conf import settings
from pydantic import AwareDatetime, Field

from kwsite.api.body_model import Body, Part
from kwsite.api.errors import InvalidParameter, MissingParameter
from trajectories.models import Event
from trajectories.taps.values import (
    OUTPUT_CHARS,
    PROMPT_CHARS,
    Closing,
    Observed,
    Opening,
    clean_payload,
    clean_text,
)

MOST_EVENTS = 500  # in one request
AHEAD = timedelta(minutes=5)  # that a sender's clock may be

Name = Annotated[str, Field(max_length=200)]
Id = Annotated[uuid.UUID, Field(strict=False)]
# JSON has no times of its own.
Moment = Annotated[AwareDatetime, Field(strict=False)]
TOOL = Event.Kind.TOOL_RESULT.value


def moment(at: datetime | None) -> datetime:
    """When it happened; now, where nothing is said. Raises InvalidParameter."""
    now = datetime.now(UTC)
    if at is None:
        return now
    days = min(settings.KW_TAP_MAX_AGE_DAYS, settings.KW_EVENT_RETENTION_DAYS)
    oldest = now - timedelta(days=days)
    if not oldest <= at <= now + AHEAD:
        raise InvalidParameter(
            f"'at' is {at.isoformat()}: at most {days:g} days ago and not "
            "in the future. Check the sender's clock.",
            param="at",
        )
    return at


class OpenBody(Body):
    """A prompt to an agent. With an `id` of your own it may be sent again."""

    id: Id | None = None
    session: Annotated[str, Field(min_length=1, max_length=200)]
    prompt: str
    cwd: Annotated[str, Field(max_length=1000)] = ""
    skill: Name = ""
    agent: Annotated[str, Field(max_length=60)] = ""
    source: Literal["rest", "hook"] = "rest"
    at: Moment | None = None

    def opening(self) -> Opening:
        prompt, taken, gone = clean_text(self.prompt, PROMPT_CHARS)
        return Opening(
            self.id or uuid.uuid4(),
            self.session,
            prompt,
            moment(self.at),
            clean_text(self.cwd, 1000)[0],
            self.skill,
            self.agent,
            self.source,
            taken,
            {"prompt": gone} if gone else {},
        )


class EventBody(Part):
    """What an agent did or saw: a tool with its key parameters, or any other kind of event.

    With an `id` and a time of your own it may be sent again.
    """

    id: Id | None = None
    at: Moment | None = None
    kind: Event.Kind = Field(default=Event.Kind.TOOL_RESULT, strict=False)
    tool: Name = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    ok: bool | None = None
    error: str = ""
    output: str = ""
    duration_ms: Annotated[float, Field(ge=0, le=1e9)] | None = None
    payload: dict[str, Any] = Field(default_factory=dict)

    def observed(self) -> Observed:
        if self.id is not None and self.at is None:
            raise MissingParameter("An event with an 'id' needs its time, 'at'.", param="at")
        if self.kind.value == TOOL and not self.tool:
            raise MissingParameter("A tool event needs the name of its 'tool'.", param="tool")
        said: dict[str, Any] = {
            "tool": self.tool,
            "parameters": self.parameters,
            "ok": self.ok,
            "error": self.error,
            "output": self.output,
        }
        if not self.tool:
            said = {name: value for name, value in said.items() if value not in ("", None, {})}
        payload = clean_payload({**self.payload, **said})
        return Observed(self.kind.value, payload, moment(self.at), self.id, self.duration_ms)


class EventsBody(Body):
    """In the order in which they happened."""

    events: Annotated[list[EventBody], Field(min_length=1, max_length=MOST_EVENTS)]


class CloseBody(Body):
    """The end of what followed a prompt; `ok` and `build_succeeded` as far as the agent knows."""

    at: Moment | None = None
    output: str = ""
    ok: bool | None = None
    build_succeeded: bool | None = None
    model: Name = ""
    prompt_tokens: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    completion_tokens: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0

    def closing(self) -> Closing:
        output, taken, gone = clean_text(self.output, OUTPUT_CHARS)
        return Closing(
            moment(self.at),
            output,
            self.ok,
            self.build_succeeded,
            self.model,
            self.prompt_tokens,
            self.completion_tokens,
            {"output": gone} if gone else {},
            taken,
        )


class AnnotateBody(Body):
    """Whether what came next corrects the answer, and the words that say so."""

    corrected: bool
    text: Annotated[str, Field(max_length=2000)] = ""

    def said(self) -> str:
        """Without secrets."""
        return clean_text(self.text, 2000)[0]


class EndBody(Body):
    session: Annotated[str, Field(min_length=1, max_length=200)]
    at: Moment | None = None


class TapsBody(Body):
    """Taps as a spool has kept them: `open`, `event`, `close`, `annotate`, `end` in their `tap`.

    They have the fields of the single calls, and but for `open` and `end` a `trajectory`.
    """

    taps: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_EVENTS)]


class _OfTrajectory(Part):
    trajectory: Id


class OpenTap(OpenBody):
    tap: Literal["open"]


class EventTap(EventBody, _OfTrajectory, Body):
    tap: Literal["event"]


class CloseTap(CloseBody, _OfTrajectory):
    tap: Literal["close"]


class AnnotateTap(AnnotateBody, _OfTrajectory):
    tap: Literal["annotate"]


class EndTap(EndBody):
    tap: Literal["end"]


Tap = OpenTap | EventTap | CloseTap | AnnotateTap | EndTap
_TAPS: dict[Any, type[Tap]] = {
    "open": OpenTap,
    "event": EventTap,
    "close": CloseTap,
    "annotate": AnnotateTap,
    "end": EndTap,
}


def tap_of(data: dict[str, Any]) -> Tap:
    """Raises an ApiError."""
    name = data.get("tap")
    if not isinstance(name, str) or name not in _TAPS:
        raise InvalidParameter(f"'tap' is one of {', '.join(_TAPS)}.", param="tap")
    return _TAPS[name].model_validate(data)
