"""What one stream has sent, so that another worker's attempt can continue it seamlessly."""

from typing import Any
from uuid import UUID

from kwsite.api.errors import AnswerDiverged
from workers.mailbox import Message


class Transcript:
    """Turns the messages of a run, whichever attempt they come from, into what is new in them."""

    def __init__(self, run_id: UUID) -> None:
        self.run_id = run_id
        self.sent = ""
        self.calls_sent = 0
        self._attempt = 0
        self._retold = ""  # the text of the current attempt, as far as it has come
        self._calls_retold = 0

    def add(self, message: Message) -> tuple[str, list[dict[str, Any]]]:
        """New text and new tool call deltas of a message of kind delta or done.

        Raises `AnswerDiverged` when a later attempt does not continue what was sent.
        """
        if message.kind == "delta" and message.attempt < self._attempt:
            return "", []
        if message.attempt > self._attempt:
            self._attempt, self._retold, self._calls_retold = message.attempt, "", 0
        text, calls = message.text, message.tool_calls
        if message.kind == "done":
            text, calls = self._untold(message.result or {})
        fresh = self._continue(text), self._continue_calls(calls)
        if message.kind == "done" and self._retold != self.sent:
            raise AnswerDiverged(self.run_id)
        return fresh

    def _untold(self, result: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
        """What the whole answer has and the deltas of its attempt had not."""
        content = result["content"] or ""
        text = content[len(self._retold) :] if content.startswith(self._retold) else ""
        calls = [] if self._calls_retold else result["tool_calls"]
        return text, [{"index": index, **call} for index, call in enumerate(calls)]

    def _continue(self, text: str) -> str:
        self._retold += text
        if self.sent.startswith(self._retold):
            return ""
        if not self._retold.startswith(self.sent):
            raise AnswerDiverged(self.run_id)
        fresh = self._retold[len(self.sent) :]
        self.sent = self._retold
        return fresh

    def _continue_calls(self, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Tool calls have new ids in every attempt, so a second telling never continues a first."""
        if calls and self.calls_sent != self._calls_retold:
            raise AnswerDiverged(self.run_id)
        self.calls_sent += len(calls)
        self._calls_retold += len(calls)
        return calls
