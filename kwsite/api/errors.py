"""What the API answers when a request fails: one table from error class to HTTP status."""

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import redis
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from ninja.errors import AuthenticationError, HttpError, ValidationError

from kernels import compositions
from training.feedback.answer_words import ContradictoryWord, NoSuchStep, NotSearched
from training.nets.roster import UnknownWorker
from trajectories.errors import KernelWeaveError
from trajectories.taps.recording import SessionNotFound, TrajectoryNotFound, TrajectoryTaken
from workers.cancelling import RunFinished
from workers.feedback import NotReused, Retracted, RunNotFinished, RunNotFound
from workers.queueing import QueueUnavailable
from workers.receipt_lookup import NoReceipt
from workers.retracting import AlreadyRetracted

log = logging.getLogger(__name__)


class ApiError(KernelWeaveError):
    """The request cannot be served."""

    def __init__(self, detail: str = "", *, param: str | None = None) -> None:
        super().__init__(detail)
        self.param = param


class InvalidBody(ApiError):
    """The body is not a JSON object that can be stored."""


class InvalidParameter(ApiError):
    """A parameter has a value that it cannot have."""


class MissingParameter(ApiError):
    """A required parameter is missing."""


class UnknownParameter(ApiError):
    """There is no such parameter."""


class UnsupportedParameter(ApiError):
    """This parameter is not supported here."""


class TooMuchContext(ApiError):
    """The messages are longer than this service accepts."""


class InvalidApiKey(ApiError):
    """Incorrect or missing API key. Send it as `Authorization: Bearer <key>`."""


class ModelNotFound(ApiError):
    """There is no such model."""


class UnknownPath(ApiError):
    """There is nothing at this address."""


class NoSearch(ApiError):
    """This run was not answered by a search."""


class MethodNotAllowed(ApiError):
    """This address does not answer this method."""


class WrongContentType(ApiError):
    """Send the body as `Content-Type: application/json`."""


class BodyTooLarge(ApiError):
    """The body is larger than this service accepts."""


class QuotaSpent(ApiError):
    """The quota of requests a minute is spent."""

    def __init__(self, detail: str, *, headers: dict[str, str]) -> None:
        super().__init__(detail)
        self.headers = headers


class AnswerTakesLonger(ApiError):
    """The answer takes longer than this request may wait."""

    def __init__(self, run_id: UUID) -> None:
        super().__init__(
            f"The answer takes longer than this request may wait. The run goes on: fetch its "
            f"result at /api/runs/{run_id}."
        )
        self.headers = {"x-request-id": str(run_id)}


class AnswerDiverged(ApiError):
    """Another worker took the run over and its answer does not continue what was streamed."""

    def __init__(self, run_id: UUID) -> None:
        super().__init__(
            f"A worker died and the answer of the one that took over does not continue what was "
            f"streamed. The run goes on: fetch its result at /api/runs/{run_id}."
        )


