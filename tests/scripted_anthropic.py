"""Anthropic's form of the scripted model server's answers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.scripted_server import ScriptedServer

USAGE = {"input_tokens": 7, "cache_read_input_tokens": 3, "cache_creation_input_tokens": None}


@dataclass(frozen=True)
class Messages:
    """Text, or one `tool_use` block for each of the server's tool calls."""

    path: str = "/v1/messages"
    prefix: str = ""
    stop_reason: str = "end_turn"

    def whole(self, server: ScriptedServer, body: dict[str, Any]) -> dict[str, Any]:
        return {
            **self._message(body),
            "content": _blocks(server, body),
            "stop_reason": self._reason(server),
            "usage": {**USAGE, "output_tokens": 5},
        }

    def events(self, server: ScriptedServer, body: dict[str, Any]) -> Iterator[str]:
        started = {**self._message(body), "content": [], "usage": {**USAGE, "output_tokens": 1}}
        yield _event("message_start", message=started)
        yield _event("ping")
        for index, block in enumerate(_blocks(server, body)):
            yield _event("content_block_start", index=index, content_block=_opening(block))
            for delta in _deltas(server, body, block):
                yield _event("content_block_delta", index=index, delta=delta)
            yield _event("content_block_stop", index=index)
        reason = {"stop_reason": self._reason(server), "stop_sequence": None}
        yield _event("message_delta", delta=reason, usage={"output_tokens": 5})
        yield _event("message_stop")

    def _message(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"id": "m-1", "type": "message", "role": "assistant", "model": body["model"]}

    def _reason(self, server: ScriptedServer) -> str:
        return "tool_use" if server.tool_calls else self.stop_reason


def _blocks(server: ScriptedServer, body: dict[str, Any]) -> list[dict[str, Any]]:
    text = {"type": "text", "text": "".join(server.tokens(body))}
    return [text, *({"type": "tool_use", **call} for call in server.tool_calls)]


def _opening(block: dict[str, Any]) -> dict[str, Any]:
    return {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}


def _deltas(
    server: ScriptedServer, body: dict[str, Any], block: dict[str, Any]
) -> Iterator[dict[str, str]]:
    if block["type"] == "text":
        for token in server.tokens(body):
            yield {"type": "text_delta", "text": token}
    elif block["input"]:
        said = json.dumps(block["input"])
        for part in (said[:3], said[3:]):
            yield {"type": "input_json_delta", "partial_json": part}


def _event(kind: str, **fields: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"
