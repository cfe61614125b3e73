"""A call through a vendor's SDK: one deadline for the whole of it, our own errors."""

import re
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import anthropic
import httpx2
import openai

from workers.backends.completion import (
    BackendError,
    BackendGarbage,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
)
from workers.backends.deadline import ends_by

Stream = openai.Stream[object] | anthropic.Stream[object]

TIMEOUTS = (openai.APITimeoutError, anthropic.APITimeoutError, httpx2.TimeoutException)
STATUSES = (openai.APIStatusError, anthropic.APIStatusError)
FAILURES = (openai.OpenAIError, anthropic.AnthropicError, httpx2.HTTPError, ValueError)

REQUEST_TIMEOUT, TOO_MANY_REQUESTS, SERVER_ERROR, GATEWAY_TIMEOUT = 408, 429, 500, 504
KEY_REFUSED = (401, 403)
# llama.cpp answers 500 to what the request or the model is to blame for.
REQUEST_IS_TO_BLAME = re.compile(
    r"input is not supported|failed to parse grammar|JSON schema (error|conversion)", re.IGNORECASE
)
MODEL_IS_TO_BLAME = re.compile("model produced output that does not match", re.IGNORECASE)


def answer(call: Callable[[], object], *, timeout_s: float) -> object:
    """What `call` returns. Raises the backend errors and no others."""
    with backend_errors(), ends_by(time.monotonic() + timeout_s):
        return call()


def events(open_stream: Callable[[], Stream], *, timeout_s: float) -> Generator[object]:
    """The decoded events of a stream, closed when the caller stops reading.

    The deadline is entered anew around each event, so the caller may read from several threads.
    """
    deadline = time.monotonic() + timeout_s
    with backend_errors(), ends_by(deadline):
        stream = open_stream()
    with closing(stream):
        while True:
            with backend_errors(), ends_by(deadline):
                event = next(stream, _END)
            if event is _END:
                return
            yield event


_END = object()


@contextmanager
def backend_errors() -> Iterator[None]:
    """Turn what the SDKs and HTTP raise into backend errors."""
    try:
        yield
    except FAILURES as error:
        raise _backend_error(error) from error


def _backend_error(error: Exception) -> BackendError:
    if isinstance(error, TIMEOUTS):
        return BackendTimeout()
    if isinstance(error, STATUSES):
        return _status_error(error.status_code, error.message, error.body)
    if isinstance(error, ValueError):
        return BackendGarbage(f"The model server did not answer in JSON: {error}")
    if isinstance(error.__cause__, httpx2.DecodingError):
        return BackendGarbage(f"The model server's answer cannot be decoded: {error.__cause__}")
    if isinstance(
        error, openai.APIConnectionError | anthropic.APIConnectionError | httpx2.HTTPError
    ):
        return BackendUnavailable(f"The model server cannot be reached: {error.__cause__ or error}")
    return _streamed_error(error)


def _status_error(status: int, message: str, body: object) -> BackendError:
    said = message_of(body) or message
    if status in KEY_REFUSED:
        return BackendUnavailable(f"The model server refuses KW_LLM_API_KEY ({status}): {said}")
    if status == TOO_MANY_REQUESTS:
        return BackendUnavailable(f"The model server is over its rate limit: {said}")
    if status in (REQUEST_TIMEOUT, GATEWAY_TIMEOUT):
        return BackendTimeout(f"The model server did not answer in time ({status}): {said}")
    if 400 <= status < 500 or (status == SERVER_ERROR and REQUEST_IS_TO_BLAME.search(said)):
        return BackendRejected(f"The model server refused the request ({status}): {said}")
    if status == SERVER_ERROR and MODEL_IS_TO_BLAME.search(said):
        return BackendGarbage(f"The model wrote what its server cannot read: {said}")
    return BackendUnavailable(f"The model server failed ({status}): {said}")


def _streamed_error(error: Exception) -> BackendError:
    """An error the server sent as an event of an accepted stream."""
    body = getattr(error, "body", None)
    code = body.get("code") if isinstance(body, dict) else None
    if isinstance(code, int):
        return _status_error(code, str(error), body)
    return BackendUnavailable(f"The model server failed: {error}")


def message_of(body: Any) -> str:
    """The sentence in a server's error body, wherever it keeps it; empty when there is none."""
    if isinstance(body, dict):
        inner = body.get("error", body)
        message = inner.get("message", "") if isinstance(inner, dict) else inner
        return message if isinstance(message, str) else ""
    return ""
