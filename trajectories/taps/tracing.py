"""Writes the spans of agents as trajectories: one a trace, in whatever order they come."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from trajectories.models import AgentTurn, Client
from trajectories.taps.recording import (
    append_events,
    close_trajectory,
    open_trajectory,
    tell_prompt,
)
from trajectories.taps.spans import Span, observed, output_of, prompt_of, trajectory_of
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
        if about:
            _record(client, trace, about, root=next((one for one in group if not one.parent), None))
    return Traced(len(spans) - foreign, foreign)


def _record(client: Client, trace: str, spans: list[Span], root: Span | None) -> None:
    trajectory_id = trajectory_of(client.pk, trace)
    prompt, taken, gone = clean_text(prompt_of(spans), PROMPT_CHARS)
    cut = {"prompt": gone} if gone else {}
    known = AgentTurn.objects.filter(pk=trajectory_id).exists()
    if not known:
        opening = Opening(
            trajectory_id,
            _first(spans, "gen_ai.conversation.id", "session.id")[:200] or trace,
            prompt,
            min(span.started for span in spans),
            agent=_first(spans, "gen_ai.agent.name", "service.name")[:60],
            source="otlp",
            redacted=taken,
            cut=cut,
        )
        open_trajectory(client=client, opening=opening)
    elif prompt:
        tell_prompt(trajectory_id=trajectory_id, prompt=prompt, redacted=taken, cut=cut)
    events: list[Observed] = [event for event in map(observed, spans) if event is not None]
    append_events(client=client, trajectory_id=trajectory_id, events=events)
    if root is not None:
        closing = _closing(root if root.operation else _outermost(spans)[0], root)
        close_trajectory(client=client, trajectory_id=trajectory_id, closing=closing)


def _outermost(spans: Sequence[Span]) -> list[Span]:
    return sorted(spans, key=lambda one: (bool(one.parent), one.started))


def _first(spans: Sequence[Span], *names: str) -> str:
    return next((said for span in _outermost(spans) if (said := span.text(*names))), "")


def _closing(span: Span, root: Span) -> Closing:
    """What the agent's own span says, where the trace's root is of something else."""
    output, taken, gone = clean_text(output_of(span), OUTPUT_CHARS)
    return Closing(
        root.ended,
        output,
        span.error is None,
        model=span.text("gen_ai.response.model", "gen_ai.request.model")[:200],
        prompt_tokens=span.tokens("gen_ai.usage.input_tokens"),
        completion_tokens=span.tokens("gen_ai.usage.output_tokens"),
        cut={"output": gone} if gone else {},
        redacted=taken,
    )
