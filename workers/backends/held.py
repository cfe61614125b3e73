"""A backend whose answers under a schema end in time, decoded again where a grammar did not do."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any, Protocol

from kernels.decoding.bounds import bounded
from kernels.decoding.known import NO_BOUNDS, Known
from kernels.decoding.rounds import hold
from workers.backends.completion import Backend, Completion, Delta, ModelRequest


class SchemaBackend(Backend, Protocol):
    """A backend that knows which bounds of a schema reach its server's grammar."""

    def known_bounds(self, schema: dict[str, Any]) -> Known: ...


class HeldToSchema:
    """Gives a model server schemas with derived bounds, in as many rounds as it takes.

    A streamed answer has one round: what was said cannot be taken back.
    """

    def __init__(self, backend: SchemaBackend) -> None:
        self.backend = backend

    def complete(self, request: ModelRequest) -> Completion:
        """The answer of the last round, with the tokens of all."""
        if request.schema is None or request.options.get("tools"):
            return self.backend.complete(request)
        held = hold(
            request.schema,
            request.max_tokens,
            lambda grammar: self.backend.complete(replace(request, schema=grammar)),
            known=self.backend.known_bounds(request.schema),
        )
        return replace(
            held.drafts[-1],
            text=held.text,
            finish_reason=held.finish_reason,
            prompt_tokens=sum(draft.prompt_tokens for draft in held.drafts),
            completion_tokens=sum(draft.completion_tokens for draft in held.drafts),
            rounds=len(held.drafts),
        )

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        """The pieces as they come, under the bounds of the first round."""
        if request.schema is None or request.options.get("tools"):
            yield from self.backend.stream(request)
            return
        known = self.backend.known_bounds(request.schema)
        if known is NO_BOUNDS:
            yield from self.backend.stream(request)
            return
        plan = bounded(request.schema, request.max_tokens, known=known)
        for delta in self.backend.stream(replace(request, schema=plan.grammar)):
            done = delta.completion
            if done is not None and done.finish_reason == "stop" and plan.cut(done.text):
                yield replace(delta, completion=replace(done, finish_reason="length"))
            else:
                yield delta
