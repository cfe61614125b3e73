"""POST /api/feedback: what a person or a downstream system says about an answer."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field, model_validator

from kernels.cached_answers import near_reuse_after
from kwsite.api.auth import key_of, sign_in
from kwsite.api.body_model import Body
from kwsite.api.documents import error_documents
from kwsite.api.errors import MissingParameter
from kwsite.api.offload import in_thread
from kwsite.api.replies import json_reply
from trajectories.models import Feedback
from workers.feedback import record_feedback, record_wrong_reuse

router = Router(tags=["KernelWeave"])


class FeedbackBody(Body):
    """Needs a verdict, a rating, or both."""

    run_id: UUID = Field(strict=False, description="The `x-request-id` of the answer.")
    verdict: Literal["correct", "incorrect"] | None = None
    rating: int | None = Field(default=None, ge=1, le=5)
    comment: str = Field(default="", max_length=10_000)

    @model_validator(mode="after")
    def says_something(self) -> Self:
        if self.verdict is None and self.rating is None:
            raise MissingParameter("Send a verdict, a rating, or both.", param="verdict")
        return self


class RecordedFeedback(BaseModel):
    id: int
    run_id: UUID
    verdict: Literal["correct", "incorrect"] | None
    rating: int | None
    comment: str
    created_at: datetime


@router.post(
    "/feedback",
    response={201: RecordedFeedback, **error_documents(400, 401, 404, 409, 413, 415)},
    summary="Judge an answer",
)
async def create_feedback(request: HttpRequest, body: FeedbackBody) -> HttpResponse:
    """Records a verdict (`correct` or `incorrect`), a rating from 1 to 5, or both."""
    feedback = await in_thread(_record, key_of(request), body)
    recorded = RecordedFeedback(
        id=feedback.pk,
        run_id=body.run_id,
        verdict=body.verdict,
        rating=feedback.rating,
        comment=feedback.comment,
        created_at=feedback.created_at,
    )
    return json_reply(recorded, status=201)


class DeniedReuse(BaseModel):
    """`near_reuse` is null where the same question was asked; else that of the answer's worker."""

    id: int
    run_id: UUID
    reused: UUID = Field(description="The trajectory whose answer is given no more.")
    near_reuse: Literal["on", "off"] | None
    created_at: datetime


@router.post(
    "/runs/{run_id}/wrong-reuse",
    response={201: DeniedReuse, **error_documents(400, 401, 404, 409)},
    summary="Say that a stored answer was wrong for this request",
)
async def deny_reuse(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Needs no body. The stored answer is given to nobody again."""
    return json_reply(await in_thread(_denied, key_of(request), run_id), status=201)


def _denied(key: str, run_id: UUID) -> DeniedReuse:
    feedback = record_wrong_reuse(client=sign_in(key), run_id=run_id)
    return DeniedReuse(
        id=feedback.pk,
        run_id=run_id,
        reused=feedback.trajectory.reused_id,
        near_reuse=near_reuse_after(feedback),
        created_at=feedback.created_at,
    )


def _record(key: str, body: FeedbackBody) -> Feedback:
    return record_feedback(
        client=sign_in(key),
        run_id=body.run_id,
        verdict=body.verdict or "",
        rating=body.rating,
        comment=body.comment,
    )
