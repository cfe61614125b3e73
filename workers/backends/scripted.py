"""A backend that answers from a script, at once or at a set pace, for tests and benchmarks."""

import re
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Any

from workers.backends.completion import BackendRejected, Completion, Delta, ModelRequest
from workers.backends.minimal_instance import NoInstance, minimal_json
from workers.backends.wanted import pause

Reply = str | Exception | Callable[[ModelRequest], str]

TOKEN = re.compile(r"\s*\S+\s*$|\s*\S+|\s+")


class ScriptedBackend:
    """Answers with the enqueued replies, in order: a text, a function of the request, an error.

    With none left it answers with the smallest instance of the request's schema, or else repeats
    the last user message. `requests` holds every request. Tokens are words; `delay_s` passes
    before each. Threads may share one instance. It calls no tools.
    """

    def __init__(
        self,
        replies: Iterable[Reply] | None = None,
        *,
        delay_s: float = 0.0,
        model: str = "scripted",
    ) -> None:
        self.replies: deque[Reply] = deque(replies or ())
        self.requests: list[ModelRequest] = []
        self.delay_s = delay_s
        self.model = model

    def enqueue(self, *replies: Reply) -> None:
        """Add replies behind those still waiting."""
        self.replies.extend(replies)

    def complete(self, request: ModelRequest) -> Completion:
        """The next reply, whole."""
        tokens, completion = self._next(request)
        pause(self.delay_s * len(tokens))
        return completion

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        """The next reply, token by token; the last delta carries the whole of it."""
        tokens, completion = self._next(request)
        for token in tokens:
            pause(self.delay_s)
            yield Delta(text=token)
        yield Delta(completion=completion)

    def _next(self, request: ModelRequest) -> tuple[list[str], Completion]:
        self.requests.append(request)
        all_tokens = TOKEN.findall(self._text(request))
        tokens = all_tokens[: request.max_tokens]
        return tokens, Completion(
            text="".join(tokens),
            model=self.model,
            finish_reason="stop" if tokens == all_tokens else "length",
            prompt_tokens=sum(len(_text_of(m).split()) for m in request.messages),
            completion_tokens=len(tokens),
        )

    def _text(self, request: ModelRequest) -> str:
        try:
            reply = self.replies.popleft()
        except IndexError:
            reply = default_reply
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, str) else reply(request)


def default_reply(request: ModelRequest) -> str:
    """The smallest answer the request's schema allows, or its last user message."""
    if request.schema is not None:
        try:
            return minimal_json(request.schema)
        except NoInstance as error:
            raise BackendRejected(
                f"The scripted model cannot follow the schema: {error}."
            ) from error
    if request.json_object:
        return "{}"
    asked = [m for m in request.messages if m.get("role") == "user"]
    return _text_of(asked[-1]) if asked else ""


def _text_of(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content or [] if part.get("type") == "text")
