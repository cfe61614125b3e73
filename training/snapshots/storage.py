"""Snapshots in Django's storage, named by their digest: written and read."""

from collections.abc import Mapping
from typing import Any, cast

from django.core.files.base import ContentFile

from training.models import Snapshot
from training.nets.roster import Kind
from training.nets.weights import (
    Net,
    Saved,
    digest_of_bytes,
    from_bytes,
    kind_of,
    to_bytes,
)
from training.publishing import publish
from training.snapshots.models import snapshot_storage


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


def _keep(data: bytes, name: str) -> str:
    """Writes a file unless it is there; one that a killed process left unfinished is replaced."""
    storage = snapshot_storage()
    if storage.exists(name):
        with storage.open(name, "rb") as file:
            if file.read() == data:
                return name
        storage.delete(name)
    return storage.save(name, ContentFile(data))
