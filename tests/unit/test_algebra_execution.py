"""Running a composition: what runs when, what a failure undoes, and going on after a stop."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.algebra.execution import (
    Done,
    Failed,
    PlanState,
    Step,
    StepResult,
    UnknownStep,
    Waiting,
    advance,
    begin,
    left_behind,
    next_steps,
    outcome,
    run_to_end,
    start,
    started_steps,
)
from kernels.algebra.plan import Composition

DIGEST = "0" * 64
BEST_EFFORT = {"kind": "best_effort"}
PROMPT = {"prompt": "Sum up."}


def kernel(called: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "kernel", "kernel": called, "digest": DIGEST, **fields}


def sequence(*steps: Any, **fields: Any) -> dict[str, Any]:
    return {"kind": "sequence", "steps": steps, **fields}


def parallel(*branches: Any, **fields: Any) -> dict[str, Any]:
    return {"kind": "parallel", "branches": branches, **fields}


def breaker(after: int) -> dict[str, Any]:
    return {"kind": "circuit_breaker", "after": after}


def state_of(plan: dict[str, Any], undoable: bool = True) -> PlanState:
    composition = Composition.model_validate({"name": "composed", "plan": plan})
    return begin(composition, PROMPT, [DIGEST] if undoable else [])


class World:
    """Runs steps by the kernel's name, remembers them, and fails those it is told to."""

    def __init__(self, *failing: str, times: int = 1000) -> None:
        self.failing = dict.fromkeys(failing, times)
        self.ran: list[str] = []

    def __call__(self, step: Step) -> StepResult:
        said = step.kernel if step.action == "run" else f"undo {step.kernel}"
        self.ran.append(said)
        if self.failing.get(said, 0) > 0:
            self.failing[said] -= 1
            return StepResult(failure="it broke")
        return StepResult(output={step.kernel: len(self.ran)})


def start_all(state: PlanState) -> PlanState:
    return start(state, next_steps(state))


def names(steps: tuple[Step, ...]) -> list[str]:
    return [step.kernel for step in steps]


OK = StepResult(output={"a": 1})
BROKEN = StepResult(failure="it broke")


def test_a_sequence_hands_each_output_on() -> None:
    state = start_all(state_of(sequence(kernel("a"), kernel("b"))))
    assert names(started_steps(state)) == ["a"]
    state = advance(state, "plan/0", StepResult(output={"n": 3}))
    (step,) = next_steps(state)
    assert step.kernel == "b"
    assert step.input["n"] == 3
    assert step.input["prompt"] == '{"n": 3}'
    state = advance(start_all(state), step.id, OK)
    assert outcome(state) == Done({"a": 1})


def test_a_template_looks_at_the_input_and_at_earlier_outputs() -> None:
    last = kernel("c", input={"prompt": "input.prompt + string(outputs.first.a)"})
    steps = (kernel("a", name="first"), kernel("b"), last)
    state = run_to_end(state_of(sequence(*steps, output={"n": "outputs.first.a"})), World())
    assert outcome(state) == Done({"n": 1})
    assert state.decided["plan/2/input"].value == {"prompt": "Sum up.1"}


def test_parallel_branches_are_ready_at_the_same_time_and_merged() -> None:
    state = state_of(
        parallel(kernel("a"), sequence(kernel("b"), kernel("c")), kernel("d", name="x"))
    )
    assert names(next_steps(state)) == ["a", "b", "d"]
    barrier = Barrier(3, timeout=60)

    def meet(step: Step) -> StepResult:
        if step.kernel != "c":
            barrier.wait()
        return StepResult(output={step.kernel: 1})

    with ThreadPoolExecutor(3) as pool:
        state = run_to_end(state, meet, pool.map)
    assert outcome(state) == Done({"a": 1, "c": 1, "x": {"d": 1}})


def test_a_branch_goes_on_while_another_is_still_at_work() -> None:
    state = start_all(state_of(parallel(kernel("slow"), sequence(kernel("b"), kernel("c")))))
    state = advance(state, "plan/1/0", OK)
    assert names(next_steps(state)) == ["c"]
    assert names(started_steps(state)) == ["slow"]


@pytest.mark.parametrize(("when", "ran"), [("true", ["a"]), ("false", ["b"])])
def test_a_conditional_takes_one_branch(when: str, ran: list[str]) -> None:
    world = World()
    run_to_end(
        state_of(
            {"kind": "conditional", "when": when, "then": kernel("a"), "otherwise": kernel("b")}
        ),
        world,
    )
    assert world.ran == ran


def test_a_conditional_without_otherwise_gives_what_it_took() -> None:
    plan = {"kind": "conditional", "when": "size(input.prompt) > 99", "then": kernel("a")}
    assert outcome(state_of(plan)) == Done(PROMPT)