class RunFailed(ApiError):
    """The run ended without an answer. `error` is the run's stored error."""

    def __init__(self, run_id: UUID, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error
        self.headers = {"x-request-id": str(run_id)}


@dataclass(frozen=True)
class Refusal:
    """The HTTP side of an error, in OpenAI's words."""

    status: int
    code: str
    type: str = "invalid_request_error"
    retry_after_s: int | None = None


TABLE: dict[type[Exception], Refusal] = {
    InvalidBody: Refusal(400, "invalid_json"),
    InvalidParameter: Refusal(400, "invalid_value"),
    MissingParameter: Refusal(400, "missing_required_parameter"),
    UnknownParameter: Refusal(400, "unknown_parameter"),
    UnsupportedParameter: Refusal(400, "unsupported_parameter"),
    TooMuchContext: Refusal(400, "context_length_exceeded"),
    ValidationError: Refusal(400, "invalid_value"),
    HttpError: Refusal(400, "invalid_json"),
    InvalidApiKey: Refusal(401, "invalid_api_key"),
    AuthenticationError: Refusal(401, "invalid_api_key"),
    ModelNotFound: Refusal(404, "model_not_found"),
    UnknownPath: Refusal(404, "unknown_url"),
    Http404: Refusal(404, "not_found"),
    RunNotFound: Refusal(404, "run_not_found"),
    NoSearch: Refusal(404, "no_search"),
    NoReceipt: Refusal(404, "no_receipt"),
    RunFinished: Refusal(409, "run_finished"),
    NotSearched: Refusal(400, "not_searched"),
    NoSuchStep: Refusal(400, "step_not_found"),
    UnknownWorker: Refusal(400, "unknown_worker"),
    ContradictoryWord: Refusal(400, "invalid_value"),
    compositions.UnknownKernel: Refusal(400, "kernel_not_found"),
    compositions.CompositionNotFound: Refusal(404, "composition_not_found"),
    compositions.CompositionNotLive: Refusal(409, "composition_not_live"),
    compositions.KernelNotLive: Refusal(409, "kernel_not_live"),
    compositions.AlreadyThere: Refusal(409, "composition_exists"),
    compositions.CompositionRefused: Refusal(422, "composition_refused"),
    TrajectoryNotFound: Refusal(404, "trajectory_not_found"),
    SessionNotFound: Refusal(404, "session_not_found"),
    TrajectoryTaken: Refusal(409, "trajectory_exists"),
    AlreadyRetracted: Refusal(409, "already_retracted"),
    Retracted: Refusal(409, "retracted"),
    MethodNotAllowed: Refusal(405, "method_not_allowed"),
    RunNotFinished: Refusal(409, "run_not_finished"),
    NotReused: Refusal(409, "not_reused"),
    BodyTooLarge: Refusal(413, "request_too_large"),
    RequestDataTooBig: Refusal(413, "request_too_large"),
    WrongContentType: Refusal(415, "unsupported_media_type"),
    QuotaSpent: Refusal(429, "rate_limit_exceeded", "requests"),
    QueueUnavailable: Refusal(503, "queue_unavailable", "server_error", retry_after_s=5),
    OperationalError: Refusal(503, "database_unavailable", "server_error", retry_after_s=5),
    InterfaceError: Refusal(503, "database_unavailable", "server_error", retry_after_s=5),
    redis.RedisError: Refusal(503, "redis_unavailable", "server_error", retry_after_s=5),
    AnswerTakesLonger: Refusal(504, "answer_takes_longer", "server_error"),
    AnswerDiverged: Refusal(502, "answer_diverged", "server_error"),
}
UNEXPECTED = Refusal(500, "internal_error", "server_error")

_MESSAGES: dict[str, str] = {
    "internal_error": "The service failed on this request. The failure was logged.",
    "database_unavailable": "The database cannot be reached. Try again in a few seconds.",
    "redis_unavailable": "Redis cannot be reached. Try again in a few seconds.",
}


def refusal_of(error: BaseException) -> Refusal:
    """How an error is answered; one that is not in the table is logged here, once, as a 500."""
    if isinstance(error, RunFailed):
        stored = error.error
        return Refusal(
            stored["status"], stored["code"], stored["type"], stored.get("retry_after_s")
        )
    for cls in type(error).__mro__:
        if cls in TABLE:
            refusal = TABLE[cls]
            if refusal.status == 503:
                log.warning("%s: %s", refusal.code, error)
            return refusal
    log.error("A request failed unexpectedly", exc_info=error)
    return UNEXPECTED


def error_object(error: BaseException, refusal: Refusal) -> dict[str, Any]:
    """The body of a failure: {"error": {"message", "type", "param", "code"}}.

    A refused composition has `findings` beside these, with a counterexample where there is one.
    """
    if isinstance(error, KernelWeaveError):
        message = error.detail
    elif isinstance(error, AuthenticationError):
        message = str(InvalidApiKey())
    elif isinstance(error, RequestDataTooBig):
        message = str(BodyTooLarge())
    else:
        message = _MESSAGES.get(refusal.code, str(error))
    return {
        "error": {
            "message": message,
            "type": refusal.type,
            "param": getattr(error, "param", None),
            "code": refusal.code,
            **_more(error),
        }
    }


def _more(error: BaseException) -> dict[str, Any]:
    if isinstance(error, compositions.CompositionRefused):
        return {"findings": list(error.findings)}
    return {}
