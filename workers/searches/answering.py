"""A request answered by search: what was asked, within which means, and how it is held to."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kernels.conditions.checks import Check, Status, Subject
from kernels.slots import bind
from kernels.verify import verify
from trajectories.models import Event
from workers.answer import Answer, Say, check
from workers.backends.completion import Backend, Delta
from workers.backends.watched import Watched
from workers.experts.expert import Expert, Task, Verified
from workers.pieces import pieces
from workers.replies import asker, judge_of
from workers.request import ChatRequest
from workers.search.chooser import Choice, Record, choose
from workers.search.options import SearchOptions
from workers.search.problem import Candidate, StepScorer
from workers.search.search import Limits, Routed, Searched, search
from workers.search.strategies import STRATEGIES
from workers.searches.patience import Patience
from workers.searches.records import PLAIN
from workers.searches.report import summary
from workers.trace import Trace

TOLD_CHARS = 500
JUDGE_S = 5.0  # for the app's own judges, when the search took all of its time
STATUS: dict[str, Status] = {"ok": "ok", "failed": "failed", "unverified": "could_not_run"}


@dataclass(frozen=True)
class Means:
    """What a search works with: the workers, what was learned, and how far it may go."""

    experts: Mapping[str, Expert]
    routed: Routed
    records: Mapping[str, Sequence[Record]]  # by worker: what strategies came to so far
    limits: Limits
    timeout_s: float
    least_judged: int
    gain_per_1000: float
    explore: float = 0.0  # share of the automatic choices that are made at random
    scorer: StepScorer | None = None
    reward_model: str | None = None  # digest of the scorer's net
    adjust: Callable[[str, float], float] = lambda _, reward: reward
    rng: random.Random = field(default_factory=random.Random)


def chosen_strategy(asked: SearchOptions, worker: str, means: Means) -> Choice:
    """What the app named, or what measurably pays with this worker."""
    if asked.strategy != "auto":
        return Choice(asked.strategy, "the request names it")
    if means.explore and means.rng.random() < means.explore:
        return Choice(means.rng.choice(sorted(STRATEGIES)), "tried at random, to learn what pays")
    return choose(
        means.records.get(worker, ()),
        least_judged=means.least_judged,
        gain_per_1000=means.gain_per_1000,
    )


def pays(means: Means) -> bool:
    """Whether more than one plain answer is known to pay with the chosen worker."""
    return chosen_strategy(SearchOptions(), means.routed.worker, means).strategy not in PLAIN


def search_answer(
    request: ChatRequest,
    reason: str,
    backend: Backend,
    say: Say,
    trace: Trace,
    means: Means,
    cancelled: Callable[[], bool],
) -> Answer:
    """Searches for the answer and holds it to the app's conditions.

    Raises BackendError, SearchCancelled.
    """
    asked = request.search or SearchOptions()
    task = Task(request.prompt, request.system, asked.evidence, asked.tests)
    bound = bind(request.prompt, request.system)
    patience = Patience(cancelled, time.monotonic() + means.timeout_s)
    payload: dict[str, Any] = {"search": asked.model_dump(exclude_defaults=True)}
    plan = trace.timed(Event.Kind.PLAN, payload)
    with plan:
        found = search(
            task,
            experts=means.experts,
            routed=_as_asked(means.routed, asked, means),
            strategy=lambda worker: _plan(asked, worker, means),
            backend=backend,
            limits=_limits_of(request, asked, means.limits),
            scorer=means.scorer,
            adjust=means.adjust,
            also=lambda text, outcome: _held(request, bound, text, outcome),
            ask=asker(Watched(backend, patience.require_going)),
            cancelled=cancelled,
            expired=patience.expired,
            options={k: v for k, v in request.options.items() if k != "temperature"},
            temperature=request.options.get("temperature"),
            tell=_teller(say) if request.trace else _silent,
        )
        payload.update(summary(found))
    for hint in found.gate.reflections if found.gate else ():
        trace.add(Event.Kind.REASONING, reflection=hint)
    expert = means.experts[found.worker]
    text = found.found[found.worker].text(expert)
    trace.add(Event.Kind.MESSAGE, text=text[:20_000])
    own = _as_check(found)
    trace.add(Event.Kind.VERIFICATION, **own.as_json())
    conditions = request.contract.conditions
    judge = judge_of(asker(Watched(backend, patience.longer(JUDGE_S).require_going)))
    _, verdict = check(text, conditions, bound, trace, judge)
    for piece in pieces(text):
        say(Delta(text=piece))
    return Answer(
        "search",
        f"{reason}; {found.worker} by {found.strategy}: {found.reason}{_unused(asked, expert)}",
        text,
        None,
        "stop" if found.chosen else "length",
        _model(found),
        found.prompt_tokens,
        found.tokens,
        (own, *verdict.checks),
        _verified(found, verdict.passed),
        searched=found,
        reward_model=means.reward_model,
    )


def _silent(worker: str, candidate: Candidate) -> None:
    """Nobody follows this search."""


def _teller(say: Say) -> Callable[[str, Candidate], None]:
    """Tells each answer that a search tries, with what its verifier says of it."""

    def tell(worker: str, candidate: Candidate) -> None:
        tried = {
            "worker": worker,
            "answer": candidate.answer[:TOLD_CHARS],
            "steps": len(candidate.steps),
            "status": candidate.outcome.status,
            "reason": candidate.outcome.reason[:TOLD_CHARS],
            "reward": round(candidate.reward, 4),
        }
        say(Delta(tried=tried))

    return tell


def _plan(asked: SearchOptions, worker: str, means: Means) -> tuple[str, str]:
    choice = chosen_strategy(asked, worker, means)
    return choice.strategy, choice.reason


def _as_asked(routed: Routed, asked: SearchOptions, means: Means) -> Routed:
    worker = _worker_for(asked, routed, means) if asked.worker == "auto" else asked.worker
    if worker:
        expert = means.experts[worker]
        routed = Routed(worker, {worker: 1.0}, expert.depth, expert.simulations, alone=True)
    return replace(
        routed,
        depth=asked.depth or routed.depth,
        simulations=asked.simulations or routed.simulations,
    )


def _worker_for(asked: SearchOptions, routed: Routed, means: Means) -> str:
    """Who holds answers to the tests, else to the evidence, that the app sent; empty: any worker.

    Of several, the likeliest.
    """
    for given in ("tests", "evidence"):
        able = [name for name, expert in means.experts.items() if given in expert.held_to]
        if getattr(asked, given) and able:
            return max(able, key=lambda name: routed.probabilities.get(name, 0.0))
    return ""


def _unused(asked: SearchOptions, expert: Expert) -> str:
    """What the app sent and its named worker has no use for."""
    unused = asked.tests and "tests" not in expert.held_to
    return f"; the tests were not used: {expert.name} runs none" if unused else ""


def _limits_of(request: ChatRequest, asked: SearchOptions, limits: Limits) -> Limits:
    tokens = asked.budget_tokens or limits.tokens
    return replace(
        limits,
        tokens=tokens,
        answer_tokens=min(request.max_tokens, tokens),
        gate=limits.gate if asked.gate is None else asked.gate,
        max_reflections=(
            limits.max_reflections if asked.max_reflections is None else asked.max_reflections
        ),
    )


def _held(request: ChatRequest, bound: dict[str, Any], text: str, outcome: Verified) -> Verified:
    """The worker's verdict, and the app's own conditions: what they refuse is refused.

    What the worker could not check, but they could, is verified by them. Judges come last, once.
    """
    conditions = [c for c in request.contract.conditions if c.kind != "judge"]
    if not conditions or outcome.status == "failed":
        return outcome
    verdict = verify(conditions, Subject(bound, text, ()))
    if not verdict.passed:
        return Verified("failed", 0.0, verdict.reason, "contract")
    return Verified("ok", 1.0, verdict.reason, "contract") if outcome.passed is None else outcome


def _model(found: Searched) -> str:
    """Whoever wrote one of the answers; those that were ended early name nobody."""
    named = (one.model for each in found.found.values() for one in each.candidates)
    return next(filter(None, named), "")


def _as_check(found: Searched) -> Check:
    if found.chosen is None:
        return Check("worker", found.worker, "failed", "no answer was found", 0.0)
    outcome = found.chosen.outcome
    label = f"{found.worker}: {outcome.how}"
    return Check("worker", label, STATUS[outcome.status], outcome.reason, 0.0)


def _verified(found: Searched, contract: bool | None) -> bool | None:
    """None where neither the worker nor the contract could check anything."""
    if found.chosen is None or contract is False:
        return False
    worker = found.chosen.outcome.passed
    return contract if worker is None else worker
