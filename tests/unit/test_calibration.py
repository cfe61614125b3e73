"""From features to a probability, and the threshold that holds the ceiling."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from kernels.calibration import Calibrator
from kernels.fitting import Example, fit
from kernels.matching import Features
from kernels.wrong_reuse import _clustered_bound, lowest_safe_threshold, wrong_reuse_bound


def features(similarity: float) -> Features:
    return Features(similarity, similarity, 0.5, 1.0, 0.7, 0.0, 0.3, similarity, 0.8, 1.0)


def examples(count: int, noise: float = 0.0) -> list[Example]:
    dice = random.Random(7)
    found = []
    for number in range(count):
        fits = number % 2 == 0
        similarity = dice.uniform(0.7, 1.0) if fits else dice.uniform(0.0, 0.4)
        found.append(
            Example(
                features(similarity),
                fits != (dice.random() < noise),
                f"{number}",
                f"kernel-{number % 3}",
            )
        )
    return found


@pytest.mark.parametrize(("wrong", "reused"), [(0, 10), (1, 30), (5, 100)])
def test_the_bound_is_exact(wrong: int, reused: int) -> None:
    bound = wrong_reuse_bound(wrong, reused)
    assert binom.cdf(wrong, reused, bound) == pytest.approx(0.05)


def test_the_bound_without_evidence_is_one() -> None:
    assert wrong_reuse_bound(0, 0) == 1
    assert wrong_reuse_bound(4, 4) == 1


def test_the_bound_tightens_with_evidence() -> None:
    assert wrong_reuse_bound(0, 100) < wrong_reuse_bound(0, 20) < wrong_reuse_bound(1, 20)


def test_the_threshold_admits_as_much_as_the_ceiling_allows() -> None:
    probabilities = [1 - n / 200 for n in range(100)]
    fits = [n < 60 for n in range(100)]
    strict = lowest_safe_threshold(probabilities, fits, 0.05)
    loose = lowest_safe_threshold(probabilities, fits, 0.20)
    assert loose < strict <= 1
    for threshold, ceiling in ((strict, 0.05), (loose, 0.20)):
        reused = [fit for p, fit in zip(probabilities, fits, strict=True) if p >= threshold]
        assert wrong_reuse_bound(reused.count(False), len(reused)) <= ceiling


def test_examples_that_are_wrong_together_ask_for_more() -> None:
    """Ten wrong ones of two hundred: each its own accident, or all of one kernel."""
    dice = random.Random(4)
    ranked = [1 - n / 400 for n in range(200)]
    wrong = set(dice.sample(range(40, 200), 10))
    fits = [n not in wrong for n in range(200)]
    alone = lowest_safe_threshold(ranked, fits, 0.09, list(range(200)))
    together = [0 if n in wrong else 1 + n % 40 for n in range(200)]
    assert alone == lowest_safe_threshold(ranked, fits, 0.09)
    assert lowest_safe_threshold(ranked, fits, 0.09, together) > alone


def test_the_clustered_bound_is_that_of_the_ratio_estimator() -> None:
    dice = np.random.default_rng(5)
    clusters, is_wrong = dice.integers(7, size=60), dice.random(60) < 0.3
    bound = _clustered_bound(np.cumsum(is_wrong), np.arange(1, 61), clusters)
    n, w = np.bincount(clusters, minlength=7), np.bincount(clusters, is_wrong, minlength=7)
    rate = is_wrong.mean()
    spread = np.sqrt(((w - rate * n) ** 2).sum()) / 60
    assert bound[-1] == pytest.approx(rate + 1.6448536 * spread)


def test_equal_probabilities_are_admitted_together_or_not_at_all() -> None:
    threshold = lowest_safe_threshold([0.9] * 100, [True] * 60 + [False] * 40, 0.10)
    assert threshold > 1


def test_too_little_evidence_allows_no_reuse() -> None:
    assert lowest_safe_threshold([0.99] * 5, [True] * 5, 0.10) > 1


def test_fitting_separates_what_fits() -> None:
    calibrator, metrics = fit(examples(200), 0.10)
    assert (
        calibrator.probability(features(0.95)) > 0.9 > 0.1 > calibrator.probability(features(0.1))
    )
    assert calibrator.threshold <= 1
    assert metrics["general_wrong_reuse_bound"] <= 0.10
    assert metrics["general_coverage"] > 0.8


def test_noisy_evidence_allows_no_reuse_under_a_low_ceiling() -> None:
    calibrator, metrics = fit(examples(200, noise=0.3), 0.02)
    assert calibrator.threshold > 1
    assert metrics["general_coverage"] == 0


def test_one_class_alone_cannot_be_fitted() -> None:
    with pytest.raises(ValueError, match="do not"):
        fit([Example(features(0.9), True, f"{n}", "a") for n in range(20)], 0.10)


def test_one_class_in_one_fold_alone_still_fits() -> None:
    lonely = [
        Example(features(0.1 if n % 5 == 0 else 0.9), n % 5 != 0, f"{n}", "a") for n in range(50)
    ]
    assert fit(lonely, 0.10)[0].probability(features(0.9)) > 0.5


def test_a_prompt_is_never_judged_by_a_model_that_saw_it() -> None:
    """Two prompts that every kernel sees alike: were they split over folds, P would know them."""
    few = [Example(features(0.5 + n / 1e3), n % 2 == 0, f"{n}", "a") for n in range(4)] * 40
    with pytest.raises(ValueError, match="do not"):
        fit(few, 0.10)
    dice = random.Random(3)
    marks = {n: (dice.random(), n % 2 == 0) for n in range(20)}
    copied = [Example(features(at), fits, f"{n}", "a") for n, (at, fits) in marks.items()] * 40
    assert (
        fit(copied, 0.10)[1]["general_coverage"] == 0
    )  # a chance mark says nothing, seen 40 times or once


def test_a_calibrator_survives_json() -> None:
    calibrator, _ = fit(examples(60), 0.10)
    assert Calibrator.from_json(json.loads(json.dumps(calibrator.as_json()))) == calibrator


def test_other_features_are_refused() -> None:
    calibrator, _ = fit(examples(60), 0.10)
    with pytest.raises(ValueError, match="fit it again"):
        Calibrator.from_json({**calibrator.as_json(), "features": ["other"]})


def test_a_guard_has_a_threshold_of_its_own() -> None:
    """Half of what comes without a guard is wrong; behind it all is right."""
    guarded = [replace(e, guarded=True, general=False) for e in examples(80) if e.fits]
    open_to_all = [replace(e, kernel="open") for e in examples(200, noise=0.4)]
    calibrator, metrics = fit([*guarded, *open_to_all], 0.10)
    assert calibrator.threshold > 1
    assert calibrator.threshold_for("kernel-0") <= 1
    assert calibrator.threshold_for("another kernel") == calibrator.threshold
    assert (metrics["general_coverage"], metrics["guarded_wrong_reuse"]) == (0, 0)
