"""An adapter in shadow is asked what was just answered; its answer is checked, and goes nowhere."""

import logging
from uuid import UUID

from django.conf import settings
from django.db.models import F

from training.adapters.models import Adapter, AdapterTrial
from trajectories.models import Run, Trajectory
from workers.adapters.asking import NotServed, adapter_backend
from workers.adapters.routing import AdapterTable, share_of
from workers.answer import Answer, generate
from workers.backends.completion import Backend, BackendError, BackendGarbage, Delta
from workers.request import ChatRequest
from workers.trace import Trace

log = logging.getLogger(__name__)
PURPOSE = "shadow"  # of a run's place in the shares


def shadowed_by(run: Run, request: ChatRequest, answer: Answer, table: AdapterTable) -> str | None:
    """The adapter in shadow that is to be asked this, too: for a share of the generated answers."""
    if answer.route != Trajectory.Route.GENERATION or answer.tool_calls:
        return None
    if share_of(run.pk, purpose=PURPOSE) >= settings.KW_ADAPTER_SHADOW_SHARE:
        return None
    family = table.family_of(run.client_id, request)
    return family.shadow.name if family is not None and family.shadow is not None else None


def try_in_shadow(*, trajectory_id: UUID, adapter_name: str, judge: Backend) -> AdapterTrial | None:
    """Asks the adapter for the same request and stores the trial, once.

    None where the adapter left the shadow, cannot be asked now, or was asked this before. `judge`
    is the base model, which judges both answers.
    """
    adapter = Adapter.objects.filter(name=adapter_name, state=Adapter.State.SHADOW).first()
    answers = Trajectory.objects.filter(pk=trajectory_id, retracted_at=None, run__isnull=False)
    trajectory = answers.annotate(asked=F("run__request")).first()
    if adapter is None or trajectory is None:
        return None
    if AdapterTrial.objects.filter(adapter=adapter, trajectory=trajectory).exists():
        return None
    request = ChatRequest.model_validate({**trajectory.asked, "stream": False})
    text = ""
    verified: bool | None = False
    try:
        given = generate(
            request, "in shadow", judge, _silent, Trace(), writer=adapter_backend(adapter)
        )
        text, verified = given.text, given.verified
    except BackendGarbage as error:
        log.info("%s answered no completion: %s", adapter.name, error.detail)
    except (BackendError, NotServed) as error:
        log.warning("%s was not tried: %s", adapter.name, error.detail)
        return None
    trial, _ = AdapterTrial.objects.get_or_create(
        adapter=adapter,
        trajectory=trajectory,
        defaults={
            "output_text": text,
            "verified": verified,
            "live_verified": trajectory.verified,
        },
    )
    return trial


def _silent(delta: Delta) -> None:
    """Nobody waits for it."""
