"""What both nets' rounds of learning share: when one is due, what is live, how it ends."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from kernels.encoder import encoder_digest
from kernels.spec import digest_of
from training.models import RouterOutcome, Snapshot, StepExample
from training.nets.roster import Kind
from training.nets.weights import BadSnapshot, Net, kind_of
from training.not_fitted import NotRefitted
from training.policy.learning import PolicyConfig
from training.prm.learning import PrmConfig
from training.routing.recalibration import NothingNew
from training.snapshots.states import forget_old_snapshots, reject_live
from training.snapshots.storage import read_snapshot, store_snapshot

State = Snapshot.State


class NotDue(NotRefitted):
    """There are too few new rows."""


class LiveUnreadable(NotRefitted):
    """The storage does not give what is live."""


class TooFewRows(NotRefitted):
    """There are too few rows to learn from."""


@dataclass(frozen=True)
class RoundLimits:
    """When there is enough to fit on and to compare on, and what a winner becomes."""

    every: int  # new rows
    min_rows: int  # to fit on
    min_held_out: int  # queries, to compare on
    go_live: bool  # else a winner waits in shadow


@dataclass(frozen=True)
class Seen:
    """The rows that a round has looked at: all up to `newest`, as they were at `at`."""

    model: type[RouterOutcome] | type[StepExample]
    oldest: int
    newest: int
    at: datetime

    def mark_learned(self) -> None:
        """What people have changed since stays new."""
        rows = self.model.objects.filter(pk__lte=self.newest, changed_at__lte=self.at)
        rows.filter(learned_at=None).update(learned_at=timezone.now())


def require_due(
    kind: Kind, model: type[RouterOutcome] | type[StepExample], every: int, **only: str
) -> None:
    """Raises NotDue. A live net that is flagged is fitted again without new rows, once."""
    flagged = Snapshot.objects.filter(kind=kind, state=State.LIVE).exclude(flagged_at=None).first()
    if flagged is not None and not _fitted_since(flagged):
        return
    new = model.objects.filter(learned_at=None, **only).count()
    if new < every:
        raise NotDue(f"{new} new {model._meta.verbose_name_plural}; {every} are needed.")


def _fitted_since(flagged: Snapshot) -> bool:
    later = Snapshot.objects.filter(kind=flagged.kind, created_at__gt=flagged.flagged_at)
    return later.exists()


def require_rows(found: int, needed: int, name: str) -> None:
    """Raises TooFewRows."""
    if found < needed:
        raise TooFewRows(f"{found} {name} to fit on; {needed} are needed.")


def require_new(kind: Kind, data_digest: str, seen: Seen) -> None:
    """Raises NothingNew."""
    if Snapshot.objects.filter(kind=kind, data_digest=data_digest).exists():
        seen.mark_learned()
        raise NothingNew("A net was fitted on these very rows before.")


def data_digest(rows: str, config: PolicyConfig | PrmConfig) -> str:
    """Of the rows and of how they are gone through."""
    return digest_of([rows, asdict(config)])


def live_net(kind: Kind) -> tuple[Snapshot | None, Net | None]:
    """What is live for this encoder; one that cannot be used is rejected, for the one before it."""
    for _ in range(2):
        live = Snapshot.objects.filter(
            kind=kind, state=State.LIVE, encoder_digest=encoder_digest()
        ).first()
        if live is None:
            break
        try:
            return live, read_snapshot(live, encoder_digest=encoder_digest()).net
        except BadSnapshot as error:
            reject_live(snapshot=live, reason=error.detail)
        except FileNotFoundError:
            reject_live(snapshot=live, reason="its file is gone")
        except OSError as error:  # the file may be right
            raise LiveUnreadable(f"What is live cannot be read: {error}") from error
    return None, None


def finish_round(
    net: Net,
    *,
    live: Snapshot | None,
    comparable: bool,
    reason: str,
    limits: RoundLimits,
    data_digest: str,
    metadata: Mapping[str, Any],
    metrics: Mapping[str, Any],
    seen: Seen,
) -> Snapshot:
    """Stores the challenger, and marks the rows, both or neither.

    What waits from earlier rounds has been overtaken.
    """
    winner = State.LIVE if limits.go_live else State.SHADOW
    with transaction.atomic():
        made = store_snapshot(
            net,
            live=live,
            reason=reason,
            state=winner if comparable else State.CANDIDATE,
            encoder_digest=encoder_digest(),
            data_digest=data_digest,
            metadata={**metadata, "rows_from": seen.oldest, "rows_to": seen.newest},
            metrics=metrics,
        )
        waiting = Snapshot.objects.filter(kind=made.kind).exclude(pk=made.pk)
        waiting.filter(state=State.CANDIDATE).update(
            state=State.REJECTED, reason="a later one overtook it before it could be compared"
        )
        if made.state in (State.LIVE, State.SHADOW):
            waiting.filter(state=State.SHADOW).update(state=State.RETIRED)
        seen.mark_learned()
    forget_old_snapshots(kind_of(net))
    return made
