"""Who may ask, and how often."""

import json

import pytest
from django.test import Client as Browser

from trajectories.access import issue_key, revoke_key
from trajectories.models import Client

pytestmark = pytest.mark.django_db(transaction=True)

CHAT = {"model": "kernelweave", "messages": [{"role": "user", "content": "Hello"}]}


def issue(**fields: object) -> str:
    return issue_key(client=Client.objects.create(name="app", **fields), label="test")[1]


def list_models(authorization: str | None) -> int:
    headers = {} if authorization is None else {"authorization": authorization}
    response = Browser(headers=headers).get("/v1/models")
    if response.status_code == 401:
        assert response.json()["error"]["code"] == "invalid_api_key"
        assert response["WWW-Authenticate"] == "Bearer"
    return response.status_code


def test_it_answers_a_client_with_a_key() -> None:
    assert list_models(f"Bearer {issue()}") == 200


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic eDp5", "Bearer é"])
def test_it_refuses_a_missing_or_wrong_key(authorization: str | None) -> None:
    assert list_models(authorization) == 401


def test_it_refuses_a_revoked_key() -> None:
    row, secret = issue_key(client=Client.objects.create(name="app"), label="test")
    revoke_key(key=row)
    assert list_models(f"Bearer {secret}") == 401


def test_it_refuses_the_key_of_a_client_that_was_switched_off() -> None:
    assert list_models(f"Bearer {issue(active=False)}") == 401


@pytest.mark.parametrize("body", ["{", "{}", json.dumps({**CHAT, "model": "gpt-9"})])
def test_a_stranger_learns_nothing_else_than_that_the_key_is_wrong(body: str) -> None:
    stranger = Browser(headers={"authorization": "Bearer kw-wrong"})
    response = stranger.post("/v1/chat/completions", data=body, content_type="application/json")
    assert response.status_code == 401


def test_it_refuses_requests_above_the_quota() -> None:
    app = Browser(headers={"authorization": f"Bearer {issue(requests_per_minute=0)}"})
    response = app.post("/api/plan", data=json.dumps(CHAT), content_type="application/json")
    assert response.status_code == 429
    assert response.json()["error"]["code"] == "rate_limit_exceeded"
    assert 0 < int(response["Retry-After"]) <= 60
    assert response["x-ratelimit-limit-requests"] == "0"
    assert response["x-ratelimit-remaining-requests"] == "0"
