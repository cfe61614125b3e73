"""The learned router and the step scorer with the service's settings: in use, and fitted again."""

from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings

from kernels.encoder import Vector, embed_all
from training.learning_round import RoundLimits
from training.models import Snapshot
from training.nets.roster import WORKERS, Kind
from training.not_fitted import BeingFitted
from training.online import learn_policy, learn_prm
from training.snapshots.live import LiveNets
from training.text_vectors import TextVectors
from workers.experts.registry import EXPERTS
from workers.turns import turn

KINDS: tuple[Kind, ...] = ("policy", "prm")
BATCH = 32
# Where the router starts before it has learned.
EXAMPLES = {worker: EXPERTS[worker].examples for worker in WORKERS}
EFFORTS = {worker: (EXPERTS[worker].depth, EXPERTS[worker].simulations) for worker in WORKERS}


@lru_cache(maxsize=1)
def live_nets() -> LiveNets:
    """One a process: follows what is live."""
    return LiveNets(EXAMPLES, EFFORTS)


def learn(kind: Kind, *, now: bool = False) -> Snapshot:
    """One round; `now` does not wait for `KW_LEARN_EVERY` new rows.

    Raises NotRefitted with the reason when none was fitted, FittingFailed.
    """
    with turn("fit the nets") as mine:
        if not mine:
            raise BeingFitted()
        needed = settings.KW_POLICY_MIN_OUTCOMES if kind == "policy" else settings.KW_PRM_MIN_STEPS
        limits = RoundLimits(
            0 if now else settings.KW_LEARN_EVERY,
            needed,
            settings.KW_LEARN_MIN_HELD_OUT,
            settings.KW_NETS_GO_LIVE,
        )
        if kind == "prm":
            return learn_prm(limits=limits, vectors=_vectors())
        return learn_policy(examples=EXAMPLES, efforts=EFFORTS, limits=limits, vectors=_vectors())


@lru_cache(maxsize=1)
def _vectors() -> TextVectors:
    """Embeddings that the learner keeps from round to round."""
    return TextVectors(_embed_in_turns)


def _embed_in_turns(texts: Sequence[str]) -> list[Vector]:
    """A round embeds thousands of texts; between batches, others of this process have a turn."""
    batches = (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))
    return [vector for batch in batches for vector in embed_all(batch)]
