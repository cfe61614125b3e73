"""The arms: ways to answer a prompt of a family with one model."""

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import transaction

from kernels.calibration import Calibrator
from kernels.encoder import encoder_digest
from kernels.matching import Features
from kernels.models import Calibration
from kwsite.bench.claim.evidence import Evidence, Retrieval
from kwsite.bench.claim.family import Family
from kwsite.bench.claim.proposed import run_proposal
from kwsite.bench.claim.remembering import Remembering
from kwsite.bench.claim.said import Said
from kwsite.commandline.client import ServiceClient
from trajectories.models import Client
from workers.answer import Answer, ChosenKernel, answer
from workers.backends.completion import Backend, Completion, Delta, ModelRequest
from workers.intake import plan
from workers.request import AskedContract, ChatRequest
from workers.tasks.answering import chosen_kernel
from workers.trace import Trace

COMPOSED = "kernels + composition"
STATIC_COSINE = 0.8  # what semantic caches commonly take for "the same"


@dataclass(frozen=True)
class Means:
    """What the arms work with: the running service, its model server, and the app's client."""

    service: ServiceClient
    backend: Remembering
    client: Client


Arm = Callable[[Means, Family, Retrieval, str], Said]


def vanilla(means: Means, family: Family, index: Retrieval, prompt: str) -> Said:
    """The app's own call, straight to the model."""
    return _complete(means.backend, family, prompt, [])


def bm25_rag(means: Means, family: Family, index: Retrieval, prompt: str) -> Said:
    """The app's own call with the nearest accepted answers by words."""
    return _complete(means.backend, family, prompt, index.by_words(prompt))


def dense_rag(means: Means, family: Family, index: Retrieval, prompt: str) -> Said:
    """The app's own call with the nearest accepted answers by meaning."""
    return _complete(means.backend, family, prompt, index.by_meaning(prompt))


def kernels_served(means: Means, family: Family, index: Retrieval, prompt: str) -> Said:
    """The app's own call to the running service, over HTTP."""
    reply = means.service.chat(family.body(prompt))
    extras = reply["kernelweave"]
    tried = extras["kernel"] or extras["failed_kernel"]
    return Said(
        text=reply["choices"][0]["message"]["content"] or "",
        tokens=reply["usage"]["total_tokens"],
        version=tried["version_id"] if tried else "",
        fell_back=extras["failed_kernel"] is not None,
    )


def kernels_composed(means: Means, family: Family, index: Retrieval, prompt: str) -> Said:
    """The composition that the router proposes, run as the service runs one; or as kernels do."""
    proposal = plan(client=means.client, request=family.request(prompt)).proposal
    if proposal is None:
        return kernels_served(means, family, index, prompt)
    composed = run_proposal(proposal, means.client, means.backend.fresh)
    if composed.text:
        return composed
    served = kernels_served(means, family, index, prompt)
    tokens = composed.tokens + served.tokens
    return replace(served, tokens=tokens, fell_back=True, composed=composed.composed)


def kernels_unverified(means: Means, family: Family, index: Retrieval, prompt: str) -> Said:
    """The same routing and recipes; whatever the kernel says is taken."""
    request = family.request(prompt).model_copy(update={"contract": AskedContract()})
    return _in_process(means, request, means.backend, verified=False)


def kernels_static(means: Means, family: Family, index: Retrieval, prompt: str) -> Said:
    """One cosine threshold in place of the calibrated P(verify)."""
    with static_threshold():
        return _in_process(means, family.request(prompt), means.backend)


def kernels_unconstrained(means: Means, family: Family, index: Retrieval, prompt: str) -> Said:
    """No decoding under a schema, neither for kernels nor for generation after them."""
    return _in_process(means, family.request(prompt), Unconstrained(means.backend))


ARMS: dict[str, Arm] = {
    "vanilla": vanilla,
    "BM25 RAG": bm25_rag,
    "dense RAG": dense_rag,
    "kernels without verification": kernels_unverified,
    "kernels": kernels_served,
    COMPOSED: kernels_composed,
}
ABLATIONS: dict[str, Arm] = {
    "calibration off": kernels_static,
    "verification off": kernels_unverified,
    "constraint off": kernels_unconstrained,
}


@dataclass(frozen=True)
class Unconstrained:
    """A model server that is asked for text, whatever form is wanted."""

    backend: Backend

    def complete(self, request: ModelRequest) -> Completion:
        return self.backend.complete(_free(request))

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        return self.backend.stream(_free(request))


def _free(request: ModelRequest) -> ModelRequest:
    return replace(request, schema=None, json_object=False)


@contextmanager
def static_threshold() -> Iterator[None]:
    """Routing by the nearest exemplar's cosine alone, for as long as the block lasts."""
    live = Calibration.objects.get(state=Calibration.State.LIVE)
    with transaction.atomic():
        _move(live, Calibration.State.RETIRED)
        other = Calibration.objects.create(
            encoder_digest=encoder_digest(),
            data_digest="static",
            weights=static_calibrator(STATIC_COSINE).as_json(),
        )
    try:
        yield
    finally:
        with transaction.atomic():
            other.delete()
            _move(live, Calibration.State.LIVE)


def static_calibrator(cosine: float) -> Calibrator:
    """Admits whatever has an exemplar at least so near."""
    names = Features.names()
    steep = 100.0
    weights = tuple(steep * (name == "nearest_similarity") for name in names)
    nothing, unit = (0.0,) * len(names), (1.0,) * len(names)
    return Calibrator(nothing, unit, weights, -steep * cosine, 0.5)


def _move(calibration: Calibration, state: Calibration.State) -> None:
    Calibration.objects.filter(pk=calibration.pk).update(state=state)


def _complete(backend: Backend, family: Family, prompt: str, shown: Sequence[Evidence]) -> Said:
    *systems, asked = family.messages(prompt)
    worked: list[dict[str, Any]] = []
    for one in reversed(shown):  # the nearest stands last, as in a kernel's own recipe
        worked.append({"role": "user", "content": one.prompt})
        said = json.dumps(one.answer, ensure_ascii=False)
        worked.append({"role": "assistant", "content": said})
    done = backend.complete(
        ModelRequest(
            (*systems, *worked, asked),
            family.max_tokens,
            family.output_schema,
            options={"temperature": 0},
        )
    )
    return Said(done.text, done.prompt_tokens + done.completion_tokens)


def _in_process(
    means: Means, request: ChatRequest, backend: Backend, *, verified: bool = True
) -> Said:
    """What a worker does with the request, without the queue; nothing of it is recorded."""
    decision = plan(client=means.client, request=request)
    chosen = chosen_kernel(decision.as_json())
    if chosen is not None and not verified:
        chosen = _trusting(chosen)
    retries = settings.KW_KERNEL_RETRIES if verified else 0
    done = answer(request, decision.reason, chosen, backend, _nobody, Trace(), retries)
    return Said(
        done.text,
        done.prompt_tokens + done.completion_tokens,
        _tried(done),
        done.failed_kernel is not None,
    )


def _trusting(chosen: ChosenKernel) -> ChosenKernel:
    """The kernel with no condition but its schema, which its decoding guarantees."""
    nothing = {"postconditions": (), "evidence_requirements": ()}
    spec = chosen.facts.spec.model_copy(update=nothing)
    return replace(chosen, facts=replace(chosen.facts, spec=spec))


def _tried(done: Answer) -> str:
    facts = done.kernel or done.failed_kernel
    return str(facts.version_id) if facts else ""


def _nobody(delta: Delta) -> None:
    """Nobody listens."""
