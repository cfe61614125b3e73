"""Writes the spans of agents as trajectories: one a trace, in whatever order they come."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from trajectories.models import AgentTurn, Client, Event
from trajectories.taps.recording import (
    append_events,
    close_trajectory,
    move_turn,
    open_trajectory,
    tell_prompt,
)
from trajectories.taps.spans import Span, event_key, observed, output_of, prompt_of, trajectory_of
from trajectories.taps.values import (
    OUTPUT_CHARS,
    PROMPT_CHARS,
    Closing,
    Observed,
    Opening,
    clean_text,
)


@dataclass(frozen=True)
class Traced:
    """How many spans were read; `foreign` ones say nothing of generative AI."""

    spans: int
    foreign: int


def record_spans(*, client: Client, spans: Sequence[Span]) -> Traced:
    """Opens, appends to and closes the trajectory of each trace; sent again, nothing is doubled."""
    foreign = 0
    for trace, found in groupby(sorted(spans, key=lambda one: one.trace), lambda one: one.trace):
        group = list(found)
        about = [span for span in group if span.operation]
        foreign += len(group) - len(about)
        trajectory_id = trajectory_of(client.pk, trace)
        session = _session_of(trajectory_id)
        if about:
            _record(client, trajectory_id, trace, about, session)
        root = next((span for span in group if not span.parent), None)
        if root is not None and (about or session is not None):
            closing = _closing(trajectory_id, about, root)
            close_trajectory(client=client, trajectory_id=trajectory_id, closing=closing)
    return Traced(len(spans) - foreign, foreign)


def _session_of(trajectory_id: UUID) -> str | None:
    """As its agent calls it; None for a trajectory that is not there yet."""
    turns = AgentTurn.objects.filter(pk=trajectory_id)
    return turns.values_list("session__key", flat=True).first()


def _record(
    client: Client, trajectory_id: UUID, trace: str, spans: list[Span], session: str | None
) -> None:
    """The session is the trace until a span names one: often only the root, which comes last."""
    prompt, taken, gone = clean_text(prompt_of(spans), PROMPT_CHARS)
    conversation = _first(spans, "gen_ai.conversation.id", "session.id")[:200]
    opening = Opening(
        trajectory_id,
        conversation or trace,
        prompt,
        min(span.started for span in spans),
        agent=_first(spans, "gen_ai.agent.name", "service.name")[:60],
        source="otlp",
        redacted=taken,
        cut={"prompt": gone} if gone else {},
    )
    if session is None:
        open_trajectory(client=client, opening=opening)
    else:
        if conversation and session == trace:
            move_turn(client=client, trajectory_id=trajectory_id, opening=opening)
        if prompt:
            tell_prompt(trajectory_id=trajectory_id, prompt=prompt, redacted=taken, cut=opening.cut)
    events: list[Observed] = [event for event in map(observed, spans) if event is not None]
    append_events(client=client, trajectory_id=trajectory_id, events=events)


def _outermost(spans: Sequence[Span]) -> list[Span]:
    return sorted(spans, key=lambda one: (bool(one.parent), one.started))


def _first(spans: Sequence[Span], *names: str) -> str:
    return next((said for span in _outermost(spans) if (said := span.text(*names))), "")


def _closing(trajectory_id: UUID, spans: Sequence[Span], root: Span) -> Closing:
    """What the agent's own span says, where the trace's root is of something else.

    An answer that it does not say is the last message that a model wrote.
    """
    own = root if root.operation or not spans else _outermost(spans)[0]
    last = _last_message(trajectory_id)
    said = output_of(own) or _in_full(last, spans)
    output, taken, gone = clean_text(said, OUTPUT_CHARS)
    model = own.text("gen_ai.response.model", "gen_ai.request.model")
    return Closing(
        root.ended,
        output,
        own.error is None,
        model=(model or (last.payload.get("model", "") if last else ""))[:200],
        prompt_tokens=own.tokens("gen_ai.usage.input_tokens"),
        completion_tokens=own.tokens("gen_ai.usage.output_tokens"),
        cut={"output": gone} if gone else {},
        redacted=taken,
    )


def _last_message(trajectory_id: UUID) -> Event | None:
    messages = Event.objects.filter(trajectory=trajectory_id, kind=Event.Kind.MESSAGE)
    return messages.exclude(payload__text="").order_by("at", "sequence").last()


def _in_full(message: Event | None, spans: Sequence[Span]) -> str:
    """An event's text is cut shorter than an answer; its span may be at hand."""
    if message is None:
        return ""
    own = (output_of(span) for span in spans if event_key(span) == message.key)
    return next(own, str(message.payload.get("text", "")))
