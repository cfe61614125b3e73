"""How well prompts are routed: the trained head beside plain cosine and BM25."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np

from kernels.encoder import Vector, embed_layers, encoder_digest, last_mean
from kernels.head import Ids
from kernels.head_fitting import Exemplars, HeadConfig, fit_head
from kernels.trust_fitting import (
    HeldOut,
    TrustConfig,
    fit_trust,
    gather_evidence,
    read_prompts,
    thresholds,
)
from kwsite.bench.routing_data import Split, data_sets, split
from kwsite.bench.routing_figures import (
    Floats,
    RoutingFigures,
    Scored,
    routing_figures,
    traffic_weights,
    wrong_share,
)

EXEMPLARS = (10, 30, 100)
OUT_OF_SCOPE_SHARE = 2 / 11  # of the traffic: 1,000 of 5,500, as in CLINC150's test
RESAMPLES = 200
BATCH = 1024
STEPS = 8  # heads that are fitted for one result

Embedded = dict[str, Vector]

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG when imported


@dataclass(frozen=True)
class CeilingResult:
    """One ceiling: what the fitted threshold serves and lets through, and how often it holds."""

    ceiling: float
    threshold: float
    coverage: float
    wrong: float
    kept: float  # share of the resamples


@dataclass(frozen=True)
class RoutingResult:
    """One data set, number of exemplars and seed. Figures are at the usual traffic mix."""

    data: str
    exemplars: int
    seed: int
    tested: tuple[int, int]  # prompts in scope, out of scope
    routers: dict[str, RoutingFigures]
    as_given: RoutingFigures  # the head's, with the test part's own mix
    ceilings: tuple[CeilingResult, ...]


def measure_routing(
    folder: Path, *, counts: Sequence[int], seeds: int, advance: Callable[[], object]
) -> list[RoutingResult]:
    """One result for each data set, count of exemplars and seed. Raises UnusableData.

    `advance` is told `STEPS` times for each result.
    """
    results = []
    for name in data_sets(folder):
        embedded: Embedded = {}
        for exemplars in counts:
            for seed in range(seeds):
                cut = split(folder, name, exemplars=exemplars, seed=seed)
                _embed(cut, embedded)
                results.append(_result(cut, exemplars, seed, embedded, advance))
    return results


def _result(
    cut: Split, count: int, seed: int, embedded: Embedded, advance: Callable[[], object]
) -> RoutingResult:
    exemplars = _exemplars(cut, embedded)
    positions = {intent: number for number, intent in enumerate(cut.intents)}
    layers = _rows([prompt for prompt, _ in cut.inside] + list(cut.outside), embedded)
    truth = np.array([positions[intent] for _, intent in cut.inside] + [-1] * len(cut.outside))
    weights = traffic_weights(truth >= 0, OUT_OF_SCOPE_SHARE)
    scored, samples = _head(cut, exemplars, layers, truth, seed, embedded, advance)
    routers = {"head": routing_figures(scored, weights, probability=True)}
    for name, plain in (
        ("cosine, 1-NN", _nearest(exemplars, layers, truth)),
        ("cosine, centroid", _centroid(exemplars, layers, truth)),
        ("BM25", _bm25(cut, truth)),
    ):
        routers[name] = routing_figures(plain, weights, probability=False)
    config = TrustConfig(seed=seed)
    return RoutingResult(
        cut.name,
        count,
        seed,
        (len(cut.inside), len(cut.outside)),
        routers,
        routing_figures(scored, np.ones(len(truth)), probability=True),
        _ceilings(scored, weights, samples, config),
    )


def _head(
    cut: Split,
    exemplars: Exemplars,
    layers: Vector,
    truth: Ids,
    seed: int,
    embedded: Embedded,
    advance: Callable[[], object],
) -> tuple[Scored, tuple[HeldOut, ...]]:
    """Fits head and P(right) without the test part, then reads the test part."""
    head_config, config = HeadConfig(seed=seed), TrustConfig(seed=seed)
    background = _rows(cut.background, embedded)
    head = fit_head(exemplars, background, head_config, encoder_digest())
    advance()
    evidence = gather_evidence(
        head=head,
        exemplars=exemplars,
        background=background,
        recorded=_rows([prompt for prompt, _ in cut.recorded], embedded),
        recorded_kernels=_positions(cut, [intent for _, intent in cut.recorded]),
        head_config=head_config,
        config=config,
        advance=advance,
    )
    fitted = fit_trust(evidence, len(head.kernels), config)
    reading = read_prompts(head, layers, exemplars)
    scored = Scored(fitted.trust.probability(reading), reading.chosen == truth, truth >= 0)
    return scored, fitted.samples


def _ceilings(
    scored: Scored, weights: Floats, samples: Sequence[HeldOut], config: TrustConfig
) -> tuple[CeilingResult, ...]:
    """Each resample draws the calibration and the traffic anew, and fits the threshold again."""
    dice = np.random.default_rng(config.seed)
    kept = dict.fromkeys(config.ceilings, 0)
    for _ in range(RESAMPLES):
        again = [_drawn_anew(sample, dice) for sample in samples]
        traffic = dice.choice(len(weights), size=len(weights), p=weights / weights.sum())
        seen = Scored(scored.scores[traffic], scored.right[traffic], scored.inside[traffic])
        for ceiling, threshold in thresholds(again, config).items():
            kept[ceiling] += wrong_share(seen, threshold) <= ceiling
    return tuple(
        CeilingResult(
            ceiling,
            threshold,
            float(weights[scored.scores >= threshold].sum() / weights.sum()),
            _weighted_wrong(scored, weights, threshold),
            kept[ceiling] / RESAMPLES,
        )
        for ceiling, threshold in thresholds(samples, config).items()
    )


def _drawn_anew(sample: HeldOut, dice: np.random.Generator) -> HeldOut:
    drawn = dice.integers(len(sample.right), size=len(sample.right))
    return HeldOut(sample.probabilities[drawn], sample.right[drawn], sample.chosen[drawn])


def _weighted_wrong(scored: Scored, weights: Floats, threshold: float) -> float:
    served = scored.scores >= threshold
    total = weights[served].sum()
    return float(weights[served & ~scored.right].sum() / total) if total else 0.0


def _nearest(exemplars: Exemplars, layers: Vector, truth: Ids) -> Scored:
    cosines = last_mean(layers) @ exemplars.plain.T
    chosen = exemplars.kernels[cosines.argmax(1)]
    return Scored(cosines.max(1).astype(np.float64), chosen == truth, truth >= 0)


def _centroid(exemplars: Exemplars, layers: Vector, truth: Ids) -> Scored:
    means = np.array(
        [
            exemplars.plain[exemplars.kernels == kernel].mean(0)
            for kernel in range(len(exemplars.names))
        ]
    )
    cosines = last_mean(layers) @ (means / np.linalg.norm(means, axis=1, keepdims=True)).T
    return Scored(cosines.max(1).astype(np.float64), cosines.argmax(1) == truth, truth >= 0)


def _bm25(cut: Split, truth: Ids) -> Scored:
    index = bm25s.BM25()
    index.index(_words([prompt for prompt, _ in cut.exemplars]), show_progress=False)
    prompts = [prompt for prompt, _ in cut.inside] + list(cut.outside)
    found, scores = index.retrieve(_words(prompts), k=1, show_progress=False)
    chosen = _positions(cut, [intent for _, intent in cut.exemplars])[found[:, 0]]
    return Scored(scores[:, 0].astype(np.float64), chosen == truth, truth >= 0)


def _words(prompts: Sequence[str]) -> list[list[str]]:
    tokens: list[list[str]] = bm25s.tokenize(
        list(prompts), stopwords=None, return_ids=False, show_progress=False
    )
    return tokens


def _exemplars(cut: Split, embedded: Embedded) -> Exemplars:
    names = cut.intents
    _embed_all([_description(name) for name in names], embedded)
    return Exemplars(
        _rows([prompt for prompt, _ in cut.exemplars], embedded),
        _positions(cut, [intent for _, intent in cut.exemplars]),
        names,
        last_mean(_rows([_description(name) for name in names], embedded)),
    )


def _description(intent: str) -> str:
    return intent.replace("_", " ")


def _positions(cut: Split, intents: Sequence[str]) -> Ids:
    positions = {intent: number for number, intent in enumerate(cut.intents)}
    return np.array([positions[intent] for intent in intents], dtype=np.int64)


def _rows(prompts: Sequence[str], embedded: Embedded) -> Vector:
    if not prompts:
        return np.zeros((0, len(next(iter(embedded.values())))), dtype=np.float32)
    return np.array([embedded[prompt] for prompt in prompts])


def _embed(cut: Split, embedded: Embedded) -> None:
    labelled = cut.exemplars + cut.recorded + cut.inside
    _embed_all([prompt for prompt, _ in labelled] + [*cut.background, *cut.outside], embedded)


def _embed_all(prompts: Sequence[str], embedded: Embedded) -> None:
    new = [prompt for prompt in dict.fromkeys(prompts) if prompt not in embedded]
    for start in range(0, len(new), BATCH):
        batch = new[start : start + BATCH]
        embedded.update(zip(batch, embed_layers(batch), strict=True))
