"""OpenTelemetry's GenAI spans, read as what an agent did.

Source: the semantic conventions for generative AI: `gen_ai.operation.name` and what goes with it,
with messages as attributes (since 1.37) or as events of the span (before).
"""

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from trajectories.taps.storable import storable_text
from trajectories.taps.values import Observed, clean_payload

_SPAN_NAMES = uuid.UUID("6a4c3a52-7f0e-4b51-9d0b-3f0f8f0c9a11")
MODEL_CALLS = frozenset({"chat", "text_completion", "generate_content"})


@dataclass(frozen=True)
class Span:
    """`trace`, `id` and `parent` in hexadecimal; the root has no parent. `error`: its status."""

    trace: str
    id: str
    parent: str
    name: str
    started: datetime
    ended: datetime
    attributes: Mapping[str, Any]
    events: Sequence[tuple[str, Mapping[str, Any]]] = field(default_factory=tuple)
    error: str | None = None

    @property
    def operation(self) -> str:
        """As the conventions call it; empty for a span that is not about generative AI."""
        named = self.attributes.get("gen_ai.operation.name")
        if isinstance(named, str):
            return named
        about = any(name.startswith("gen_ai.") for name in self.attributes)
        return self.name.split(" ")[0] if about else ""

    def text(self, *names: str) -> str:
        """The first of these attributes that there is."""
        found = (self.attributes.get(name) for name in names)
        said = (storable_text(str(one)) for one in found if one is not None)
        return next(filter(None, said), "")

    def tokens(self, *names: str) -> int:
        found = self.text(*names)
        return min(int(found), 2**31 - 1) if re.fullmatch(r"[0-9]{1,10}", found) else 0


def trajectory_of(client_id: int, trace: str) -> uuid.UUID:
    """A trace is one trajectory of its client."""
    return uuid.uuid5(_SPAN_NAMES, f"{client_id}/{trace}")


def event_key(span: Span) -> uuid.UUID:
    """Names the event that a span is."""
    return uuid.uuid5(_SPAN_NAMES, f"{span.trace}/{span.id}")


def observed(span: Span) -> Observed | None:
    """What the span says that was done; None for what only contains others."""
    duration_ms = max(0.0, (span.ended - span.started).total_seconds() * 1e3)
    if span.operation == "execute_tool":
        kind, payload = "tool_result", _tool(span)
    elif span.operation in MODEL_CALLS:
        kind, payload = "message", _call(span)
    else:
        return None
    return Observed(kind, clean_payload(payload), span.ended, event_key(span), duration_ms)


def prompt_of(spans: Sequence[Span]) -> str:
    """The user's last message in the outermost span that has one."""
    for span in sorted(spans, key=lambda one: (bool(one.parent), one.started)):
        users = [text for role, text in _messages(span, "input") if role == "user" and text]
        if users:
            return users[-1]
    return ""


def output_of(span: Span) -> str:
    """The assistant's last message."""
    said = [text for _, text in _messages(span, "output") if text]
    return said[-1] if said else ""


def _tool(span: Span) -> dict[str, Any]:
    arguments = _as_json(span.attributes.get("gen_ai.tool.call.arguments"))
    result = span.attributes.get("gen_ai.tool.call.result", "")
    return {
        "tool": span.text("gen_ai.tool.name") or span.name.removeprefix("execute_tool").strip(),
        "parameters": arguments if isinstance(arguments, dict) else {"arguments": arguments},
        "ok": span.error is None,
        "error": span.error or "",
        "output": result if isinstance(result, str) else json.dumps(result),
    }


def _call(span: Span) -> dict[str, Any]:
    return {
        "text": output_of(span),
        "model": span.text("gen_ai.response.model", "gen_ai.request.model"),
        "prompt_tokens": span.tokens("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        "completion_tokens": span.tokens(
            "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"
        ),
        **({"error": span.error} if span.error else {}),
    }


def _messages(span: Span, side: str) -> Iterator[tuple[str, str]]:
    """Role and text, in order, wherever the conventions' versions put them."""
    stated = _as_json(span.attributes.get(f"gen_ai.{side}.messages"))
    for message in stated if isinstance(stated, list) else ():
        if isinstance(message, dict):
            yield str(message.get("role", "")), _text_of(message)
    for name, said in span.events:
        role = name.removeprefix("gen_ai.").removesuffix(".message")
        if side == "output" and name == "gen_ai.choice":
            message = _as_json(said.get("message", said))
            yield "assistant", _text_of(message) if isinstance(message, dict) else str(message)
        elif side == "input" and role in ("user", "system", "assistant", "tool"):
            yield role, _text_of(said)


def _text_of(message: Mapping[str, Any]) -> str:
    content = message.get("parts", message.get("content", ""))
    content = _as_json(content) if isinstance(content, str) and content[:1] == "[" else content
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (
        part.get("content", part.get("text", "")) if isinstance(part, dict) else part
        for part in content
        if not isinstance(part, dict) or part.get("type", "text") == "text"
    )
    return "\n".join(text for text in texts if isinstance(text, str) and text)


def _as_json(value: Any) -> Any:
    """Structured attributes come as JSON in a string as well."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
