"""Gives a stored answer again: validated where it must be, held to its contract, in pieces."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from kernels.slots import bind
from trajectories.models import Event
from workers.answer import Answer, Say, asked_contract, check
from workers.backends.completion import Backend, Delta
from workers.pieces import pieces
from workers.replies import asker
from workers.request import ChatRequest
from workers.stored.validating import validate
from workers.trace import Trace


@dataclass(frozen=True)
class Stored:
    """An answer that was given before, to the same question or to nearly the same.

    `cosine` is that of its prompt, where it was only nearly the same; None for the same question.
    """

    trajectory_id: UUID
    prompt: str
    text: str
    model: str
    verified: bool | None
    cosine: float | None = None


def answer_again(
    request: ChatRequest,
    reason: str,
    stored: Stored,
    backend: Backend,
    say: Say,
    trace: Trace,
    otherwise: Callable[[str], Answer],
) -> Answer:
    """The stored answer, or what `otherwise` makes of the request, given the reason.

    A validator is asked about near duplicates alone; its tokens count in either case. A judge is
    not asked again: it has seen this answer. Raises BackendError.
    """
    trace.add(Event.Kind.EVIDENCE, reused=str(stored.trajectory_id), cosine=stored.cosine)
    spent = (0, 0)
    if stored.cosine is not None:
        payload = {"kind": "validator"}
        with trace.timed(Event.Kind.VERIFICATION, payload):
            evidence = request.search.evidence if request.search else ()
            said = validate(request.prompt, stored.prompt, stored.text, evidence, asker(backend))
            status = {True: "ok", False: "failed", None: "could_not_run"}[said.answers]
            payload.update(status=status, reason=said.reason)
        spent = (said.prompt_tokens, said.completion_tokens)
        if not said.answers:
            return _instead(said.reason, spent, trace, otherwise)
        reason = f"{reason}; {said.reason}"
    trace.add(Event.Kind.MESSAGE, text=stored.text[:20_000])
    conditions = [c for c in asked_contract(request) if c.kind != "judge"]
    bound = bind(request.prompt, request.system)
    output, verdict = check(stored.text, conditions, bound, trace, None)
    if verdict.passed is False:
        why = "the stored answer no longer passes its contract"
        return _instead(why, spent, trace, otherwise)
    for piece in pieces(stored.text):
        say(Delta(text=piece))
    return Answer(
        "reuse",
        reason,
        stored.text,
        output,
        "stop",
        stored.model,
        *spent,
        verdict.checks,
        verified=stored.verified,
        reused=stored.trajectory_id,
        cosine=stored.cosine,
    )


def _instead(
    why: str, spent: tuple[int, int], trace: Trace, otherwise: Callable[[str], Answer]
) -> Answer:
    trace.add(Event.Kind.DECISION, reason=why)
    answer = otherwise(why)
    return replace(
        answer,
        prompt_tokens=answer.prompt_tokens + spent[0],
        completion_tokens=answer.completion_tokens + spent[1],
    )