def test_a_condition_without_a_value_fails() -> None:
    found = outcome(state_of({"kind": "conditional", "when": "input.gone", "then": kernel("a")}))
    assert isinstance(found, Failed)
    assert "input.gone" in found.reason


def test_a_loop_ends_when_its_condition_holds() -> None:
    plan = {"kind": "loop", "body": kernel("a"), "until": "output.a >= 3", "at_most": 5}
    world = World()
    assert outcome(run_to_end(state_of(plan), world)) == Done({"a": 3})
    assert world.ran == ["a"] * 3


def test_a_loop_that_never_gets_there_fails_and_undoes_its_turns() -> None:
    plan = {"kind": "loop", "body": kernel("a"), "until": "output.a >= 9", "at_most": 2}
    world = World()
    found = outcome(run_to_end(state_of(plan), world))
    assert found == Failed("not so after 2 turns: output.a >= 9")
    assert world.ran == ["a", "a", "undo a", "undo a"]


def test_a_loop_without_a_condition_makes_all_its_turns() -> None:
    plan = {"kind": "loop", "body": kernel("a"), "at_most": 3}
    assert outcome(run_to_end(state_of(plan), World())) == Done({"a": 3})


def test_all_or_nothing_rolls_back_in_reverse_order() -> None:
    world = World("c")
    state = run_to_end(
        state_of(sequence(kernel("a"), kernel("b"), kernel("c"), kernel("d"))), world
    )
    assert outcome(state) == Failed("c: it broke")
    assert world.ran == ["a", "b", "c", "undo b", "undo a"]


def test_what_is_undone_is_told_its_input_and_output() -> None:
    state = start_all(state_of(sequence(kernel("a"), kernel("b"))))
    state = start_all(advance(state, "plan/0", OK))
    (back,) = next_steps(advance(state, "plan/1", BROKEN))
    assert (back.id, back.action, back.output) == ("plan/0/undo", "undo", {"a": 1})
    assert back.input["prompt"] == "Sum up."


def test_kernels_without_a_rollback_are_passed_over() -> None:
    world = World("b")
    run_to_end(state_of(sequence(kernel("a"), kernel("b")), undoable=False), world)
    assert world.ran == ["a", "b"]


def test_a_failure_waits_for_what_is_under_way_and_undoes_it_too() -> None:
    state = state_of(parallel(kernel("a"), kernel("b"), sequence(kernel("c"), kernel("d"))))
    state = advance(start_all(state), "plan/1", BROKEN)
    assert next_steps(state) == ()
    assert names(started_steps(state)) == ["a", "c"]
    state = advance(state, "plan/2/0", OK)
    assert next_steps(state) == ()
    state = advance(state, "plan/0", OK)
    world = World()
    state = run_to_end(state, world)
    assert world.ran == ["undo a", "undo c"]  # the last to finish first; d never ran
    assert outcome(state) == Failed("b: it broke")


def test_what_was_not_started_is_not_waited_for() -> None:
    state = state_of(parallel(kernel("a"), kernel("b")))
    state = start(state, next_steps(state)[:1])
    state = advance(state, "plan/0", BROKEN)
    assert outcome(state) == Failed("a: it broke")


def test_best_effort_gives_what_succeeded() -> None:
    world = World("b")
    plan = parallel(kernel("a"), kernel("b"), kernel("c"), strategy=BEST_EFFORT)
    assert outcome(run_to_end(state_of(plan), world)) == Done({"a": 1, "c": 3})
    assert world.ran == ["a", "b", "c"]


def test_best_effort_fails_when_nothing_succeeded() -> None:
    plan = parallel(kernel("a"), kernel("b"), strategy=BEST_EFFORT)
    found = outcome(run_to_end(state_of(plan), World("a", "b")))
    assert found == Failed("a: it broke; b: it broke")


def test_a_best_effort_sequence_stops_at_its_last_good_step() -> None:
    world = World("c")
    plan = sequence(kernel("a"), kernel("b"), kernel("c"), strategy=BEST_EFFORT)
    assert outcome(run_to_end(state_of(plan), world)) == Done({"b": 2})
    assert world.ran == ["a", "b", "c"]


def test_a_failed_branch_of_best_effort_leaves_nothing_behind() -> None:
    world = World("c")
    plan = parallel(kernel("a"), sequence(kernel("b"), kernel("c")), strategy=BEST_EFFORT)
    assert outcome(run_to_end(state_of(plan), world)) == Done({"a": 1})
    assert world.ran == ["a", "b", "c", "undo b"]


def test_a_circuit_breaker_tries_again() -> None:
    world = World("b", times=2)
    plan = sequence(kernel("a"), kernel("b"), strategy=breaker(3))
    state = run_to_end(state_of(plan), world)
    assert outcome(state) == Done({"b": 4})
    assert world.ran == ["a", "b", "b", "b"]


