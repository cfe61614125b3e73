"""Generated requests, good and bad, against every operation of the OpenAPI document.

What is checked: no 5xx, only documented statuses, content types and bodies, bad data refused, keys
needed. Not checked: that all data which fits the document is accepted, for it cannot say that a
prompt has visible text, or that a tool message answers a call.
"""

import json
from typing import Any
from urllib.request import urlopen

import schemathesis
from hypothesis import HealthCheck, settings

from kwsite.api.ninja_api import api
from tests.stack_fixtures import StackProcess

CONFIG = {
    "generation": {"deterministic": True, "database": "none"},
    "checks": {"positive_data_acceptance": {"enabled": False}},
}


operations = schemathesis.openapi.from_dict(
    json.loads(json.dumps(api.get_openapi_schema(path_prefix=""))),
    config=schemathesis.Config.from_dict(CONFIG),
)


def test_the_document_is_served(running_stack: StackProcess) -> None:
    with urlopen(_root_of(running_stack) + "/api/openapi.json") as response:
        assert json.load(response) == operations.raw_schema


@operations.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_behaves_as_documented(
    case: schemathesis.Case[Any], running_stack: StackProcess
) -> None:
    _ask_for_one_token(case.body)
    case.call_and_validate(
        base_url=_root_of(running_stack),
        headers={"Authorization": f"Bearer {running_stack.api_key}"},
    )


def _root_of(stack: StackProcess) -> str:
    return stack.base_url.removesuffix("/v1")


def _ask_for_one_token(body: Any) -> None:
    """Keeps generations short; leaves a token limit that is bad on purpose."""
    if isinstance(body, dict) and "messages" in body:
        limit = body.get("max_completion_tokens", 1)
        if isinstance(limit, int) and limit >= 1:
            body["max_completion_tokens"] = 1
