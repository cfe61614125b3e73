"""Where an answer comes from, what came of it, and taking it back (row X10)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field

from kwsite.api.auth import key_of, sign_in
from kwsite.api.body_model import Body
from kwsite.api.documents import error_documents
from kwsite.api.offload import in_thread
from kwsite.api.replies import json_reply
from training.lineage import Link, lineage_of
from trajectories.models import Client, Retraction, Trajectory
from workers.feedback import judgeable
from workers.retracting import retract_trajectory, retraction_of

router = Router(tags=["KernelWeave"])


class LinkReport(BaseModel):
    """`how` is the relation, in words; `kind` and `id` say what it leads to."""

    how: str
    kind: str
    id: str
    label: str
    at: datetime | None


class RetractionReport(BaseModel):
    """`effects` counts and names what was retired, flagged and forgotten with it.

    `trajectory` is what was retracted: where that was an answer given again, the one it repeats.
    """

    trajectory: UUID
    reason: str
    at: datetime
    effects: dict[str, Any]


class LineageReport(BaseModel):
    """Up to 50 links of a kind in each direction."""

    trajectory: UUID
    shaped_by: list[LinkReport]
    shaped: list[LinkReport]
    retracted: RetractionReport | None


class RetractBody(Body):
    """Why the answer is taken back."""

    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]


@router.get(
    "/runs/{run_id}/lineage",
    response={200: LineageReport, **error_documents(400, 401, 404, 409)},
    summary="See what shaped an answer, and what it shaped",
)
async def retrieve_lineage(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Of a run, or of an agent's trajectory."""
    return json_reply(await in_thread(_looked_up, key_of(request), run_id))


@router.post(
    "/runs/{run_id}/retract",
    response={201: RetractionReport, **error_documents(400, 401, 404, 409, 413, 415)},
    summary="Take an answer back",
)
async def retract(request: HttpRequest, run_id: UUID, body: RetractBody) -> HttpResponse:
    """For good: nobody gets it again, nothing learns from it, and what rests on it is flagged."""
    return json_reply(await in_thread(_retracted, key_of(request), run_id, body), status=201)


def _looked_up(key: str, run_id: UUID) -> LineageReport:
    return report_of(judgeable(sign_in(key), run_id))


def report_of(trajectory: Trajectory) -> LineageReport:
    found = lineage_of(trajectory)
    retraction = retraction_of(trajectory)
    return LineageReport(
        trajectory=trajectory.pk,
        shaped_by=[_link(link) for link in found.shaped_by],
        shaped=[_link(link) for link in found.shaped],
        retracted=_report(retraction) if retraction else None,
    )


def _retracted(key: str, run_id: UUID, body: RetractBody) -> RetractionReport:
    client: Client = sign_in(key)
    return _report(retract_trajectory(trajectory=judgeable(client, run_id), reason=body.reason))


def _report(found: Retraction) -> RetractionReport:
    return RetractionReport(
        trajectory=found.trajectory_id, reason=found.reason, at=found.at, effects=found.effects
    )


def _link(link: Link) -> LinkReport:
    return LinkReport(how=link.how, kind=link.kind, id=link.id, label=link.label, at=link.at)
