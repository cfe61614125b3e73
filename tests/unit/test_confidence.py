"""How far a compiled kernel is trusted."""

from dataclasses import replace

import pytest

from kernels.compiler.confidence import WEIGHTS, CompileSignals, compile_confidence

BEST = CompileSignals(
    trace_length=16,
    distinct_tools=8,
    evidence_count=8,
    compression_gain=4,
    reuse_value=1,
    failure_risk=0,
    conflicts=0,
    evidence_density=1,
)
WORST = CompileSignals(
    trace_length=0,
    distinct_tools=0,
    evidence_count=0,
    compression_gain=0,
    reuse_value=0,
    failure_risk=1,
    conflicts=4,
    evidence_density=0,
)


def test_weights_sum_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_confidence_spans_zero_to_one() -> None:
    assert compile_confidence(BEST)["total"] == 1
    assert compile_confidence(WORST)["total"] == 0


def test_signals_beyond_their_range_are_clipped() -> None:
    assert compile_confidence(replace(BEST, trace_length=99, compression_gain=40)) == (
        compile_confidence(BEST)
    )
    assert compile_confidence(replace(WORST, conflicts=99))["total"] == 0


@pytest.mark.parametrize("risk", ["failure_risk", "conflicts"])
def test_a_risk_lowers_confidence(risk: str) -> None:
    assert compile_confidence(replace(BEST, **{risk: 1}))["total"] < 1


@pytest.mark.parametrize("good", sorted(set(WEIGHTS) - {"failure_risk", "conflicts"}))
def test_a_good_sign_raises_confidence(good: str) -> None:
    assert compile_confidence(replace(WORST, **{good: 1}))["total"] > 0
