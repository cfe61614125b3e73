"""A body that is sent in pieces, through the real web server."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.stack_fixtures import StackProcess

PIECE = b"x" * 65536
PIECES = 1024  # 64 MiB, where 2 are accepted


class Upload:
    """A long body without a length; counts what was asked of it."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(PIECES):
            self.taken += 1
            yield PIECE


@pytest.fixture
def app(running_stack: StackProcess) -> Iterator[httpx2.Client]:
    headers = {
        "Authorization": f"Bearer {running_stack.api_key}",
        "Content-Type": "application/json",
    }
    with httpx2.Client(base_url=running_stack.base_url, headers=headers, timeout=60) as client:
        yield client


def test_too_long_a_body_is_refused_while_it_is_sent(app: httpx2.Client) -> None:
    upload = Upload()
    reply = app.post("/chat/completions", content=upload)
    assert reply.status_code == 413
    assert reply.json()["error"]["code"] == "request_too_large"
    assert upload.taken < PIECES / 2
    assert app.get("/models").status_code == 200


def test_a_body_in_pieces_is_read_as_one(app: httpx2.Client) -> None:
    pieces = (piece for piece in (b'{"model": "kernel', b'weave", "messages": 3}'))
    reply = app.post("/chat/completions", content=pieces)
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == "messages"
