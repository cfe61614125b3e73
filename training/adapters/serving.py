"""Which adapters are to be served, and where each is."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q, QuerySet

from training.adapters.models import Adapter

State = Adapter.State


def adapters_to_serve(base_model: str) -> QuerySet[Adapter]:
    """Candidates, rising and live adapters of a model, oldest first.

    So are those that a live one replaced: the control share asks them, and a rollback finds them
    ready.
    """
    replaced = Q(state=State.RETIRED, successors__state=State.LIVE)
    wanted = Q(state__in=Adapter.SERVED) | replaced
    return Adapter.objects.filter(wanted, base_model=base_model).distinct().order_by("pk")


@transaction.atomic
def note_where_served(*, base_model: str, server_url: str, slots: Mapping[int, int | None]) -> None:
    """All at once: these adapters (by id) are served there, under these numbers; no others are."""
    adapters = Adapter.objects.filter(base_model=base_model)
    adapters.exclude(server_url="").exclude(pk__in=slots).update(server_url="", slot=None)
    for pk, slot in slots.items():
        elsewhere = adapters.filter(pk=pk).exclude(server_url=server_url, slot=slot)
        elsewhere.update(server_url=server_url, slot=slot)
