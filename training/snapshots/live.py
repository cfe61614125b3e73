"""Which nets are live, followed by running processes without a restart."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from django.conf import settings

from kernels.encoder import embed_all, encoder_digest
from training.models import Snapshot
from training.nets.policy import PolicyNet
from training.nets.prm import PrmNet
from training.nets.roster import Kind
from training.nets.weights import BadSnapshot, Net
from training.policy.choosing import Policy
from training.policy.cold_start import ColdStart, first_net
from training.policy.material import first_lessons
from training.snapshots.in_service import NetPolicy, StepScorer
from training.snapshots.states import reject_live
from training.snapshots.storage import read_snapshot
from training.text_vectors import EmbedTexts, TextVectors

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class InUse:
    """The snapshot that this process works with; all are None where none is live."""

    pk: int | None = None
    net: Net | None = None
    digest: str | None = None


class Follower:
    """Knows the live net of one kind; asks for its id at most once every `poll_s`."""

    def __init__(self, kind: Kind, poll_s: float, clock: Callable[[], float]) -> None:
        self._kind = kind
        self._poll_s = poll_s
        self._clock = clock
        self._lock = Lock()
        self._in_use = InUse()
        self._asked_at: float | None = None

    def current(self) -> InUse:
        """What is live, as of `poll_s` ago; one that cannot be used changes nothing."""
        with self._lock:
            now = self._clock()
            if self._asked_at is None or now - self._asked_at >= self._poll_s:
                self._asked_at = now
                self._in_use = self._looked_up()
            return self._in_use

    def _looked_up(self) -> InUse:
        live = Snapshot.objects.filter(kind=self._kind, state=Snapshot.State.LIVE).first()
        if live is None:
            return InUse()
        if live.pk == self._in_use.pk:
            return self._in_use
        try:
            net = read_snapshot(live, encoder_digest=encoder_digest()).net
            return InUse(live.pk, net, live.digest)
        except BadSnapshot as error:
            log.error("%s cannot be used and is rejected: %s", live, error.detail)
            reject_live(snapshot=live, reason=error.detail)
        except OSError as error:  # the file may be right, and this process cannot read it
            log.error("%s cannot be read; the one in use stays: %s", live, error)
        return self._in_use


class LiveNets:
    """The policy and the step scorer of this process. Safe to share between threads.

    `examples` are each worker's prompts and `efforts` its depth and simulations: by these it routes
    until a policy network is live.
    """

    def __init__(
        self,
        examples: Mapping[str, Sequence[str]],
        efforts: Mapping[str, tuple[int, int]],
        *,
        embed_texts: EmbedTexts = embed_all,
        poll_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        poll_s = settings.KW_SNAPSHOT_POLL_S if poll_s is None else poll_s
        self._examples = examples
        self._efforts = efforts
        self._vectors = TextVectors(embed_texts)
        self._policy = Follower("policy", poll_s, clock)
        self._prm = Follower("prm", poll_s, clock)
        self._cold: ColdStart | None = None

    def policy(self) -> Policy:
        """The live net, else the start from examples."""
        found = self._policy.current()
        if isinstance(found.net, PolicyNet):
            return NetPolicy(found.net, found.pk, found.digest)
        return self.cold_start()

    def scorer(self) -> StepScorer | None:
        """The live process reward model; None where none is live."""
        found = self._prm.current()
        if isinstance(found.net, PrmNet):
            return StepScorer(found.net, self._vectors, found.pk, found.digest)
        return None

    def cold_start(self) -> ColdStart:
        """What the examples teach, fitted once."""
        if self._cold is None:
            self._cold = cold_start(self._examples, self._efforts, self._vectors)
        return self._cold


def cold_start(
    examples: Mapping[str, Sequence[str]],
    efforts: Mapping[str, tuple[int, int]],
    vectors: TextVectors,
) -> ColdStart:
    """Raises ValueError unless every worker has examples and defaults."""
    return ColdStart(first_net(first_lessons(examples, efforts, vectors)), efforts)
