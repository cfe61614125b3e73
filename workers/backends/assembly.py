"""Puts the pieces of a streamed answer together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Assembly:
    """Text and tool calls so far. Tool calls arrive in OpenAI's delta form, keyed by `index`."""

    texts: list[str] = field(default_factory=list)
    calls: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def tool_calls(self) -> tuple[dict[str, Any], ...]:
        return tuple(call for _, call in sorted(self.calls.items()))

    def add(self, text: str, tool_calls: Iterable[dict[str, Any]]) -> None:
        """Append one delta's text and tool-call pieces."""
        self.texts.append(text)
        for piece in tool_calls:
            self._add_call(piece)

    def _add_call(self, piece: dict[str, Any]) -> None:
        blank = {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
        call = self.calls.setdefault(piece["index"], blank)
        function = piece.get("function", {})
        call["id"] = piece.get("id") or call["id"]
        call["function"]["name"] += function.get("name", "")
        call["function"]["arguments"] += function.get("arguments", "")
