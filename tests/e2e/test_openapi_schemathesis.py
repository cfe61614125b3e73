"""Generated requests, good and bad, against every operation of the OpenAPI document.

What is checked: no 5xx, only documented statuses, content types and bodies, bad data refused, keys
needed. Not checked: that all data which fits the document is accepted, for it cannot say that a
prompt has visible text, or that a tool message answers a call.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.stack_fixtures import StackProcess

CONFIG = {
    "generation": {"deterministic": True, "database": "none"},
    "checks": {"positive_data_acceptance": {"enabled": False}},
}


@pytest.fixture
def openapi_document(running_stack: StackProcess) -> schemathesis.BaseSchema:
    url = running_stack.base_url.removesuffix("/v1") + "/api/openapi.json"
    return schemathesis.openapi.from_url(url, config=schemathesis.Config.from_dict(CONFIG))


operations = schemathesis.pytest.from_fixture("openapi_document")


@operations.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_behaves_as_documented(case: schemathesis.Case, running_stack: StackProcess) -> None:
    _ask_for_one_token(case.body)
    case.call_and_validate(headers={"Authorization": f"Bearer {running_stack.api_key}"})


def _ask_for_one_token(body: Any) -> None:
    """Keeps generations short; leaves a token limit that is bad on purpose."""
    if isinstance(body, dict) and "messages" in body:
        limit = body.get("max_completion_tokens", 1)
        if isinstance(limit, int) and limit >= 1:
            body["max_completion_tokens"] = 1
