"""Bins of predictions and their error, coverage and precision, and shifts: computed by hand."""

import math

import pytest
from scipy.stats import beta

from kernels.calibration import Calibrator
from kernels.coverage import coverage_curve, kept_at, lowest_holding
from kernels.matching import Features
from kernels.reliability import Bin, expected_calibration_error, reliability
from kernels.shift import feature_shifts, histogram, index_by_chance, stability_index
from tests.unit.test_calibration import features


def test_predictions_fall_into_bins_of_equal_width() -> None:
    bins = reliability([0.0, 0.05, 0.1, 0.95, 1.0], [False, True, False, True, True])
    assert [(one.low, one.count) for one in bins] == [(0.0, 2), (0.1, 1), (0.9, 2)]
    assert bins[0].predicted == pytest.approx(0.025)
    assert bins[0].verified == 0.5
    assert bins[2].high == 1.0
    assert bins[2].predicted == pytest.approx(0.975)


def test_the_expected_error_weighs_bins_by_their_counts() -> None:
    bins = [Bin(0.6, 0.7, 30, 0.65, 0.5), Bin(0.9, 1.0, 10, 0.95, 1.0)]
    assert expected_calibration_error(bins) == pytest.approx((30 * 0.15 + 10 * 0.05) / 40)
    assert expected_calibration_error([]) is None


def test_a_perfect_prediction_has_no_error() -> None:
    assert expected_calibration_error(reliability([0.0, 1.0], [False, True])) == 0


LIKELIEST = [0.9, 0.8, 0.7, 0.6]
JUDGED = [(0.9, True), (0.8, False), (0.7, True)]


def test_a_threshold_keeps_a_share_of_requests_and_some_verdicts() -> None:
    kept = kept_at(0.8, LIKELIEST, JUDGED)
    assert (kept.coverage, kept.judged, kept.wrong, kept.precision) == (0.5, 2, 1, 0.5)
    assert kept.sure_precision == pytest.approx(1 - beta.ppf(0.95, 2, 1))
    assert kept_at(0.95, LIKELIEST, JUDGED).precision is None


def test_the_curve_goes_down_from_the_highest_threshold() -> None:
    curve = coverage_curve(LIKELIEST, JUDGED)
    assert [one.threshold for one in curve] == [0.9, 0.8, 0.7, 0.6]
    assert [one.coverage for one in curve] == [0.25, 0.5, 0.75, 1.0]
    assert [one.judged for one in curve] == [1, 2, 3, 3]
    assert coverage_curve([], []) == []


def test_the_lowest_threshold_that_surely_holds_serves_most() -> None:
    likeliest = [0.9] * 60 + [0.5] * 60
    judged = [(0.9, True)] * 60 + [(0.5, False)] * 60
    best = lowest_holding(coverage_curve(likeliest, judged), 0.05)
    assert best is not None
    assert (best.threshold, best.coverage) == (0.9, 0.5)  # 60 of 60: at most 4.9 % are wrong
    assert lowest_holding(coverage_curve(likeliest[:30], judged[:30]), 0.05) is None


def test_features_are_compared_with_the_mean_and_scale_of_the_fit() -> None:
    count = len(Features.names())
    calibrator = Calibrator((0.5,) * count, (0.1,) * count, (0.0,) * count, 0.0, 0.6)
    shifts = feature_shifts(calibrator, [features(0.9), features(0.7)])
    by_name = {one.feature: one for one in shifts}
    assert by_name["nearest_similarity"].recent == pytest.approx(0.8)
    assert by_name["nearest_similarity"].deviations == pytest.approx(3.0)
    assert by_name["description_similarity"].deviations == pytest.approx(0.0)
    assert abs(shifts[0].deviations) == max(abs(one.deviations) for one in shifts)
    assert feature_shifts(calibrator, []) == []


def test_the_stability_index_is_the_sum_over_bins() -> None:
    expected = (0.75 - 0.5) * math.log(0.75 / 0.5) + (0.25 - 0.5) * math.log(0.25 / 0.5)
    assert stability_index([5, 5], [75, 25]) == pytest.approx(expected)
    assert stability_index([3, 7], [30, 70]) == pytest.approx(0)
    assert stability_index([0, 0], [1, 1]) is None
    emptied = stability_index([5, 5], [10, 0])
    assert emptied is not None
    assert 0.25 < emptied < 10  # a bin of nothing does not count without end


def test_small_samples_of_one_distribution_have_an_index_by_chance() -> None:
    bound = index_by_chance([50, 50, 0], [30, 20, 0])  # two bins: one degree of freedom
    assert bound == pytest.approx(3.8415 * (1 / 100 + 1 / 50), rel=1e-4)
    found = stability_index([50, 50, 0], [30, 20, 0])
    assert found is not None
    assert found < bound


def test_a_histogram_counts_the_end_in_its_last_bin() -> None:
    assert histogram([0.0, 0.05, 0.5, 1.0]) == [2, 0, 0, 0, 0, 1, 0, 0, 0, 1]
