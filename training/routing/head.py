"""The trained routing head, fitted on what is live, and published if it serves better than that."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kernels.calibration import Calibrator
from kernels.encoder import encoder_digest
from kernels.head import Head
from kernels.head_fitting import HeadConfig, fit_head
from kernels.head_routing import live_head
from kernels.kernel_thresholds import kernel_thresholds
from kernels.models import Calibration, RoutingHead
from kernels.routing import is_ready
from kernels.slots import bind
from kernels.trust import Trust
from kernels.trust_fitting import (
    BACKGROUND,
    EXEMPLAR,
    RECORDED,
    STRANGER,
    Evidence,
    TrustConfig,
    fit_trust,
    gather_evidence,
)
from kernels.wrong_reuse import wrong_reuse_bound
from training.comparison import gain_bound
from training.not_fitted import NotRefitted
from training.publishing import publish
from training.routing.head_material import Material, gather_material, positions
from training.routing.incumbent import served_today
from training.routing.recalibration import NothingLive, NothingNew

LEAST_KERNELS = 3
STEPS = 8  # heads that are fitted
LEAST_OUTSIDE, MOST_OUTSIDE = 0.1, 0.9  # share of what reaches P that is for no kernel
State = RoutingHead.State


class SameMaterial(NothingNew):
    """A head was fitted from these very exemplars and verdicts before."""


class TooFewKernels(NotRefitted):
    """A head tells kernels apart: there are too few with enough exemplars."""


@dataclass(frozen=True, eq=False)
class FittedHead:
    """A head with its P(right), and what it did with prompts that it had not seen.

    `served` has, for each prompt, whether the kernel that would serve it is right; None where none
    would, or a guarded one, which the head leaves alone.
    """

    head: Head
    trust: Trust
    served: dict[str, bool | None]


def train_head(
    *,
    ceiling: float,
    min_pass_rate: float,
    top_k: int,
    advance: Callable[[], object] = lambda: None,
) -> RoutingHead:
    """Fits a head and stores it, live or rejected with the reason.

    It must be worth more than what routing does today on prompts that it had not seen: a right
    answer counts 1, a wrong one as much as makes up for all right ones at the ceiling. `advance` is
    told of each of `STEPS`. Raises TooFewKernels, NothingNew, NothingLive.
    """
    calibration = Calibration.objects.filter(
        state=Calibration.State.LIVE, encoder_digest=encoder_digest()
    ).first()
    if calibration is None:
        raise NothingLive()
    material = gather_material()
    free = len(material.facts) - len(material.guarded)
    if len(material.facts) < LEAST_KERNELS or not free:
        raise TooFewKernels(
            f"{len(material.facts)} kernels with enough exemplars, {free} of them without a guard; "
            f"{LEAST_KERNELS} are needed, and one without a guard."
        )
    if RoutingHead.objects.filter(data_digest=material.digest, ceiling=ceiling).exists():
        raise SameMaterial()
    live = RoutingHead.objects.filter(state=State.LIVE, encoder_digest=encoder_digest()).first()
    fitted = fit_on(material, ceiling, advance)
    today = served_today(
        material,
        list(fitted.served),
        Calibrator.from_json(calibration.weights),
        live_head(live.pk) if live else None,
        top_k=top_k,
        min_pass_rate=min_pass_rate,
    )
    reason, metrics = _gate(today, fitted.served, ceiling)
    return publish(
        RoutingHead,
        live=live,
        reason=reason,
        encoder_digest=encoder_digest(),
        data_digest=material.digest,
        ceiling=ceiling,
        guarded=material.guarded,
        weights=fitted.head.to_bytes(),
        trust=fitted.trust.as_json(),
        metrics=metrics,
    )


def fit_on(material: Material, ceiling: float, advance: Callable[[], object]) -> FittedHead:
    """Fits head, P(right) and thresholds; every prompt is read by a head that did not see it."""
    exemplars = material.embedded
    background = material.rows(list(material.background))
    head_config = HeadConfig()
    head = fit_head(exemplars, background, head_config, encoder_digest())
    advance()
    config = TrustConfig(ceilings=(ceiling,))
    evidence = gather_evidence(
        head=head,
        exemplars=exemplars,
        background=background,
        recorded=material.rows([one.text for one in material.labelled]),
        recorded_kernels=positions(material.labelled),
        head_config=head_config,
        config=config,
        advance=advance,
    )
    texts = _texts(material, evidence)
    chosen = [material.specs[kernel] for kernel in evidence.reading.chosen]
    ready = np.array([is_ready(spec, bind(text)) for spec, text in zip(chosen, texts, strict=True)])
    kinds = evidence.kind[ready & (evidence.kind != STRANGER)]
    share = float((kinds == BACKGROUND).mean()) if len(kinds) else 0.0
    config = replace(config, out_of_scope_share=min(MOST_OUTSIDE, max(LEAST_OUTSIDE, share)))
    fitted = fit_trust(evidence.of(ready), len(exemplars.names), config)
    unseen = ready & (evidence.kind != STRANGER)
    p = np.full(len(ready), -1.0)
    p[ready] = fitted.held_out
    own = kernel_thresholds(
        p[unseen],
        evidence.right[unseen],
        np.array(exemplars.names)[evidence.reading.chosen[unseen]],
        fitted.trust.thresholds[ceiling],
        ceiling,
    )
    trust = replace(fitted.trust, kernel_thresholds=own)
    guarded = set(material.guarded)
    served: dict[str, bool | None] = {}
    for row in np.flatnonzero(evidence.kind != STRANGER):
        name = exemplars.names[evidence.reading.chosen[row]]
        serves = p[row] >= trust.threshold_for(name, ceiling) and name not in guarded
        served[texts[row]] = bool(evidence.right[row]) if serves else None
    return FittedHead(head, trust, served)


def _texts(material: Material, evidence: Evidence) -> list[str]:
    """The prompt of each row of evidence."""
    own = [one.text for one in material.exemplars]
    sources = {EXEMPLAR: own, STRANGER: own, RECORDED: [one.text for one in material.labelled]}
    return [
        sources.get(kind, material.background)[row]
        for kind, row in zip(evidence.kind.tolist(), evidence.row.tolist(), strict=True)
    ]


def worth(served: bool | None, ceiling: float) -> float:
    """1 for a right answer, 0 for none; wrong ones cost all gain at the ceiling."""
    if served is None:
        return 0.0
    return 1.0 if served else -(1 - ceiling) / ceiling


def _gate(
    today: dict[str, bool | None], challenger: dict[str, bool | None], ceiling: float
) -> tuple[str, dict[str, Any]]:
    """Why the challenger may not go live (empty: it may), and the comparison."""
    prompts = list(challenger)
    gain = [worth(challenger[one], ceiling) - worth(today[one], ceiling) for one in prompts]
    bound = gain_bound(gain, prompts)
    metrics = {
        "prompts": len(prompts),
        "live": _figures(list(today.values())),
        "challenger": _figures(list(challenger.values())),
        "gain": round(float(np.mean(gain)), 6),
        "gain_bound": round(bound, 6),
    }
    if bound > 0:
        return "", metrics
    return (
        f"it does not serve better than what is live: gain {np.mean(gain):.4f} right answers a "
        f"prompt, with 95 % confidence at least {bound:.4f}"
    ), metrics


def _figures(served: list[bool | None]) -> dict[str, float]:
    right, wrong = served.count(True), served.count(False)
    return {
        "right": right,
        "wrong": wrong,
        "bound": round(wrong_reuse_bound(wrong, right + wrong), 4),
    }
