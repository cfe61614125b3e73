"""Snapshots in Django's storage, named by their digest: kept, read, refused, put into service."""

from collections.abc import Mapping
from typing import Any, cast

from django.core.files.base import ContentFile
from django.db import transaction

from training.models import Snapshot
from training.nets.weights import (
    BadSnapshot,
    Kind,
    Net,
    Saved,
    digest_of_bytes,
    from_bytes,
    kind_of,
    to_bytes,
)
from training.publishing import publish
from training.snapshot_models import snapshot_storage

State = Snapshot.State


def store_snapshot(
    net: Net,
    *,
    live: Snapshot | None,
    reason: str,
    state: str,
    encoder_digest: str,
    data_digest: str,
    metadata: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> Snapshot:
    """Writes the file, then the row: `state`, or rejected where there is a `reason`.

    Raises BadSnapshot for a net that nobody could load.
    """
    kind = kind_of(net)
    told = {**metadata, "data_digest": data_digest, "parent": live.digest if live else None}
    data = to_bytes(net, encoder_digest=encoder_digest, metadata={**told, "metrics": metrics})
    digest = digest_of_bytes(data)
    saved = from_bytes(data, digest=digest, kind=kind, encoder_digest=encoder_digest)
    return publish(
        Snapshot,
        live=live,
        reason=reason,
        encoder_digest=encoder_digest,
        slot={"kind": kind},
        winner=state,
        data_digest=data_digest,
        digest=digest,
        file=_keep(data, f"{kind}/{digest}.safetensors"),
        metadata=saved.metadata,
        metrics=dict(metrics),
    )


def read_snapshot(snapshot: Snapshot, *, encoder_digest: str) -> Saved:
    """The net of a row. Raises BadSnapshot; OSError where the storage cannot be read."""
    with snapshot.file.open("rb") as file:
        data = file.read()
    return from_bytes(
        data,
        digest=snapshot.digest,
        kind=cast(Kind, snapshot.kind),
        encoder_digest=encoder_digest,
    )


@transaction.atomic
def reject_live(*, snapshot: Snapshot, error: BadSnapshot) -> None:
    """Takes a live snapshot that cannot be used out of service; the one before it comes back.

    Does nothing when somebody has done so already.
    """
    rows = Snapshot.objects.select_for_update().filter(kind=snapshot.kind)
    own = rows.filter(pk=snapshot.pk, state=State.LIVE)
    refused = own.update(state=State.REJECTED, reason=f"it cannot be used: {error.detail}")
    if refused and snapshot.parent_id is not None:
        rows.filter(pk=snapshot.parent_id, state=State.RETIRED).update(state=State.LIVE)


@transaction.atomic
def put_into_service(*, snapshot: Snapshot) -> bool:
    """Makes a snapshot live that waited in shadow, or was live before; False for any other."""
    rows = Snapshot.objects.select_for_update().filter(kind=snapshot.kind)
    waiting = rows.filter(pk=snapshot.pk, state__in=(State.SHADOW, State.RETIRED))
    if not waiting.exists():
        return False
    rows.filter(state=State.LIVE).update(state=State.RETIRED)
    return bool(waiting.update(state=State.LIVE, reason=""))


@transaction.atomic
def take_out_of_service(*, snapshot: Snapshot) -> bool:
    """Retires a live or shadow snapshot; then the start from examples routes, and no model scores.

    False for any other.
    """
    rows = Snapshot.objects.filter(pk=snapshot.pk, state__in=(State.LIVE, State.SHADOW))
    return bool(rows.update(state=State.RETIRED))


def _keep(data: bytes, name: str) -> str:
    """Writes a file unless it is there; one that a killed process left unfinished is replaced."""
    storage = snapshot_storage()
    if storage.exists(name):
        with storage.open(name, "rb") as file:
            if file.read() == data:
                return name
        storage.delete(name)
    return storage.save(name, ContentFile(data))
