"""An answer is given again only to the same question, of the same app, with the same contract.

Which question a prompt asks is decided by `kernels.reuse.question`, not by similarity. Only answers
that passed a contract, or a search's entries in the cache, are given again, and each time they are
held to the contract anew. Not reused: what depends on when it was asked or is to be new each time,
what was asked for as a sample, what somebody denied (also of a later reuse), what a kernel said
that is no longer live, an entry that has ended, and anything after `KW_REUSE_MAX_AGE_S`.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from kernels.models import CacheEntry, KernelVersion
from kernels.reuse.question import question
from kernels.spec import digest_of
from trajectories.models import Feedback, Trajectory
from workers.answer import asked_contract
from workers.request import ChatRequest
from workers.search.options import SearchOptions
from workers.searches.allowed import may_search

LOOKED_AT = 20  # stored answers to one question
MAX_CHARS = 4_000  # of a prompt; a longer one hardly comes again in other words
# Options that change what is said, and must be the same.
SHAPING = ("seed", "presence_penalty", "frequency_penalty", "reasoning_effort")


def question_digest(request: ChatRequest) -> str:
    """What the request asks, as a digest; empty when its answer must not be given again."""
    if len(request.prompt) > MAX_CHARS or asks_for_a_sample(request):
        return ""
    asked = question(request.prompt)
    return asked.digest if asked.timeless and not request.beyond_kernels else ""


def asks_for_a_sample(request: ChatRequest) -> bool:
    """Whether the request itself sets a temperature above 0 or a `top_p` below 1.

    A caller who does wants one of many answers, not the one that was given before.
    """
    temperature, top_p = request.options.get("temperature"), request.options.get("top_p")
    return bool(temperature) or top_p not in (None, 1)


def stored_answer(*, client_id: int, request: ChatRequest) -> Trajectory | None:
    """The newest answer to the same question that may be given again."""
    digest = question_digest(request)
    if not digest or not settings.KW_REUSE_ANSWERS:
        return None
    denied = Feedback.objects.filter(Feedback.DENIALS)
    found = (
        Trajectory.objects.filter(
            _searched(request) | _held_to_a_contract(request),
            ~Exists(denied.filter(trajectory=OuterRef("pk"))),
            ~Exists(denied.filter(trajectory__reused=OuterRef("pk"))),
            client_id=client_id,
            signature=request.signature,
            question_digest=digest,
            retracted_at=None,
            created_at__gte=oldest(),
        )
        .select_related("run")
        .only("created_at", "route", "verified", "run__request")
        .order_by("-created_at")
    )
    for trajectory in found[:LOOKED_AT]:
        asked = ChatRequest.model_validate(trajectory.answered_run.request)
        if pins_of(asked) == pins_of(request):
            return trajectory
    return None


def oldest() -> datetime:
    """Answers from before are not given again."""
    return timezone.now() - timedelta(seconds=settings.KW_REUSE_MAX_AGE_S)


def pins_of(request: ChatRequest) -> str:
    """Digest of what must be the same beside the question.

    How hard was searched is not among it, nor who did: see `named_search`.
    """
    searched = request.search or SearchOptions()
    return digest_of(
        {
            "signature": request.signature,
            "contract": request.contract.model_dump(mode="json"),
            "response_format": request.response_format,
            "options": {name: request.options.get(name) for name in SHAPING},
            "evidence": list(searched.evidence),
            "tests": searched.tests,
        }
    )


def named_search(request: ChatRequest) -> dict[str, Any]:
    """Whoever names a worker or a strategy gets answers of these alone: fields of an entry.

    Who names no worker gets none that is only for those who do.
    """
    searched = request.search or SearchOptions()
    named = {"worker": searched.worker, "strategy": searched.strategy}
    fields: dict[str, Any] = {name: value for name, value in named.items() if value != "auto"}
    return fields if "worker" in fields else {**fields, "only_named": False}


def _searched(request: ChatRequest) -> Q:
    if not may_search(request):
        return Q(pk=None)
    fields = {
        "state": CacheEntry.State.LIVE,
        "max_tokens__lte": request.max_tokens,
        **named_search(request),
    }
    fitting = {f"cached__{name}": value for name, value in fields.items()}
    return Q(route=Trajectory.Route.SEARCH, **fitting)


def _held_to_a_contract(request: ChatRequest) -> Q:
    if request.names_its_search or not asked_contract(request):
        return Q(pk=None)
    live = KernelVersion.objects.filter(
        pk=OuterRef("kernel_version"), state=KernelVersion.State.LIVE
    )
    return Q(verified=True, completion_tokens__lte=request.max_tokens) & (
        Q(route=Trajectory.Route.GENERATION) | Q(Exists(live), route=Trajectory.Route.KERNEL)
    )
