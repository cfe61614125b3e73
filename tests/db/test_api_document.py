"""The OpenAPI document, its page, and the health check."""

from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client as Browser

OPERATIONS = {
    ("/v1/chat/completions", "post"),
    ("/v1/models", "get"),
    ("/v1/models/{model_id}", "get"),
    ("/api/plan", "post"),
    ("/api/feedback", "post"),
    ("/api/runs/{run_id}", "get"),
    ("/api/runs/{run_id}/tree", "get"),
    ("/api/runs/{run_id}/receipt", "get"),
    ("/api/receipts/keys", "get"),
    ("/api/metrics/search", "get"),
    ("/api/runs/{run_id}/cancel", "post"),
    ("/api/runs/{run_id}/wrong-reuse", "post"),
    ("/api/compositions", "post"),
    ("/api/compositions", "get"),
    ("/api/compositions/{name}/runs", "post"),
    ("/api/plan-runs/{run_id}", "get"),
    ("/api/skills", "get"),
    ("/api/skills/rank", "post"),
    ("/api/skills/shadow", "get"),
    ("/api/trajectories", "post"),
    ("/api/trajectories/{trajectory_id}", "get"),
    ("/api/trajectories/{trajectory_id}/events", "post"),
    ("/api/trajectories/{trajectory_id}/close", "post"),
    ("/api/trajectories/{trajectory_id}/annotations", "post"),
    ("/api/sessions/end", "post"),
    ("/api/taps", "post"),
    ("/api/runs/{run_id}/lineage", "get"),
    ("/api/runs/{run_id}/retract", "post"),
    ("/v1/traces", "post"),
    ("/api/health", "get"),
}


@pytest.fixture
def document() -> dict[str, Any]:
    content: dict[str, Any] = Browser().get("/api/openapi.json").json()
    return content


def test_the_document_covers_every_operation(document: dict[str, Any]) -> None:
    found = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert found == OPERATIONS


def test_every_operation_but_health_and_public_keys_needs_a_bearer_key(
    document: dict[str, Any],
) -> None:
    assert document["components"]["securitySchemes"] == {
        "ApiKeyAuth": {"type": "http", "scheme": "bearer"}
    }
    open_to_all = {
        path
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if not operation.get("security")
    }
    assert open_to_all == {"/api/health", "/api/receipts/keys"}


def test_the_page_loads_nothing_from_elsewhere() -> None:
    page = Browser().get("/api/docs").content.decode()
    assert "http://" not in page
    assert "https://" not in page
    assert "/static/ninja/swagger-ui-bundle.js" in page
    assert finders.find("ninja/swagger-ui-bundle.js")


@pytest.mark.parametrize("path", ["/api/docs", "/api/openapi.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_document_and_the_page_can_only_be_read(path: str, method: str) -> None:
    response = Browser().generic(method, path)
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
    assert response.json()["error"]["code"] == "method_not_allowed"
    assert Browser().head(path).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_health_is_open_and_names_the_parts() -> None:
    response = Browser().get("/api/health")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "redis": "ok"}
