"""The nets: their shapes, and what fitting them must and must not do."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from tests.net_lessons import lessons, no_lessons, steps
from training.nets.fitting import NotFinite, RisingLoss, start_from_seed
from training.nets.policy import PolicyNet
from training.nets.prm import PrmNet, step_inputs
from training.nets.roster import WORKERS, UnknownWorker
from training.policy.learning import Lessons, PolicyConfig, fit_policy
from training.prm.learning import PrmConfig, fit_prm

LESSONS = lessons(400)
STEPS = steps(600)


def shapes(net: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(one.shape) for name, one in net.state_dict().items() if one.ndim == 2}


def test_the_policy_has_the_shapes_of_the_product() -> None:
    assert shapes(PolicyNet()) == {
        "hidden.weight": (256, 398),
        "residual.weight": (256, 398),
        "workers.weight": (6, 256),
        "depth.weight": (1, 256),
        "simulations.weight": (1, 256),
    }
    advice = PolicyNet()(torch.randn(1000, 398) * 100)
    assert advice.logits.shape == (1000, 6)
    assert bool(((advice.depth >= 3) & (advice.depth <= 10)).all())
    assert bool(((advice.simulations >= 5) & (advice.simulations <= 25)).all())


def test_the_policy_hands_its_input_on_past_the_relu() -> None:
    net = PolicyNet()
    with torch.no_grad():
        net.hidden.weight.zero_()
        net.hidden.bias.fill_(-1)  # the ReLU gives nothing
    one, other = net(torch.ones(1, 398)).logits, net(torch.zeros(1, 398)).logits
    assert not torch.allclose(one, other)


def test_the_reward_model_has_the_shapes_of_the_product() -> None:
    assert shapes(PrmNet()) == {
        "first.weight": (256, 1158),
        "second.weight": (64, 256),
        "score.weight": (1, 64),
    }
    scores = PrmNet().scores(np.random.default_rng(0).normal(size=(5, 1158)).astype(np.float32))
    assert scores.shape == (5,)
    assert ((scores > 0) & (scores < 1)).all()


def test_the_input_of_a_step_has_query_step_recent_steps_and_worker() -> None:
    query, step, *before = (np.full(384, n, dtype=np.float32) for n in range(1, 7))
    found = step_inputs(query, step, before, "logic")
    assert found.shape == (1158,)
    assert found[:384].tolist() == [1] * 384
    assert found[384:768].tolist() == [2] * 384
    assert found[768:1152].tolist() == [5] * 384  # of 3, 4, 5, 6 the last three
    assert found[1152:].tolist() == [0, 0, 1, 0, 0, 0]
    assert not step_inputs(query, step, [], "logic")[768:1152].any()
    with pytest.raises(UnknownWorker, match="alchemy"):
        step_inputs(query, step, [], "alchemy")


def test_the_policy_learns_who_is_right_though_a_third_of_the_choices_were_wrong() -> None:
    fitted = fit_policy(no_lessons(), LESSONS, PolicyConfig())
    unseen = lessons(300, seed=5, wrong=0)
    chosen = fitted.net(torch.from_numpy(unseen.inputs)).logits.argmax(1).numpy()
    assert (chosen == unseen.workers).mean() > 0.9  # by chance: 1 of 6
    assert fitted.loss < fitted.loss_before


def test_the_policy_learns_how_much_search_rewarded_answers_took() -> None:
    fitted = fit_policy(no_lessons(), LESSONS, PolicyConfig())
    unseen = lessons(300, seed=5, wrong=0)
    with torch.no_grad():
        advice = fitted.net(torch.from_numpy(unseen.inputs))
    deep = unseen.workers < 3
    assert advice.depth[deep].mean() > advice.depth[~deep].mean() + 2
    assert advice.simulations[deep].mean() > advice.simulations[~deep].mean() + 7


def test_answers_of_unknown_effort_teach_who_is_right_and_nothing_else() -> None:
    silent = np.full(len(LESSONS), np.nan, dtype=np.float32)
    fitted = fit_policy(
        no_lessons(), replace(LESSONS, depths=silent, simulations=silent), PolicyConfig()
    )
    start = PolicyNet()
    start_from_seed(start, 0)
    assert torch.equal(fitted.net.depth.weight, start.depth.weight)
    assert torch.equal(fitted.net.simulations.weight, start.simulations.weight)
    assert not torch.equal(fitted.net.workers.weight, start.workers.weight)


def test_the_experts_examples_teach_before_there_is_an_outcome() -> None:
    examples = lessons(60, seed=3, wrong=0)
    fitted = fit_policy(examples, no_lessons(), PolicyConfig())
    unseen = lessons(300, seed=5, wrong=0)
    chosen = fitted.net(torch.from_numpy(unseen.inputs)).logits.argmax(1).numpy()
    assert (chosen == unseen.workers).mean() > 0.9


def test_what_people_said_is_not_forgotten_after_the_window() -> None:
    """Sixty corrections, then a hundred outcomes of a router that always says "code"."""
    said = replace(lessons(60, wrong=0), told=np.ones(60, dtype=np.bool_))
    later = lessons(100, seed=4, wrong=0)
    one_sided = replace(later, workers=np.full(100, 1), rewards=np.full(100, 0.2, dtype=np.float32))
    log = Lessons(
        *(np.concatenate([getattr(said, f.name), getattr(one_sided, f.name)]) for f in fields(said))
    )
    unseen = lessons(300, seed=5, wrong=0)

    def accuracy(recalled: int) -> float:
        net = fit_policy(no_lessons(), log, PolicyConfig(recalled=recalled)).net
        chosen = net(torch.from_numpy(unseen.inputs)).logits.argmax(1).numpy()
        return float((chosen == unseen.workers).mean())

    assert accuracy(64) > 0.8 > 0.4 > accuracy(0)


def test_what_earned_nothing_teaches_nothing() -> None:
    """A reward of 0 takes a lesson out of the gradient."""
    paid = LESSONS.rewards == 1
    unpaid = replace(LESSONS, rewards=np.where(paid, 1, 0).astype(np.float32))
    misled = replace(unpaid, workers=np.where(paid, LESSONS.workers, 0))
    one, other = (fit_policy(no_lessons(), known, PolicyConfig()) for known in (unpaid, misled))
    for name, weights in one.net.state_dict().items():
        assert torch.equal(weights, other.net.state_dict()[name])


def test_the_reward_model_learns_soft_labels() -> None:
    fitted = fit_prm(STEPS, PrmConfig())
    unseen = steps(500, seed=9)
    scores = fitted.net.scores(unseen.inputs)
    good = unseen.labels > 0.5
    assert ((scores > 0.5) == good).mean() > 0.8
    assert scores[good].mean() - scores[~good].mean() > 0.3


@pytest.mark.parametrize(
    "fit",
    [
        lambda: fit_policy(no_lessons(), LESSONS, PolicyConfig()).net,
        lambda: fit_prm(STEPS, PrmConfig()).net,
    ],
)
def test_the_same_data_give_the_same_weights(fit: Callable[[], torch.nn.Module]) -> None:
    one = fit()
    torch.manual_seed(99)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    other = fit()
    assert torch.get_num_threads() == 2
    torch.set_num_threads(threads)
    for name, weights in one.state_dict().items():
        assert torch.equal(weights, other.state_dict()[name])


def test_another_seed_gives_other_weights() -> None:
    one, other = (fit_prm(STEPS, PrmConfig(seed=seed)).net for seed in (0, 1))
    assert not torch.equal(one.first.weight, other.first.weight)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_stops_the_fitting(bad: float) -> None:
    inputs = LESSONS.inputs.copy()
    inputs[3, 3] = bad
    with pytest.raises(NotFinite):
        fit_policy(no_lessons(), replace(LESSONS, inputs=inputs), PolicyConfig())
    step = STEPS.inputs.copy()
    step[3, 3] = bad
    with pytest.raises(NotFinite):
        fit_prm(replace(STEPS, inputs=step), PrmConfig())


def test_a_loss_that_rises_stops_the_fitting() -> None:
    with pytest.raises(RisingLoss):
        fit_prm(STEPS, PrmConfig(learning_rate=30.0, clip=1e6, batches=1))


@pytest.mark.parametrize("label", [-0.1, 1.1, np.nan])
def test_a_label_outside_its_range_is_refused(label: float) -> None:
    labels = STEPS.labels.copy()
    labels[0] = label
    with pytest.raises(ValueError, match=r"within 0\.\.1"):
        fit_prm(replace(STEPS, labels=labels), PrmConfig())


def test_there_are_six_workers_in_a_fixed_order() -> None:
    assert WORKERS == ("math", "code", "logic", "factual", "creative", "analysis")
