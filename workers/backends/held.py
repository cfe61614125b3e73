"""A backend whose answers under a schema end in time, decoded again where a grammar did not do."""

from collections.abc import Iterator
from dataclasses import replace

from kernels.decoding.bounds import bounded
from kernels.decoding.rounds import hold
from workers.backends.completion import Backend, Completion, Delta, ModelRequest


class HeldToSchema:
    """Gives a model server schemas with derived bounds, in as many rounds as it takes.

    A streamed answer has one round: what was said cannot be taken back. `bounds` is False for a
    server whose grammars know none.
    """

    def __init__(self, backend: Backend, *, bounds: bool = True) -> None:
        self.backend = backend
        self.bounds = bounds

    def complete(self, request: ModelRequest) -> Completion:
        """The answer of the last round, with the tokens of all."""
        if request.schema is None or request.options.get("tools"):
            return self.backend.complete(request)
        held = hold(
            request.schema,
            request.max_tokens,
            lambda grammar: self.backend.complete(replace(request, schema=grammar)),
            bounds=self.bounds,
        )
        return replace(
            held.drafts[-1],
            text=held.text,
            finish_reason=held.finish_reason,
            prompt_tokens=sum(draft.prompt_tokens for draft in held.drafts),
            completion_tokens=sum(draft.completion_tokens for draft in held.drafts),
            rounds=len(held.drafts),
        )

    def stream(self, request: ModelRequest) -> Iterator[Delta]:
        """The pieces as they come, under the bounds of the first round."""
        if request.schema is None or request.options.get("tools") or not self.bounds:
            yield from self.backend.stream(request)
            return
        plan = bounded(request.schema, request.max_tokens)
        for delta in self.backend.stream(replace(request, schema=plan.grammar)):
            done = delta.completion
            if done is not None and done.finish_reason == "stop" and plan.cut(done.text):
                yield replace(delta, completion=replace(done, finish_reason="length"))
            else:
                yield delta
