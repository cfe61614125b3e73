"""POST and GET /api/compositions: propose a plan over kernels, and see those that there are."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, Field, ValidationError, field_validator

from kernels.algebra.plan import Composition as Plan
from kernels.composition_models import Composition
from kernels.compositions import add_composition, pinned, visible_compositions
from kwsite.api.auth import key_of, sign_in
from kwsite.api.body_model import Body, refuse
from kwsite.api.documents import ErrorBody, error_documents
from kwsite.api.offload import in_thread
from kwsite.api.query import require_query
from kwsite.api.quota import spend_request
from kwsite.api.replies import json_reply
from kwsite.api.schema_limits import require_servable

MOST_LISTED = 200
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"

router = Router(tags=["Compositions"])


class CompositionBody(Body):
    """A plan over kernels. A kernel without a `digest` means the version that is live now."""

    name: str = Field(pattern=NAME, max_length=100)
    description: str = Field(default="", max_length=10_000)
    input_schema: dict[str, Any] | None = Field(
        default=None,
        description="What the composition takes. Without one: `prompt`, as its first kernels do.",
    )
    plan: dict[str, Any] = Field(
        description="A node: `kernel`, `sequence`, `parallel`, `conditional` or `loop`.",
        examples=[
            {
                "kind": "parallel",
                "branches": [
                    {"kind": "kernel", "kernel": "suggest-title"},
                    {"kind": "kernel", "kernel": "extract-keywords"},
                ],
            }
        ],
    )

    @field_validator("input_schema")
    @classmethod
    def is_servable(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        if schema is not None:
            require_servable(schema)
        return schema


class CompositionReport(BaseModel):
    """`plan` with its digests; `findings` are what may fail in it when it runs."""

    name: str
    version: int
    state: Composition.State
    shared: bool
    description: str
    digest: str
    plan: dict[str, Any]
    input_schema: Any
    output_schema: Any
    findings: list[dict[str, Any]]
    passes: int
    failures: int
    decision_reason: str
    created_at: datetime
    decided_at: datetime | None


class CompositionList(BaseModel):
    object: Literal["list"] = "list"
    data: list[CompositionReport]
    has_more: bool


class RefusedComposition(ErrorBody):
    """`findings`: kind, place in the plan, reason, and a value for which it goes wrong."""

    findings: list[dict[str, Any]]


class RefusalDocument(BaseModel):
    error: RefusedComposition


@router.post(
    "/compositions",
    response={
        201: CompositionReport,
        **error_documents(400, 401, 409, 413, 415, 429),
        422: RefusalDocument,
    },
    summary="Propose a composition",
)
async def create_composition(request: HttpRequest, body: CompositionBody) -> HttpResponse:
    """Checks that each step's output satisfies the input of the next one, whatever the values. What
    passes is a candidate, which an operator approves; what does not is refused with a value that
    shows why."""
    added, headers = await in_thread(_add, key_of(request), body)
    return json_reply(added, status=201, headers=headers)


def _add(key: str, body: CompositionBody) -> tuple[CompositionReport, dict[str, str]]:
    client = sign_in(key)
    headers = spend_request(client=client)
    document = pinned(body.model_dump(mode="json"), client)
    try:
        plan = Plan.model_validate(document)
    except ValidationError as error:
        refuse(error, document)
    return _report(add_composition(plan=plan, client=client)), headers


@router.get(
    "/compositions",
    response={200: CompositionList, **error_documents(400, 401)},
    summary="List compositions",
)
async def list_compositions(
    request: HttpRequest, state: Query[Composition.State | None] = None
) -> HttpResponse:
    """Your own and the shared ones, newest first; `state` picks some of them."""
    require_query(request, "state")
    return json_reply(await in_thread(_list, key_of(request), state))


def _list(key: str, state: Composition.State | None) -> CompositionList:
    visible = visible_compositions(sign_in(key)).order_by("-created_at")
    found = list((visible.filter(state=state) if state else visible)[: MOST_LISTED + 1])
    reports = [_report(composition) for composition in found[:MOST_LISTED]]
    return CompositionList(data=reports, has_more=len(found) > MOST_LISTED)


def _report(composition: Composition) -> CompositionReport:
    return CompositionReport(
        name=composition.name,
        version=composition.number,
        state=Composition.State(composition.state),
        shared=composition.client_id is None,
        description=composition.plan["description"],
        digest=composition.digest,
        plan=composition.plan["plan"],
        input_schema=composition.input_schema,
        output_schema=composition.output_schema,
        findings=composition.evidence["findings"],
        passes=composition.passes,
        failures=composition.failures,
        decision_reason=composition.decision_reason,
        created_at=composition.created_at,
        decided_at=composition.decided_at,
    )
