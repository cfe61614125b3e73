"""Simulations of one search: select, write on, score, back up; several at a time."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Literal

from workers.backends.completion import BackendError
from workers.search import tree
from workers.search.budget import LEAST_GRANT, Budget, BudgetSpent
from workers.search.problem import Candidate, Draft, Problem, step_scores
from workers.search.rewards import BLANK, CUT, verified_reward, worth
from workers.search.tree import Node

# `server`: the model server failed when there were answers already.
Stopped = Literal["accepted", "simulations", "budget", "exhausted", "server"]

TURN_S, GRACE_S = 0.1, 1.0


@dataclass
class Progress:
    """The tree so far and the answers found in it. The tree is touched by one thread alone."""

    root: Node = field(default_factory=Node)
    candidates: list[Candidate] = field(default_factory=list)
    simulations: int = 0
    refused: set[str] = field(default_factory=set)  # vote keys of answers that a model refused

    @property
    def needed(self) -> int:
        """Tokens that another simulation will want, as those did that came to an answer."""
        wanted = [one.tokens for one in self.candidates if one.answer]
        return max(LEAST_GRANT, round(median(wanted))) if wanted else LEAST_GRANT


@dataclass(frozen=True)
class _Flight:
    """A simulation on its way."""

    node: Node
    steps: tuple[str, ...]
    hint: str = ""


class _Late:
    """How long simulations go on after the budget is over, which ends drafts within `POLL_S`.

    What does not hear of it (a verifier, a connection that is being made) is left to itself.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._since: float | None = None

    def give_up(self) -> bool:
        """Whether they have had that long."""
        if not self._budget.over:
            return False
        self._since = self._since or time.monotonic()
        return time.monotonic() - self._since > GRACE_S


def simulate(
    problem: Problem,
    progress: Progress,
    *,
    simulations: int,
    width: int,
    depth: int,
    hint: str = "",
    accept: Callable[[Candidate], bool] = lambda _: False,
    temperature: float | None = None,
) -> Stopped:
    """Makes up to `simulations` more, `problem.parallel` at a time; what is written counts always.

    The first of all is the model's likeliest answer, without sampling; `temperature` is for all.
    None is begun with fewer tokens than an answer mostly takes: it would be cut.
    An accepted answer ends what others are writing at once. A model server that fails ends it; its
    BackendError is raised if there is no answer yet. Raises SearchCancelled.
    """
    started, stopped = 0, False
    reason: Stopped = "simulations"
    flights: dict[Future[Candidate], _Flight] = {}
    pool = ThreadPoolExecutor(max_workers=problem.parallel)
    late = _Late(problem.budget)
    try:
        while True:
            while not stopped and started < simulations and len(flights) < problem.parallel:
                node = tree.select(progress.root, width=width, depth=depth)
                if node is None:
                    break
                try:
                    granted = problem.budget.grant(problem.answer_tokens, progress.needed)
                except BudgetSpent:
                    if not flights:  # else what they do not use comes back
                        stopped, reason = True, "budget"
                    break
                tree.begin(node)
                likeliest = not started and not progress.candidates
                sampling = 0.0 if likeliest else problem.expert.temperature
                heat = sampling if temperature is None else temperature
                started += 1
                flight = _Flight(node, node.steps(), hint)
                future = pool.submit(_play, problem, flight, granted, heat)
                flights[future] = flight
            if not flights:
                problem.budget.require_waiting()
                if not stopped and started < simulations:
                    reason = "exhausted"
                return reason
            landed = wait(flights, timeout=TURN_S, return_when=FIRST_COMPLETED).done
            if not landed and late.give_up():
                for flight in flights.values():
                    tree.abandon(flight.node)
                flights.clear()
                stopped, reason = True, reason if stopped else "budget"
            for future in landed:
                flight = flights.pop(future)
                try:
                    candidate = _land(progress, flight, future, found=reason == "accepted")
                except BackendError:
                    if not any(one.answer for one in progress.candidates):
                        raise
                    if not stopped:
                        stopped, reason = True, "server"
                    continue
                if candidate is not None:
                    problem.tell(candidate)
                if candidate is not None and accept(candidate):
                    stopped, reason = True, "accepted"
                    problem.budget.finish()
                elif not stopped and problem.budget.over:
                    stopped, reason = True, "budget"
    finally:
        for flight in flights.values():
            tree.abandon(flight.node)
        pool.shutdown(wait=not problem.budget.over)


def _play(problem: Problem, flight: _Flight, granted: int, heat: float) -> Candidate:
    """The model's part of a simulation: everything that takes time, and touches no shared state."""
    draft: Draft | None = None
    try:
        draft = problem.propose(
            flight.steps, max_tokens=granted, temperature=heat, hint=flight.hint
        )
    finally:
        problem.budget.settle(
            granted,
            completion_tokens=draft.completion_tokens if draft else 0,
            prompt_tokens=draft.prompt_tokens if draft else 0,
        )
    return judged(problem, (*flight.steps, *draft.steps), draft)


def judged(problem: Problem, steps: tuple[str, ...], draft: Draft) -> Candidate:
    """An answer with its scores and its verdict; its leaf is not in the tree yet.

    What was written behind the answer does not belong to it. A model that ended by itself without
    the form it was asked for has answered, too, if an answer can be read. What was ended from
    outside has no answer: half of one may look like another.
    """
    expert = problem.expert
    if draft.cut:
        scores = step_scores(problem, steps)
        value = worth(scores, CUT, problem.adjust)
        return Candidate(
            steps, "", scores, CUT, value, Node(), draft.model, draft.completion_tokens
        )
    ends = [n for n in range(1, len(steps) + 1) if expert.is_terminal(steps[:n])]
    steps = steps[: ends[0]] if ends else steps
    ended = bool(ends) or (draft.finished and bool(expert.final_answer(steps)))
    outcome = problem.verify(steps) if ended else BLANK
    scores = step_scores(problem, steps)
    return Candidate(
        steps,
        expert.final_answer(steps) if ended else "",
        scores,
        outcome,
        worth(scores, outcome, problem.adjust),
        Node(),
        draft.model,
        draft.completion_tokens,
    )


def _land(
    progress: Progress, flight: _Flight, future: "Future[Candidate]", *, found: bool
) -> Candidate | None:
    """None for a draft that was ended with nothing in it, or because the answer is `found`."""
    try:
        played = future.result()
    except BaseException:
        tree.abandon(flight.node)
        raise
    if played.outcome == CUT and (found or played.steps == flight.steps):
        tree.abandon(flight.node)
        return None
    return _grow(progress, flight, played)


def _grow(progress: Progress, flight: _Flight, played: Candidate) -> Candidate:
    """Adds the one new node of the simulation, and backs its reward up."""
    new: Sequence[str] = played.steps[len(flight.steps) :]
    leaf = tree.expand(flight.node, new[0] if new else "")
    leaf.score = played.scores[len(flight.steps)] if new else None
    leaf.rollout = tuple(new[1:])
    leaf.outcome = played.outcome
    if not leaf.visits:
        leaf.after = flight.hint
    ended = len(new) <= 1 and (bool(played.answer) or not new)
    leaf.terminal = leaf.terminal or ended
    tree.backpropagate(flight.node, leaf, played.reward, verified_reward(played.outcome))
    progress.simulations += 1
    candidate = replace(played, leaf=leaf)
    progress.candidates.append(candidate)
    return candidate
