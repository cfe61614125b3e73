"""Best of N by a process reward model that was fitted on the samples of other questions."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean
from time import perf_counter

import numpy as np

from kernels.encoder import Vector, embed_all
from kwsite.bench.search.arms import REWARDED, Outcome, Sample
from kwsite.bench.search.choosing import FOLDS
from kwsite.bench.search.questions import Question
from kwsite.bench.search.timing import SCORE
from training.nets.prm import step_inputs
from training.prm.learning import PrmConfig, Steps, fit_prm
from training.prm.step_labels import VerifiedLeaf, VerifierOutcome, step_examples
from training.snapshots.in_service import StepScorer
from training.text_vectors import TextVectors

WORKER = "math"


def cross_rewarded(questions: Sequence[Question], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The samples of each question, chosen among by a net that saw those of the other folds.

    A step is labelled by the right answers behind it: the gold answer is the verifier here.
    """
    sampled = [one for one in outcomes if one.samples]
    vectors = TextVectors(embed_all)
    found = []
    for fold in range(FOLDS):
        inside = {one.question for one in sampled[fold::FOLDS]}
        taught = [one for one in sampled if one.question not in inside]
        asked = [one for one in sampled if one.question in inside]
        if not taught or not asked:
            continue
        net = fit_prm(_steps(questions, taught, vectors), PrmConfig()).net
        scorer = StepScorer(net, vectors)
        found += [_chosen(questions[one.question].text, one, scorer) for one in asked]
    return sorted(found, key=lambda one: one.question)


def _chosen(query: str, sampled: Outcome, scorer: StepScorer) -> Outcome:
    began = perf_counter()
    ended = [one for one in sampled.samples if one.answer]
    best = max(ended, key=lambda one: fmean(scorer.score(query, WORKER, one.steps)), default=None)
    return replace(
        sampled,
        arm=REWARDED,
        right=bool(best and best.right),
        answer=best.answer if best else "",
        parts={**sampled.parts, SCORE: round(perf_counter() - began, 4)},
        shared=True,
        samples=(),
    )


def _steps(questions: Sequence[Question], taught: Sequence[Outcome], vectors: TextVectors) -> Steps:
    rows = [
        (inputs, label)
        for one in taught
        for inputs, label in _examples(questions[one.question].text, one.samples, vectors)
    ]
    inputs, labels = zip(*rows, strict=True)
    return Steps(np.stack(inputs), np.array(labels, np.float32))


def _examples(
    query: str, samples: Sequence[Sample], vectors: TextVectors
) -> Iterator[tuple[Vector, float]]:
    leaves = [
        VerifiedLeaf(one.steps, VerifierOutcome(one.right, float(one.right), "gold answer"))
        for one in samples
    ]
    for step in step_examples(leaves):
        known = vectors.of([query, step.step, *step.before])
        before = [known[text] for text in step.before]
        yield step_inputs(known[query], known[step.step], before, WORKER), step.label
