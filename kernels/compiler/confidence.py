"""How far a compiled kernel can be trusted before it has served anybody (row KW3)."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class CompileSignals:
    """What the traces say. Counts are per trace unless said otherwise; rates are in 0..1."""

    trace_length: float  # events
    distinct_tools: float  # 0 today: what offers tools is not promoted
    evidence_count: float  # checks that passed
    compression_gain: float  # tokens before / tokens after
    reuse_value: float  # mean reward of the traces
    failure_risk: float  # share of replayed prompts that failed
    conflicts: int  # live kernels that already serve such prompts
    evidence_density: float  # passed checks / events


WEIGHTS = {
    "trace_length": 0.05,
    "distinct_tools": 0.05,
    "evidence_count": 0.15,
    "compression_gain": 0.15,
    "reuse_value": 0.25,
    "failure_risk": 0.25,
    "conflicts": 0.05,
    "evidence_density": 0.05,
}


def compile_confidence(signals: CompileSignals) -> dict[str, float]:
    """Each signal between 0 and 1 (risks turned round), and their weighted sum as `total`."""
    parts = {
        "trace_length": _share(signals.trace_length, 16),
        "distinct_tools": _share(signals.distinct_tools, 8),
        "evidence_count": _share(signals.evidence_count, 8),
        "compression_gain": _share(signals.compression_gain, 4),
        "reuse_value": _share(signals.reuse_value, 1),
        "failure_risk": 1 - _share(signals.failure_risk, 1),
        "conflicts": 1 - _share(signals.conflicts, 4),
        "evidence_density": _share(signals.evidence_density, 1),
    }
    assert parts.keys() == asdict(signals).keys() == WEIGHTS.keys()
    total = sum(WEIGHTS[name] * value for name, value in parts.items())
    return {**{name: round(value, 4) for name, value in parts.items()}, "total": round(total, 4)}


def _share(value: float, full: float) -> float:
    return min(1.0, max(0.0, value / full))
