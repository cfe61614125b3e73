"""GET /api/metrics/search: how the searches of the own client do, by worker."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, Field

from kwsite.api.auth import key_of, sign_in
from kwsite.api.documents import error_documents
from kwsite.api.offload import in_thread
from kwsite.api.query import require_query
from kwsite.api.replies import json_reply
from training.figures.rows import DAYS, search_figures
from training.figures.table import as_json

router = Router(tags=["KernelWeave"])

Days = Annotated[float, Query(ge=DAYS[0], le=DAYS[1])]


class KnownShare(BaseModel):
    """`yes` of `of`; `share` is null of nothing."""

    yes: int
    of: int
    share: float | None


class Quantiles(BaseModel):
    p50: float | None
    p95: float | None


class WorkerFigures(BaseModel):
    """Of one worker, or of `all`. People's verdicts and verifiers' outcomes are counted apart."""

    worker: str
    searches: int
    hits: KnownShare = Field(description="Stored answers given again, of all answers.")
    correct_by_people: KnownShare
    correct_by_verifier: KnownShare
    valid: KnownShare = Field(description="Searches that came to a final answer.")
    gate_first: KnownShare
    gate_passed: KnownShare = Field(description="In the end, after reflection.")
    right_worker: KnownShare = Field(description="Where people said whether it was.")
    cold_ms: Quantiles
    hit_ms: Quantiles
    tokens: int
    reward_per_1000_tokens: float | None


class SearchMetrics(BaseModel):
    days: float
    workers: list[WorkerFigures]


@router.get(
    "/metrics/search",
    response={200: SearchMetrics, **error_documents(400, 401)},
    summary="Look at the figures of searches",
)
async def retrieve_search_metrics(request: HttpRequest, days: Days = 30) -> HttpResponse:
    """By worker, `all` first; of the own client's answers of the last `days`."""
    require_query(request, "days")
    workers = await in_thread(_figures, key_of(request), days)
    return json_reply({"days": days, "workers": workers})


def _figures(key: str, days: float) -> list[dict[str, Any]]:
    return as_json(search_figures(days=days, client=sign_in(key)))
