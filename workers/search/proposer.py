"""Drafts from a model server: it writes on from the steps so far, and stops when told to."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from typing import Any

from workers.backends.completion import Backend, BackendError, Completion, ModelRequest
from workers.backends.wanted import as_long_as
from workers.experts.expert import Expert, Task
from workers.experts.steps import joined
from workers.search.budget import Budget
from workers.search.problem import Draft

CLOSING_TOKENS = 16  # kept back for the answer alone


@dataclass(frozen=True)
class ModelProposer:
    """Asks the model for the rest of an answer. Threads may share it.

    All drafts of one question begin with the same messages, so a server that keeps prefixes reads
    them once; a hint comes last of them. Everything is streamed: closing the stream ends the work
    on the server, when the budget is over and when an answer is followed by more. `options` are the
    app's sampling options. Of a stream that is ended early each piece counts as a token.

    A model that comes to an end without stating its answer is asked for it: it writes on behind the
    expert's `closing`.
    """

    task: Task
    expert: Expert
    backend: Backend
    budget: Budget
    options: dict[str, Any]

    def __call__(
        self, steps: Sequence[str], *, max_tokens: int, temperature: float, hint: str
    ) -> Draft:
        closing = self.expert.closing
        kept = CLOSING_TOKENS if closing and max_tokens > 2 * CLOSING_TOKENS else 0
        draft = self._written(steps, "", max_tokens - kept, temperature, hint)
        wrote = (*steps, *draft.steps)
        if not (kept and wrote and draft.finished) or self.expert.final_answer(wrote):
            return draft
        said = self._written(wrote, closing, kept, temperature, hint)
        answer = said.steps[0].split("\n")[0].strip() if said.steps and not said.cut else ""
        return replace(
            draft,
            steps=(*draft.steps, f"{closing} {answer}") if answer else draft.steps,
            prompt_tokens=draft.prompt_tokens + said.prompt_tokens,
            completion_tokens=draft.completion_tokens + said.completion_tokens,
            cut=said.cut,
        )

    def _written(
        self, steps: Sequence[str], begun: str, max_tokens: int, temperature: float, hint: str
    ) -> Draft:
        """What the model writes on from these steps, the next one having `begun`."""
        request = ModelRequest(
            self._messages(hint),
            max_tokens,
            options={**self.options, "temperature": temperature},
            prefix=joined(steps) + "\n\n" + begun if steps else begun,
        )
        text, pieces = "", 0
        done: Completion | None = None
        cut = False
        try:
            with self._wanted(), closing(self.backend.stream(request)) as deltas:
                for delta in deltas:
                    text += delta.text
                    pieces += bool(delta.text)
                    done = delta.completion or done
                    cut = done is None and self.budget.over
                    if cut or (begun and "\n" in text.lstrip()):
                        break
                    if not begun and "\n" in delta.text and self._answered(steps, text):
                        break
        except BackendError:
            if not self.budget.over:
                raise
            cut = True
        text = done.text if done else text
        return Draft(
            steps=self.expert.split(text),
            finished=done.finish_reason == "stop" if done else not cut,
            model=done.model if done else "",
            prompt_tokens=done.prompt_tokens if done else 0,
            completion_tokens=done.completion_tokens if done else pieces,
            cut=cut,
        )

    def _wanted(self) -> AbstractContextManager[None]:
        return as_long_as(lambda: not self.budget.over)

    def _answered(self, steps: Sequence[str], text: str) -> bool:
        """Whether a step before the last, which may go on, ends in an answer."""
        new = self.expert.split(text)[:-1]
        return bool(new) and self.expert.is_terminal((*steps, *new))

    def _messages(self, hint: str) -> tuple[dict[str, Any], ...]:
        *before, question = self.expert.messages(self.task)
        if not hint:
            return (*before, question)
        thought = f"{question['content']}\n\nAn earlier attempt went wrong: {hint}"
        return (*before, {**question, "content": thought})
