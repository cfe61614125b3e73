"""One round of learning of each net: load the rows, fit, compare with what is live, publish.

A round starts from the seed and goes through all rows again, so what it makes follows from the
rows alone: a round that was killed, or whose challenger was rejected, loses nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch
from django.utils import timezone

from kernels.encoder import encoder_digest
from training.learning_round import (
    RoundLimits,
    Seen,
    data_digest,
    finish_round,
    live_net,
    require_due,
    require_new,
    require_rows,
)
from training.models import RouterOutcome, Snapshot, StepExample
from training.nets.policy import PolicyNet, policy_inputs
from training.nets.prm import PrmNet
from training.policy.cold_start import first_net
from training.policy.gate import Held, Places, policy_gate
from training.policy.learning import FittedPolicy, PolicyConfig, fit_policy
from training.policy.material import gather_outcomes
from training.prm.gate import fit_length_baseline, prm_gate
from training.prm.learning import FittedPrm, PrmConfig, fit_prm
from training.prm.material import gather_steps
from training.text_vectors import TextVectors


def learn_policy(
    *,
    examples: Mapping[str, Sequence[str]],
    efforts: Mapping[str, tuple[int, int]],
    limits: RoundLimits,
    vectors: TextVectors,
    config: PolicyConfig | None = None,
) -> Snapshot:
    """Fits the router on recorded outcomes. Raises NotRefitted (not due, too few), FittingFailed.

    It must choose better than the live one, or, where none is, than the start from examples.
    """
    config = config or PolicyConfig()
    begun = timezone.now()
    require_due("policy", RouterOutcome, limits.every, encoder_digest=encoder_digest())
    material = gather_outcomes(examples, efforts, vectors, config.newest)
    require_rows(len(material.lessons), limits.min_rows, "outcomes")
    seen = Seen(RouterOutcome, material.oldest, material.newest, begun)
    data = data_digest(material.digest, config)
    require_new("policy", data, seen)
    live, net = live_net("policy")
    fitted = fit_policy(material.first, material.lessons, config)
    held = material.held
    before = net_choices(
        net if isinstance(net, PolicyNet) else first_net(material.first, config), held
    )
    queries = len(set(held.queries))
    comparable = queries >= limits.min_held_out
    reason, metrics = "", {"held_out": queries, "needed": limits.min_held_out}
    if comparable:
        reason, metrics = policy_gate(held, before, net_choices(fitted.net, held))
    return finish_round(
        fitted.net,
        live=live,
        comparable=comparable,
        reason=reason,
        limits=limits,
        data_digest=data,
        metadata=_metadata(config, fitted, len(material.lessons)),
        metrics=metrics,
        seen=seen,
    )


def learn_prm(
    *, limits: RoundLimits, vectors: TextVectors, config: PrmConfig | None = None
) -> Snapshot:
    """Fits the process reward model on labelled steps. Raises as `learn_policy` does.

    It must predict the labels better than the live one, or, where none is, than step length.
    """
    config = config or PrmConfig()
    begun = timezone.now()
    require_due("prm", StepExample, limits.every)
    material = gather_steps(vectors, config.newest)
    require_rows(len(material.taught), limits.min_rows, "steps")
    seen = Seen(StepExample, material.oldest, material.newest, begun)
    data = data_digest(material.digest, config)
    require_new("prm", data, seen)
    live, net = live_net("prm")
    fitted = fit_prm(material.taught, config)
    queries = len(set(material.held.queries))
    comparable = queries >= limits.min_held_out
    reason, metrics = "", {"held_out": queries, "needed": limits.min_held_out}
    if comparable:
        inputs = material.held_inputs
        length = fit_length_baseline(material.taught_texts, material.taught.labels)
        reason, metrics = prm_gate(
            material.held,
            live=net.scores(inputs) if isinstance(net, PrmNet) else None,
            length=length.scores(material.held_texts),
            challenger=fitted.net.scores(inputs),
        )
    return finish_round(
        fitted.net,
        live=live,
        comparable=comparable,
        reason=reason,
        limits=limits,
        data_digest=data,
        metadata=_metadata(config, fitted, len(material.taught)),
        metrics=metrics,
        seen=seen,
    )


def _metadata(
    config: PolicyConfig | PrmConfig, fitted: FittedPolicy | FittedPrm, rows: int
) -> dict[str, Any]:
    """How a net was fitted; losses are nats over all rows."""
    return {
        "config": asdict(config),
        "seed": config.seed,
        "rows": rows,
        "loss_before": fitted.loss_before,
        "loss": fitted.loss,
    }


@torch.inference_mode()
def net_choices(net: PolicyNet, held: Held) -> Places:
    """The likeliest worker for each query, (n,)."""
    inputs = policy_inputs(held.embeddings, held.scalars)
    found: Places = net(torch.from_numpy(inputs)).logits.argmax(1).numpy()
    return found