def test_an_open_circuit_stops_and_rolls_back() -> None:
    world = World("b")
    plan = parallel(kernel("a"), kernel("b"), strategy=breaker(3))
    found = outcome(run_to_end(state_of(plan), world))
    assert found == Failed("b: it broke; b: it broke; b: it broke")
    assert world.ran == ["a", "b", "b", "b", "undo a"]


def test_failures_of_all_branches_open_one_circuit() -> None:
    state = start_all(state_of(parallel(kernel("a"), kernel("b"), strategy=breaker(2))))
    state = start_all(advance(state, "plan/1", BROKEN))
    assert [step.id for step in started_steps(state)] == ["plan/0", "plan/1~2"]
    state = advance(state, "plan/0", BROKEN)
    assert next_steps(state) == ()  # open: nothing is tried again
    state = advance(state, "plan/1~2", OK)
    assert [step.id for step in next_steps(state)] == ["plan/1~2/undo"]


def test_a_rollback_that_fails_is_named_and_the_others_go_on() -> None:
    world = World("c", "undo b")
    state = run_to_end(state_of(sequence(kernel("a"), kernel("b"), kernel("c"))), world)
    assert world.ran == ["a", "b", "c", "undo b", "undo a"]
    assert left_behind(state) == ("plan/1",)
    assert outcome(state) == Failed("c: it broke; not rolled back: plan/1")


def test_branches_that_write_one_property_fail() -> None:
    found = outcome(run_to_end(state_of(parallel(kernel("a"), kernel("a"))), World()))
    assert found == Failed("two branches wrote a")


def test_a_template_without_a_value_fails_its_step() -> None:
    found = outcome(state_of(sequence(kernel("a", input={"prompt": "input.gone"}))))
    assert isinstance(found, Failed)


def test_of_two_results_for_one_step_the_first_counts() -> None:
    state = advance(start_all(state_of(kernel("a"))), "plan", OK)
    assert advance(state, "plan", BROKEN) == state


def test_only_steps_that_may_run_are_started_and_only_started_ones_reported() -> None:
    state = state_of(sequence(kernel("a"), kernel("b")))
    with pytest.raises(UnknownStep):
        advance(state, "plan/0", OK)
    (step,) = next_steps(state)
    with pytest.raises(UnknownStep):
        start(start(state, [step]), [step])


def test_a_decision_once_made_is_kept() -> None:
    plan = {"kind": "conditional", "when": "size(input.prompt) > 1", "then": kernel("a")}
    state = start_all(state_of(plan))
    assert state.decided["plan/when"].value is True
    assert advance(state, "plan/then", OK).decided == state.decided


def plans() -> st.SearchStrategy[dict[str, Any]]:
    leaves = st.sampled_from("abcdef").map(kernel)
    return st.recursive(leaves, _larger, max_leaves=7)


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    strategy = st.sampled_from([{"kind": "all_or_nothing"}, {"kind": "best_effort"}, breaker(3)])
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda s, how: sequence(*s, strategy=how), several, strategy),
        st.builds(
            lambda s, how: parallel(
                *({**one, "name": f"n{i}"} for i, one in enumerate(s)), strategy=how
            ),
            several,
            strategy,
        ),
        st.builds(
            lambda one, n: {"kind": "loop", "body": one, "at_most": n}, inner, st.integers(1, 3)
        ),
        st.builds(lambda one: {"kind": "conditional", "when": "true", "then": one}, inner),
    )


def run_with_stops(state: PlanState, chance: random.Random, share: float) -> PlanState:
    """Results come in any order; after each, all that survives is the state's JSON."""
    seen: dict[str, StepResult] = {}
    for _ in range(2_000):
        state = start_all(PlanState.model_validate_json(state.model_dump_json()))
        at_work = started_steps(state)
        if not at_work:
            return state
        step = chance.choice(at_work)
        failed = step.action == "run" and chance.random() < share
        result = StepResult(failure="it broke") if failed else StepResult(output={"of": step.id})
        result = seen.setdefault(step.id, result)
        state = advance(state, step.id, result)
    raise AssertionError("it never ends")


@settings(max_examples=150, deadline=None)
@given(plans(), st.integers(0, 10_000), st.sampled_from([0.0, 0.2, 0.6]))
def test_any_plan_ends_whatever_fails_and_undoes_what_a_failed_plan_did(
    plan: dict[str, Any], seed: int, share: float
) -> None:
    state = run_with_stops(state_of(plan), random.Random(seed), share)
    found = outcome(state)
    assert not isinstance(found, Waiting)
    good = [r.step for r in state.reported if not r.result.failure and not is_undo(r.step)]
    undone = [r.step.removesuffix("/undo") for r in state.reported if is_undo(r.step)]
    assert len(set(undone)) == len(undone)
    if isinstance(found, Failed):
        assert sorted(undone) == sorted(good)
    if share == 0.0:
        assert isinstance(found, Done)
        assert not undone


def is_undo(step: str) -> bool:
    return step.endswith("/undo")
