"""The ways to answer, all behind one interface and one budget (rows KA6-KA8, X8)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from workers.experts.expert import Expert
from workers.search.examining import best_examined
from workers.search.gate import accepted, pass_gate
from workers.search.problem import Candidate, Found, GateReport, Problem
from workers.search.simulation import Progress, simulate
from workers.search.voting import by_score, by_verifier, most_votes

AT_ONCE = "Give the answer at once, without any explanation, as: Answer: <the answer>"

Strategy = Callable[[Problem], Found]
Choose = Callable[[Problem, Sequence[Candidate]], Candidate | None]


def one_shot(problem: Problem) -> Found:
    """One answer without sampling, from an expert that is asked to give it `at_once`."""
    return _single("one_shot", problem)


def one_chain(problem: Problem) -> Found:
    """One answer, step by step, without sampling."""
    return _single("one_chain", problem)


def self_consistency(problem: Problem) -> Found:
    """As many samples as the budget has, and the answer that most of them give."""
    return _sampled("self_consistency", problem, _majority)


def best_of_n_verifier(problem: Problem) -> Found:
    """Samples until one passes its verifier; of those that it cannot tell apart, the majority."""
    return _sampled("best_of_n_verifier", problem, _by_verifier, stop=_verified)


def best_of_n_prm(problem: Problem) -> Found:
    """Samples, and the one whose steps the reward model likes best."""
    return _sampled("best_of_n_prm", problem, lambda _, found: by_score(found))


def lats(problem: Problem) -> Found:
    """Tree search with the gate and reflection: simulations begin where earlier ones did well."""
    progress = Progress()
    width, depth = problem.width, problem.depth
    stopped = simulate(
        problem,
        progress,
        simulations=problem.simulations,
        width=width,
        depth=depth,
        accept=_verified,
    )
    chosen, report, stopped = pass_gate(problem, progress, stopped, width=width, depth=depth)
    return Found("lats", chosen, tuple(progress.candidates), progress.root, report, stopped)


def at_once(expert: Expert) -> Expert:
    """The expert that gives the answer without the way to it."""
    return replace(expert, instruction=AT_ONCE, reminder="")


STRATEGIES: dict[str, Strategy] = {
    "one_shot": one_shot,
    "one_chain": one_chain,
    "self_consistency": self_consistency,
    "best_of_n_verifier": best_of_n_verifier,
    "best_of_n_prm": best_of_n_prm,
    "lats": lats,
}


def _single(name: str, problem: Problem) -> Found:
    progress = Progress()
    stopped = simulate(problem, progress, simulations=1, width=1, depth=1, temperature=0.0)
    return _found(name, problem, progress, stopped, _first)


def _sampled(
    name: str,
    problem: Problem,
    choose: Choose,
    stop: Callable[[Candidate], bool] = lambda _: False,
) -> Found:
    progress = Progress()
    stopped = simulate(
        problem,
        progress,
        simulations=problem.simulations,
        width=problem.simulations,
        depth=1,
        accept=stop,
    )
    return _found(name, problem, progress, stopped, choose)


def _found(name: str, problem: Problem, progress: Progress, stopped: str, choose: Choose) -> Found:
    chosen = best_examined(problem, progress, lambda found: choose(problem, found))
    passed = chosen is not None and accepted(chosen, gate=problem.gate)
    report = GateReport(passed, passed)
    return Found(name, chosen, tuple(progress.candidates), progress.root, report, stopped)


def _verified(candidate: Candidate) -> bool:
    return candidate.outcome.status == "ok"


def _first(_: Problem, found: Sequence[Candidate]) -> Candidate | None:
    return next((one for one in found if one.answer), None)


def _majority(problem: Problem, found: Sequence[Candidate]) -> Candidate | None:
    return most_votes(found, problem.expert.vote_key)


def _by_verifier(problem: Problem, found: Sequence[Candidate]) -> Candidate | None:
    return by_verifier(found, problem.expert.vote_key)
