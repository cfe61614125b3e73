"""One question searched: a team of workers, a strategy for each, one budget; the one way in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kernels.execution import Ask
from workers.backends.completion import Backend
from workers.experts.expert import Expert, Task, Verified
from workers.experts.whoever import verify_with_all
from workers.search.budget import Budget
from workers.search.ensemble import shared_simulations, team, work_together
from workers.search.problem import Candidate, Found, GateReport, Problem, StepScorer
from workers.search.proposer import ModelProposer
from workers.search.strategies import STRATEGIES, at_once


@dataclass(frozen=True)
class Limits:
    """How far a search goes. `answer_tokens`: the longest that one simulation may write."""

    tokens: int
    answer_tokens: int
    parallel: int = 1
    gate: float = 0.5
    max_reflections: int = 2
    sure: float = 0.6


@dataclass(frozen=True)
class Routed:
    """Who is to answer, with how much search, and how likely each worker is to be the right one."""

    worker: str
    probabilities: Mapping[str, float]
    depth: int
    simulations: int
    alone: bool = False  # named, or chosen at random to learn: nobody stands in
    propensity: float = 1.0  # the probability with which this worker came out
    snapshot: str | None = None  # digest of the net that chose, where one did


@dataclass(frozen=True)
class Searched:
    """The answer, who gave it, and all that was tried."""

    worker: str
    strategy: str
    reason: str  # why this strategy
    chosen: Candidate | None
    found: Mapping[str, Found]
    routed: Routed
    tokens: int  # completion tokens, of all
    prompt_tokens: int
    scored: bool  # by a reward model

    @property
    def gate(self) -> GateReport | None:
        return self.found[self.worker].gate


LEAST_SHARE = 64  # tokens of a team's member; with fewer it comes to no answer
Also = Callable[[str, Verified], Verified]  # the text that would be given, and its verdict


def search(
    task: Task,
    *,
    experts: Mapping[str, Expert],
    routed: Routed,
    strategy: Callable[[str], tuple[str, str]],
    backend: Backend,
    limits: Limits,
    scorer: StepScorer | None = None,
    adjust: Callable[[str, float], float] = lambda _, reward: reward,
    also: Also = lambda _, outcome: outcome,
    ask: Ask | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    expired: Callable[[], bool] = lambda: False,
    options: Mapping[str, Any] | None = None,
    temperature: float | None = None,
    tell: Callable[[str, Candidate], None] = lambda _, __: None,
) -> Searched:
    """Answers `task` within `limits`.

    `strategy` gives each worker's strategy and why; `also` may add the app's own conditions to a
    verdict; `ask` is for verifiers that need a model, its tokens count. When `expired`, the best
    that was found is given. `temperature` replaces that of each worker's samples; the first try
    stays the likeliest answer. `tell` hears of each worker's answers as they come, in a thread of
    that worker. Raises SearchCancelled, and BackendError when nothing was found.
    """
    members: tuple[str, ...] = (routed.worker,)
    if not routed.alone:
        members = team(routed.worker, routed.probabilities, experts, sure=limits.sure)
        members = members[: max(1, limits.tokens // min(limits.answer_tokens, LEAST_SHARE))]
    budgets = {
        name: Budget(limits.tokens // len(members), cancelled=cancelled, expired=expired)
        for name in members
    }
    plans = {name: strategy(name) for name in members}

    def work(name: str) -> Found:
        chosen, budget = plans[name][0], budgets[name]
        expert = at_once(experts[name]) if chosen == "one_shot" else experts[name]
        if temperature is not None:
            expert = replace(expert, temperature=temperature)
        asks = counted(ask, budget) if ask else None

        def verified(steps: Sequence[str], asks: Ask | None) -> Verified:
            return also(expert.reply(steps), verify_with_all(expert, task, steps, asks))

        problem = Problem(
            task=task,
            expert=expert,
            propose=ModelProposer(task, expert, backend, budget, dict(options or {})),
            budget=budget,
            verify=lambda steps: verified(steps, None),
            examine=(lambda steps: verified(steps, asks)) if asks else None,
            scorer=scorer,
            adjust=lambda reward: adjust(name, reward),
            simulations=shared_simulations(routed.simulations, len(members)),
            depth=routed.depth,
            parallel=max(1, limits.parallel // len(members)),
            width=max(2, limits.parallel // len(members)),
            answer_tokens=limits.answer_tokens,
            gate=limits.gate,
            max_reflections=limits.max_reflections,
            tell=lambda candidate: tell(name, candidate),
        )
        return STRATEGIES[chosen](problem)

    worker, found = work_together(members, work)
    return Searched(
        worker,
        *plans[worker],
        found[worker].chosen,
        found,
        routed,
        sum(budget.spent for budget in budgets.values()),
        sum(budget.prompt_tokens for budget in budgets.values()),
        scorer is not None,
    )


def counted(ask: Ask, budget: Budget) -> Ask:
    """The same, with its tokens counted. Raises BudgetSpent where too few are left."""

    def counting(
        messages: Sequence[dict[str, Any]],
        schema: dict[str, Any],
        max_tokens: int,
        temperature: float,
    ) -> Any:
        granted = budget.grant(max_tokens)
        reply = None
        try:
            reply = ask(messages, schema, granted, temperature)
        finally:
            budget.settle(
                granted,
                completion_tokens=reply.completion_tokens if reply else 0,
                prompt_tokens=reply.prompt_tokens if reply else 0,
            )
        return reply

    return counting
