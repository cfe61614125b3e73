"""How snapshots come into service, go out of it, and are forgotten. Loads no net, so no torch."""

from django.db import transaction

from training.models import Snapshot

State = Snapshot.State
KEPT = 50  # of each kind, a megabyte each


@transaction.atomic
def reject_live(*, snapshot: Snapshot, reason: str) -> None:
    """Takes a live snapshot that cannot be used out of service; the one before it comes back.

    It no longer stands for its rows: a net may be fitted on them again. Does nothing when somebody
    has done so already.
    """
    rows = Snapshot.objects.select_for_update().filter(kind=snapshot.kind)
    own = rows.filter(pk=snapshot.pk, state=State.LIVE)
    refused = own.update(
        state=State.REJECTED, reason=f"it cannot be used: {reason}", data_digest=""
    )
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


def forget_old_snapshots(kind: str) -> int:
    """Deletes all but the newest `KEPT` out of service, with their files; returns how many.

    What a live one would give way to stays.
    """
    out = Snapshot.objects.filter(kind=kind, state__in=(State.RETIRED, State.REJECTED))
    needed = Snapshot.objects.filter(kind=kind, state=State.LIVE).values("parent")
    newest = out.order_by("-pk").values("pk")[:KEPT]
    old = list(out.exclude(pk__in=newest).exclude(pk__in=needed.exclude(parent=None)))
    for snapshot in old:
        snapshot.delete()
        if not Snapshot.objects.filter(file=snapshot.file.name).exists():
            snapshot.file.storage.delete(str(snapshot.file.name))
    return len(old)
