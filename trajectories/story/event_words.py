"""What an event says, on one line."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from trajectories.markup import brief

Payload = Mapping[str, Any]
LINE = 140


def in_words(kind: str, payload: Any) -> str:
    """The gist of an event; its payload says the rest."""
    if isinstance(payload, dict) and kind in _WORDS and (told := _WORDS[kind](payload)):
        return brief(told, LINE)
    return brief(json.dumps(payload, ensure_ascii=False)[: LINE * 4], LINE)


def _decision(payload: Payload) -> str:
    if "adapter" in payload:
        return f"adapter {payload['adapter']}, as {payload.get('arm', '')}"
    return ": ".join(str(payload[key]) for key in ("route", "reason") if payload.get(key))


def _verification(payload: Payload) -> str:
    name = payload.get("label") or payload.get("kind", "")
    status = str(payload.get("status", "")).replace("_", " ")
    return f"{name}: {status}; {payload.get('reason', '')}" if status else ""


def _observation(payload: Payload) -> str:
    if "kernel" in payload:
        return f"kernel {payload['kernel']}, attempt {payload.get('attempt', 1)}"
    if "model" in payload:
        written = payload.get("completion_tokens", "?")
        return f"{payload['model']} wrote {written} tokens ({payload.get('finish_reason', '')})"
    return ""


def _tool(payload: Payload) -> str:
    name = payload.get("tool")
    ok = payload.get("ok")
    came = "" if ok is None else (": went well" if ok else ": failed")
    parameters = payload.get("parameters")
    given = json.dumps(parameters, ensure_ascii=False)[: LINE * 4] if parameters else ""
    return f"{name}{came} {given}" if name else ""


def _evidence(payload: Payload) -> str:
    if not payload.get("reused"):
        return ""
    cosine = payload.get("cosine")
    how = "the same question" if cosine is None else f"nearly the same question, cosine {cosine}"
    return f"the stored answer of {payload['reused']} ({how})"


def _plan(payload: Payload) -> str:
    worker = payload.get("worker")
    return f"{worker} by {payload.get('strategy', '?')}" if worker else ""


_WORDS: dict[str, Callable[[Payload], str]] = {
    "decision": _decision,
    "verification": _verification,
    "observation": _observation,
    "tool_call": _tool,
    "tool_result": _tool,
    "evidence": _evidence,
    "plan": _plan,
    "failure": lambda payload: str(payload.get("reason", "")),
    "reasoning": lambda payload: str(payload.get("reflection", "")),
    "message": lambda payload: str(payload.get("text", "")),
}
