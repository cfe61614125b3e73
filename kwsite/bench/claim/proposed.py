"""Runs the composition that the router proposed, with its cost."""

import json
from collections.abc import Generator
from threading import Lock

from kernels.algebra.execution import Done, outcome
from kernels.algebra.plan import Composition as Plan
from kernels.compositions import InputRefused, accepted_input, check, require_preconditions
from kernels.decision import Proposal
from kwsite.bench.claim.said import Said
from trajectories.models import Client
from workers.backends.completion import Backend, Completion, Delta, ModelRequest
from workers.plan_here import run_here


class Counting:
    """A model server whose answers' tokens are counted; steps call it from several threads."""

    def __init__(self, backend: Backend) -> None:
        self.tokens = 0
        self._backend = backend
        self._lock = Lock()

    def complete(self, request: ModelRequest) -> Completion:
        done = self._backend.complete(request)
        with self._lock:
            self.tokens += done.prompt_tokens + done.completion_tokens
        return done

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        return self._backend.stream(request)


def run_proposal(proposal: Proposal, client: Client, backend: Backend) -> Said:
    """The output of both kernels as one JSON object; no text when the plan fails."""
    checked = check(Plan.model_validate(proposal.composition), client)
    versions = tuple(part.kernel.version_id for part in proposal.parts)
    counting = Counting(backend)
    try:
        given = accepted_input(checked.plan, checked.report.input_schema, proposal.input)
        require_preconditions(checked.plan, checked.kernels, given)
    except InputRefused:
        return Said("", 0, composed=versions)
    found = outcome(run_here(checked.plan, checked.kernels, given, counting))
    text = json.dumps(found.output, ensure_ascii=False) if isinstance(found, Done) else ""
    return Said(text, counting.tokens, composed=versions)
