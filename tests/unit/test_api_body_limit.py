"""The limit of a body holds while the body is read, whatever its length was said to be."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pytest_django import Settings

from kwsite.api.handler import ApiHandler

LIMIT = 1000
PIECE = b"x" * 300
PIECES = 20


class Upload:
    """A client that sends many pieces and keeps what it is answered."""

    def __init__(self) -> None:
        self.pieces_read = 0
        self.replies: list[Mapping[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        self.pieces_read += 1
        return {"type": "http.request", "body": PIECE, "more_body": self.pieces_read < PIECES}

    async def send(self, message: Mapping[str, Any]) -> None:
        self.replies.append(message)


async def upload(*headers: tuple[bytes, bytes]) -> Upload:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), *headers],
    }
    client = Upload()
    await ApiHandler()(scope, client.receive, client.send)
    return client


@pytest.fixture(autouse=True)
def limit(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = LIMIT


def require_413(client: Upload) -> None:
    start, body = client.replies
    assert start["status"] == 413
    assert json.loads(body["body"])["error"]["code"] == "request_too_large"


async def test_a_body_of_unknown_length_is_read_up_to_the_limit() -> None:
    client = await upload()
    require_413(client)
    assert client.pieces_read == 4  # 900 bytes are within the limit, 1200 are not


async def test_a_body_that_is_said_to_be_too_long_is_not_read() -> None:
    client = await upload((b"content-length", b"1001"))
    require_413(client)
    assert client.pieces_read == 0


@pytest.mark.parametrize("length", [b"1", b"+5", b"abc"])
async def test_a_length_that_is_not_true_changes_nothing(length: bytes) -> None:
    require_413(await upload((b"content-length", length)))
