"""The part of the request path that runs where the request came in: embed, route, accept."""

from dataclasses import replace
from datetime import UTC, datetime

from kernels.decision import RouteDecision
from kernels.encoder import embed_deep, encoder_digest
from kernels.proposing import propose_composition, refuse_partial
from kernels.routing import Asked, route
from trajectories.models import Client, Run, Trajectory
from workers.asked import asked_of, limits
from workers.experts.registry import EXPERTS
from workers.queueing import QueueUnavailable, enqueue
from workers.request import ChatRequest
from workers.searches.allowed import may_search
from workers.stopwatch import Stopwatch
from workers.stored.exact import stored_answer
from workers.stored.near import near_duplicate
from workers.tasks.answering import answer_run


def plan(*, client: Client, request: ChatRequest) -> RouteDecision:
    """Where the request would go, and why; nothing is run or recorded.

    Where it takes two kernels to answer it, a composition of them is proposed.
    """
    asked = asked_of(request, embed_deep(request.prompt))
    decision = _decide(client, request, asked)
    told = {"client": client, "asked": asked, "decision": decision, **limits()}
    proposal = propose_composition(**told)
    decision = _known_or_search(client, request, asked, refuse_partial(**told))
    return replace(decision, proposal=proposal)


def accept(*, client: Client, request: ChatRequest, watch: Stopwatch) -> Run:
    """Commits the run's row, then hands it to a worker. Raises QueueUnavailable.

    Laps of `watch`: embed, route, row, enqueue.
    """
    layers = embed_deep(request.prompt)
    watch.lap("embed")
    asked = asked_of(request, layers)
    decision = _decide(client, request, asked)
    decision = refuse_partial(client=client, asked=asked, decision=decision, **limits())
    decision = _known_or_search(client, request, asked, decision)
    watch.lap("route")
    run = Run.objects.create(
        client=client,
        request=request.model_dump(mode="json"),
        decision=decision.as_json(),
        embedding=asked.vector,
        encoder_digest=encoder_digest(),
        created_at=datetime.now(UTC),
    )
    watch.lap("row")
    try:
        enqueue(answer_run, run.pk, queue="interactive")
    except QueueUnavailable:
        # The message may have come through all the same: a run in work stays accepted.
        if Run.objects.filter(pk=run.pk, status=Run.Status.QUEUED).delete()[0]:
            raise
    watch.lap("enqueue")
    return run


def _known_or_search(
    client: Client, request: ChatRequest, asked: Asked, decision: RouteDecision
) -> RouteDecision:
    """The decision; where no kernel serves, with a near duplicate's answer, or with a search.

    What did not ask for a search gets one only where that is known to pay, as the worker finds.
    """
    if decision.route != "generation" or not may_search(request):
        return decision
    near = near_duplicate(
        client_id=client.pk, request=request, embedding=asked.vector, experts=EXPERTS
    )
    if near is None:
        return decision if request.search is None else replace(decision, route="search")
    return replace(
        decision,
        route="reuse",
        reason=f"nearly the same question was answered (cosine {near.cosine:.3f}, at least "
        f"{near.threshold:.2f} asked of {near.worker}), with equal numbers, names and sense",
        reused=str(near.trajectory.pk),
        near=near.as_json(),
    )


def _decide(client: Client, request: ChatRequest, asked: Asked) -> RouteDecision:
    if stored := stored_answer(client_id=client.pk, request=request):
        age = f"{(datetime.now(UTC) - stored.created_at).total_seconds():,.0f} s ago"
        return RouteDecision(
            "reuse",
            f"the same question was answered {age}, and that answer {_held(stored)}",
            None,
            None,
            encoder_digest(),
            reused=str(stored.pk),
        )
    if request.names_its_search:
        named = "the request says who is to answer how"
        return RouteDecision("generation", named, None, None, encoder_digest())
    return route(client_id=client.pk, asked=asked, **limits())


def _held(stored: Trajectory) -> str:
    if stored.route != Trajectory.Route.SEARCH:
        return "passed the same contract"
    return "was verified" if stored.verified else "was called right by a person"
