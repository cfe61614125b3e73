"""POST /api/feedback: what a person or a downstream system says about an answer."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, Field, model_validator

from kernels.cached_answers import near_reuse_after
from kwsite.api.auth import key_of, sign_in
from kwsite.api.body_model import Body, Part
from kwsite.api.documents import error_documents
from kwsite.api.errors import InvalidParameter, MissingParameter
from kwsite.api.offload import in_thread
from kwsite.api.replies import json_reply
from training.feedback.answer_words import StepWord, WorkerWord
from trajectories import ratings
from trajectories.models import Feedback
from workers.feedback import record_feedback, record_wrong_reuse

router = Router(tags=["KernelWeave"])


Rating = Annotated[int, Field(ge=1, le=ratings.BEST)]


class WorkerJudgement(Part):
    """Of the worker that answered; one that is suggested says that it was the wrong one."""

    wrong: bool | None = None
    suggested: str = Field(default="", max_length=40, description="The worker that is right.")

    @model_validator(mode="after")
    def says_something(self) -> Self:
        if self.wrong is None and not self.suggested:
            raise ValueError("say whether it was the wrong one, or suggest another")
        return self

    def word(self) -> WorkerWord:
        return WorkerWord(
            bool(self.suggested) if self.wrong is None else self.wrong, self.suggested
        )


class StepJudgement(Part):
    """Of one step of the given answer (`steps` at `/api/runs/{run_id}/tree`)."""

    position: int = Field(ge=1, description="1 is the first step.")
    score: float | None = Field(default=None, ge=0, le=1)
    rating: Rating | None = Field(default=None, description="In place of a score: 1 is 0, 5 is 1.")

    @model_validator(mode="after")
    def has_one_score(self) -> Self:
        if (self.score is None) == (self.rating is None):
            raise ValueError("give either a score or a rating")
        return self

    def word(self) -> StepWord:
        if self.rating is not None:
            return StepWord(self.position, (self.rating - 1) / (ratings.BEST - 1))
        assert self.score is not None
        return StepWord(self.position, self.score)


class FeedbackBody(Body):
    """Needs a verdict, a rating, or what to say of the worker or of steps; or several of these."""

    run_id: UUID = Field(strict=False, description="The `x-request-id` of the answer.")
    verdict: Literal["correct", "incorrect"] | None = None
    rating: Rating | None = None
    comment: str = Field(default="", max_length=10_000)
    answer: str = Field(
        default="",
        max_length=20_000,
        description="What would have been right; with a verdict or rating that denies the answer. "
        "It is trained on, and adapters are held to it.",
    )
    worker: WorkerJudgement | None = Field(
        default=None, description="Of who answered, where the answer was searched for."
    )
    steps: list[StepJudgement] = Field(default=[], max_length=100)

    @model_validator(mode="after")
    def says_something(self) -> Self:
        judged = self.verdict is not None or self.rating is not None
        if not judged and self.worker is None and not self.steps:
            raise MissingParameter("Send a verdict, a rating, or both.", param="verdict")
        rating = self.rating or 0
        if (self.verdict == "correct" and 0 < rating <= ratings.BAD_TO) or (
            self.verdict == "incorrect" and rating >= ratings.GOOD_FROM
        ):
            raise InvalidParameter(
                f"A verdict of {self.verdict!r} and a rating of {rating} contradict each other.",
                param="rating",
            )
        if self.answer and not (self.verdict == "incorrect" or 0 < rating <= ratings.BAD_TO):
            raise InvalidParameter(
                "A right answer is for one that was wrong: send the verdict 'incorrect' with it.",
                param="answer",
            )
        if self.comment and not judged:
            raise MissingParameter("A comment needs a verdict or a rating.", param="verdict")
        positions = [step.position for step in self.steps]
        if len(set(positions)) < len(positions):
            raise InvalidParameter("A step is judged once.", param="steps")
        return self


class RecordedFeedback(BaseModel):
    """What was recorded; `id` is of the verdict or rating, and null where neither was sent."""

    id: int | None
    run_id: UUID
    verdict: Literal["correct", "incorrect"] | None
    rating: int | None
    comment: str
    answer: str
    worker: WorkerJudgement | None
    steps: list[StepJudgement]
    created_at: datetime


@router.post(
    "/feedback",
    response={201: RecordedFeedback, **error_documents(400, 401, 404, 409, 413, 415)},
    summary="Judge an answer",
)
async def create_feedback(request: HttpRequest, body: FeedbackBody) -> HttpResponse:
    """Records a verdict (`correct` or `incorrect`), a rating from 1 to 5, or both.

    Of an answer that was searched for, the worker and single steps can be judged, too, alone or
    beside these: it counts from the next search on, and is learned from. All or nothing.
    """
    feedback = await in_thread(_record, key_of(request), body)
    recorded = RecordedFeedback(
        id=feedback.pk if feedback else None,
        **body.model_dump(exclude={"worker", "steps"}),
        worker=body.worker,
        steps=body.steps,
        created_at=feedback.created_at if feedback else timezone.now(),
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


def _record(key: str, body: FeedbackBody) -> Feedback | None:
    return record_feedback(
        client=sign_in(key),
        run_id=body.run_id,
        verdict=body.verdict or "",
        rating=body.rating,
        comment=body.comment,
        answer=body.answer,
        worker=body.worker.word() if body.worker else None,
        steps=[step.word() for step in body.steps],
    )
