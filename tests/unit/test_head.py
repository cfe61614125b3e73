"""The trained head and P(right), on a few made-up kernels that lie apart."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kernels.encoder import DIMENSIONS, PARTS, Vector, last_mean
from kernels.head import NEIGHBOURS, SIGNS, Head, Neighbours, Reading, neighbours
from kernels.head_fitting import Exemplars, HeadConfig, fit_head
from kernels.trust import Trust
from kernels.trust_fitting import (
    BACKGROUND,
    EXEMPLAR,
    RECORDED,
    STRANGER,
    Evidence,
    HeldOut,
    TrustConfig,
    fit_trust,
    gather_evidence,
    read_prompts,
    thresholds,
)

KERNELS = 4
EACH = 30
CENTRES = np.random.default_rng(1).normal(size=(KERNELS, PARTS * DIMENSIONS))
CONFIG = HeadConfig(components=20)
TRUST = TrustConfig(ceilings=(0.05, 0.2), strangers=20)


def layers(centres: np.ndarray, seed: int) -> Vector:
    noisy = centres + np.random.default_rng(seed).normal(size=centres.shape)
    parts = noisy.reshape(-1, PARTS, DIMENSIONS)
    unit: Vector = (parts / np.linalg.norm(parts, axis=2, keepdims=True)).astype(np.float32)
    return unit.reshape(centres.shape)


def strangers(count: int, seed: int) -> Vector:
    return layers(np.random.default_rng(seed).normal(size=(count, PARTS * DIMENSIONS)), seed)


def exemplars() -> Exemplars:
    kernels = np.arange(KERNELS * EACH) % KERNELS
    descriptions = CENTRES[:, :DIMENSIONS] / np.linalg.norm(
        CENTRES[:, :DIMENSIONS], axis=1, keepdims=True
    )
    return Exemplars(
        layers(CENTRES[kernels], 2), kernels, ("a", "b", "c", "d"), descriptions.astype(np.float32)
    )


@pytest.fixture(scope="module")
def head() -> Head:
    return fit_head(exemplars(), strangers(20, 3), CONFIG, "e" * 64)


@pytest.fixture(scope="module")
def evidence(head: Head) -> Evidence:
    kernels = np.arange(80) % KERNELS
    return gather_evidence(
        head=head,
        exemplars=exemplars(),
        background=strangers(20, 3),
        recorded=layers(CENTRES[kernels], 5),
        recorded_kernels=kernels,
        head_config=CONFIG,
        config=TRUST,
        advance=lambda: None,
    )


def test_it_chooses_the_kernel_of_prompts_it_has_not_seen(head: Head) -> None:
    kernels = np.arange(40) % KERNELS
    reading = read_prompts(head, layers(CENTRES[kernels], 4), exemplars())
    assert (reading.chosen == kernels).all()
    assert reading.signs.shape == (40, len(SIGNS))
    assert np.isfinite(reading.signs).all()


def test_a_prompt_for_no_kernel_has_weaker_signs(head: Head) -> None:
    known = read_prompts(head, layers(CENTRES, 4), exemplars()).signs.mean(0)
    strange = read_prompts(head, strangers(20, 6), exemplars()).signs.mean(0)
    for sign in ("member_logit", "centroid_cosine", "nearest_own"):
        assert known[SIGNS.index(sign)] > strange[SIGNS.index(sign)]
    assert known[SIGNS.index("distance")] < strange[SIGNS.index("distance")]


def test_it_can_be_fitted_without_background() -> None:
    head = fit_head(exemplars(), strangers(0, 3), CONFIG, "e" * 64)
    assert (read_prompts(head, layers(CENTRES, 4), exemplars()).chosen == range(KERNELS)).all()


def test_the_same_seed_fits_the_same_head(head: Head) -> None:
    again = fit_head(exemplars(), strangers(20, 3), CONFIG, "e" * 64)
    np.testing.assert_allclose(again.choice_weights, head.choice_weights, atol=1e-4)


def test_a_head_survives_its_bytes(head: Head) -> None:
    read = Head.from_bytes(head.to_bytes())
    assert (read.kernels, read.encoder_digest) == (head.kernels, head.encoder_digest)
    prompts = layers(CENTRES, 4)
    before, after = (read_prompts(one, prompts, exemplars()) for one in (head, read))
    np.testing.assert_array_equal(before.signs, after.signs)


def test_a_kernel_that_is_not_allowed_is_as_if_it_were_not_there(head: Head) -> None:
    prompts = layers(CENTRES[:1], 4)
    near = neighbours(last_mean(prompts), exemplars().plain, exemplars().kernels)
    everyone = head.read(prompts, near)
    others = head.read(prompts, near, allowed=np.arange(KERNELS) != everyone.chosen[0])
    assert others.chosen[0] != everyone.chosen[0]
    margin = SIGNS.index("centroid_margin")
    assert others.signs[0, margin] > -0.5  # the one left out is no rival
    assert np.isfinite(others.signs).all()


def test_every_row_of_evidence_knows_its_prompt(evidence: Evidence) -> None:
    assert sorted(evidence.row[evidence.kind == BACKGROUND]) == list(range(20))
    assert sorted(evidence.row[evidence.kind == RECORDED]) == list(range(80))
    held_out = evidence.row[evidence.kind == EXEMPLAR]
    assert len(held_out) == len(set(held_out)) > 0
    hidden = evidence.row[evidence.kind == STRANGER]
    assert {*held_out, *hidden} <= set(range(KERNELS * EACH))


def test_neighbours_come_nearest_first() -> None:
    found = neighbours(exemplars().plain[:5], exemplars().plain, exemplars().kernels)
    assert found.similarities.shape == (5, NEIGHBOURS)
    assert (np.diff(found.similarities, axis=1) <= 0).all()
    assert (found.kernels[:, 0] == exemplars().kernels[:5]).all()


def test_where_no_neighbour_is_the_chosen_kernels_the_farthest_stands_in(head: Head) -> None:
    similarities = np.linspace(0.9, 0.5, NEIGHBOURS, dtype=np.float32)[None]
    near = Neighbours(similarities, np.full((1, NEIGHBOURS), 3))
    signs = head.read(layers(CENTRES[:1], 4), near).signs[0]
    assert signs[SIGNS.index("nearest_own")] == pytest.approx(0.5)
    assert signs[SIGNS.index("agreement")] == 0


@pytest.mark.parametrize("wrong", [{"components": 0}, {"shrinkage": 2.0}, {"iterations": 0}])
def test_it_rejects_settings_that_make_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        HeadConfig(**wrong)  # type: ignore[arg-type]


def test_every_prompt_is_read_once_by_a_head_without_it(evidence: Evidence) -> None:
    assert np.bincount(evidence.kind)[BACKGROUND] == 20
    assert len(evidence.right) == len(evidence.reading.chosen) == len(evidence.kind)
    assert not evidence.right[evidence.kind == BACKGROUND].any()


def test_what_is_right_is_trusted_more(head: Head, evidence: Evidence) -> None:
    fitted = fit_trust(evidence, KERNELS, TRUST)
    trust, samples = fitted.trust, fitted.samples
    known = trust.probability(read_prompts(head, layers(CENTRES, 8), exemplars()))
    strange = trust.probability(read_prompts(head, strangers(20, 9), exemplars()))
    assert known.mean() > 0.8 > 0.4 > strange.mean()
    for sample in samples:
        right, wrong = sample.probabilities[sample.right], sample.probabilities[~sample.right]
        assert right.mean() > wrong.mean()


def test_the_sample_has_its_share_for_no_kernel(evidence: Evidence) -> None:
    samples = fit_trust(evidence, KERNELS, replace(TRUST, out_of_scope_share=0.25)).samples
    for sample in samples:
        assert (~sample.right).mean() == pytest.approx(0.25, abs=0.05)


def test_a_threshold_holds_whatever_is_for_no_kernel() -> None:
    def sample(wrong: int) -> HeldOut:
        ranked = np.linspace(1, 0, 200)
        return HeldOut(ranked, np.arange(200) < 200 - wrong, np.arange(200))

    far, close = sample(60), sample(120)
    both = thresholds([far, close], TRUST)[0.2]
    assert both == thresholds([close], TRUST)[0.2] > thresholds([far], TRUST)[0.2]


def test_a_lower_ceiling_asks_for_more(evidence: Evidence) -> None:
    trust = fit_trust(evidence, KERNELS, TRUST).trust
    assert trust.thresholds[0.05] >= trust.thresholds[0.2]


def test_too_little_evidence_allows_no_reuse() -> None:
    sample = HeldOut(np.full(10, 0.99), np.ones(10, dtype=bool), np.arange(10))
    assert thresholds([sample], TRUST)[0.05] > 1


def test_trust_survives_json(head: Head, evidence: Evidence) -> None:
    trust = fit_trust(evidence, KERNELS, TRUST).trust
    read = Trust.from_json(json.loads(json.dumps(trust.as_json())))
    assert read == trust


def test_other_signs_are_refused(evidence: Evidence) -> None:
    trust = fit_trust(evidence, KERNELS, TRUST).trust
    with pytest.raises(ValueError, match="fit it again"):
        Trust.from_json({**trust.as_json(), "signs": ["other"]})


def test_the_record_of_a_kernel_counts() -> None:
    empty = Trust((), (0.0, -2.0), 0.0, {})
    good, bad = empty.probability(Reading(np.array([0, 1]), np.zeros((2, 0), dtype=np.float32)))
    assert good == 0.5 > bad
