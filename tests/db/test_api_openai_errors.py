"""The official client against the application itself, where the running stack is in the way."""

import asyncio

import httpx2
import openai
import pytest

from kwsite.api.handler import ApiHandler
from trajectories.access import issue_key
from trajectories.models import Client

pytestmark = pytest.mark.django_db(transaction=True)


def ask(key: str, **fields: str) -> None:
    """One chat request of a client that does not retry."""

    async def send() -> None:
        transport = httpx2.ASGITransport(app=ApiHandler())  # type: ignore[arg-type]
        async with openai.AsyncOpenAI(
            base_url="http://testserver/v1",
            api_key=key,
            max_retries=0,
            http_client=httpx2.AsyncClient(transport=transport),
        ) as client:
            await client.chat.completions.create(
                model="kernelweave",
                messages=[{"role": "user", "content": "Hello"}],
                extra_body=fields,
            )

    asyncio.run(send())


def issue(**fields: int) -> str:
    return issue_key(client=Client.objects.create(name="app", **fields), label="test")[1]


def test_a_spent_quota_is_a_rate_limit_error() -> None:
    with pytest.raises(openai.RateLimitError) as refused:
        ask(issue(requests_per_minute=0))
    assert refused.value.code == "rate_limit_exceeded"
    assert int(refused.value.response.headers["Retry-After"]) <= 60


def test_a_wrong_key_is_an_authentication_error() -> None:
    with pytest.raises(openai.AuthenticationError):
        ask("kw-wrong")


def test_an_unknown_field_is_a_bad_request_error() -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        ask(issue(), colour="red")
    assert refused.value.param == "colour"


def test_a_body_that_is_declared_too_large_is_refused_unread() -> None:
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        raise AssertionError("the body was read")

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    headers = [(b"content-length", b"999999999")]
    scope = {"type": "http", "path": "/v1/chat/completions", "headers": headers}
    asyncio.run(ApiHandler()(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
