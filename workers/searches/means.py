"""What a search works with, from settings, rows and what was learned."""

import random

from django.conf import settings

from kernels.encoder import Vector
from training.feedback.of_workers import worker_deltas
from training.policy.text_features import text_features
from workers.experts.registry import EXPERTS
from workers.nets import live_nets
from workers.search.search import Limits, Routed
from workers.searches.answering import Means
from workers.searches.records import records


def live_means(prompt: str, embedding: Vector, *, explores: bool = True) -> Means:
    """The means of this moment for one prompt; its embedding is (384,).

    Unless it `explores`, neither worker nor strategy are tried at random, to learn.
    """
    rng, nets, deltas = random.Random(), live_nets(), worker_deltas()
    epsilon = settings.KW_ROUTER_EPSILON if explores else 0.0
    scorer = nets.scorer()
    choice = nets.policy().choose(embedding, text_features(prompt), epsilon=epsilon, rng=rng)
    return Means(
        experts=EXPERTS,
        routed=Routed(
            choice.worker,
            choice.probabilities,
            choice.depth,
            choice.simulations,
            alone=choice.explored,
            propensity=choice.propensity,
            snapshot=choice.digest,
        ),
        scorer=scorer,
        reward_model=scorer.digest if scorer else None,
        adjust=lambda worker, reward: deltas.adjusted(reward, worker),
        records=records(),
        limits=Limits(
            tokens=settings.KW_SEARCH_TOKENS,
            answer_tokens=settings.KW_DEFAULT_MAX_TOKENS,
            parallel=settings.KW_SEARCH_PARALLEL,
            gate=settings.KW_SEARCH_GATE,
            max_reflections=settings.KW_SEARCH_MAX_REFLECTIONS,
            sure=settings.KW_SEARCH_SURE,
        ),
        timeout_s=settings.KW_SEARCH_TIMEOUT_S,
        least_judged=settings.KW_SEARCH_MIN_JUDGED,
        gain_per_1000=settings.KW_SEARCH_MIN_GAIN,
        explore=settings.KW_SEARCH_EXPLORE if explores else 0.0,
        rng=rng,
    )
