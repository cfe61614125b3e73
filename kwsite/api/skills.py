"""/api/skills: the skills of an agent, ranked for a prompt, and who chooses among them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field

from kernels.kept_embeddings import lookups
from kernels.skill_models import Skill, SkillVector
from kernels.skills.choosing import choose_skill, visible_skills, weights_of
from kernels.skills.ranking import PLAIN_WEIGHT
from kernels.skills.shadow_gate import gate
from kernels.skills.shadow_rows import shadow_figures
from kernels.skills.shadowing import shadow_choice
from kernels.skills.switching import limits, newest_switch, serving_for
from kwsite.api.auth import key_of, sign_in
from kwsite.api.body_model import Body
from kwsite.api.documents import error_documents
from kwsite.api.errors import InvalidParameter, TooMuchContext, UnknownParameter
from kwsite.api.limits import has_visible_text
from kwsite.api.offload import in_thread
from kwsite.api.quota import spend_request
from kwsite.api.replies import json_reply

MOST_LISTED = 200
MOST_RANKED = 100

router = Router(tags=["Skills"])
Serving = Literal["regex", "vector"]


class RankBody(Body):
    prompt: str = Field(description="What the agent was asked.")
    limit: int = Field(default=5, ge=1, le=MOST_RANKED)


class Matched(BaseModel):
    """What of the skill is nearest to the prompt."""

    part: Literal["intent", "step", "gotcha", "trigger"]
    text: str


class RankedSkill(BaseModel):
    """`score` is `cosine` times `weight`."""

    name: str
    score: float
    cosine: float
    weight: float
    matched: Matched


class RegexMatch(BaseModel):
    skill: str
    pattern: str
    found: str


class Ranking(BaseModel):
    """`skill` is the choice that is served; `regex` and `vector` are what each chose."""

    serving: Serving
    skill: str | None
    regex: RegexMatch | None
    vector: RankedSkill | None
    cache_hit: bool = Field(description="The prompt's embedding was remembered.")
    skills: list[RankedSkill]


class SkillReport(BaseModel):
    name: str
    intent: str
    shared: bool
    digest: str
    weight: float
    patterns: list[str]
    vectors: dict[str, int] = Field(description="Texts that it is found by, of each part.")
    changed_at: datetime


class SkillList(BaseModel):
    object: Literal["list"] = "list"
    data: list[SkillReport]
    has_more: bool


class GateCheck(BaseModel):
    figure: str
    value: float | None
    least: float
    passed: bool
    reason: str


class GateReport(BaseModel):
    open: bool
    reasons: list[str]
    checks: list[GateCheck]


class LiftReport(BaseModel):
    vector_mean: float | None
    vector_count: int
    regex_mean: float | None
    regex_count: int
    value: float | None


class Lookups(BaseModel):
    """Of all clients, in the last two days."""

    hits: int
    misses: int


class ShadowReport(BaseModel):
    """What patterns and vectors chose for the own client, and whether vectors may serve."""

    serving: Serving
    changed_at: datetime | None
    records: int
    silent: int = Field(description="Records in which neither chose a skill; not counted.")
    hit_rate: float | None
    agreement: float | None
    lift: LiftReport
    gate: GateReport
    embedding_cache: Lookups


@router.post(
    "/skills/rank",
    response={200: Ranking, **error_documents(400, 401, 413, 415, 429)},
    summary="Rank skills for a prompt",
)
async def rank_skills(request: HttpRequest, body: RankBody) -> HttpResponse:
    """Cosine times weight, best first; while patterns serve, with their choice first. What both
    chose is recorded."""
    ranking, headers = await in_thread(_rank, key_of(request), body)
    return json_reply(ranking, headers=headers)


@router.get(
    "/skills", response={200: SkillList, **error_documents(400, 401)}, summary="List skills"
)
async def list_skills(request: HttpRequest) -> HttpResponse:
    """The active ones, your own and the shared, by name."""
    _take_no_parameters(request)
    return json_reply(await in_thread(_list, key_of(request)))


@router.get(
    "/skills/shadow",
    response={200: ShadowReport, **error_documents(400, 401)},
    summary="Look at patterns and vectors side by side",
)
async def retrieve_shadow(request: HttpRequest) -> HttpResponse:
    """The four figures of the promotion gate, over what is kept of the own client's records."""
    _take_no_parameters(request)
    return json_reply(await in_thread(_shadow, key_of(request)))


def _take_no_parameters(request: HttpRequest) -> None:
    if unknown := sorted(request.GET):
        raise UnknownParameter(f"Unknown parameter: '{unknown[0]}'.", param=unknown[0])


def _rank(key: str, body: RankBody) -> tuple[dict[str, Any], dict[str, str]]:
    client = sign_in(key)
    headers = spend_request(client=client)
    _require_prompt(body.prompt)
    choice = choose_skill(client=client, prompt=body.prompt)
    if choice.nearest is not None:
        shadow_choice(client=client, prompt=body.prompt, choice=choice)
    skills = [one.as_json() for one in choice.order[: body.limit]]
    return {**choice.as_json(), "skills": skills}, headers


def _require_prompt(prompt: str) -> None:
    if len(prompt) > settings.KW_MAX_PROMPT_CHARS:
        raise TooMuchContext(
            f"The prompt has {len(prompt)} characters; at most {settings.KW_MAX_PROMPT_CHARS} are "
            "accepted.",
            param="prompt",
        )
    if not has_visible_text(prompt):
        raise InvalidParameter("The prompt has no visible text.", param="prompt")


def _list(key: str) -> SkillList:
    client = sign_in(key)
    weights = weights_of(client)
    visible = sorted(visible_skills(client).values(), key=lambda skill: skill.name)
    listed = visible[:MOST_LISTED]
    rows = Skill.objects.in_bulk([skill.pk for skill in listed])
    counts = (
        SkillVector.objects.filter(Q(client=client) | Q(client=None), skill__in=list(rows))
        .order_by()
        .values_list("skill_id", "part")
        .annotate(count=Count("pk"))
    )
    vectors: dict[UUID, dict[str, int]] = {pk: {} for pk in rows}
    for pk, part, count in counts:
        vectors[pk][part] = count
    data = [
        SkillReport(
            name=skill.name,
            intent=skill.intent,
            shared=skill.client_id is None,
            digest=rows[skill.pk].digest,
            weight=weights.get(skill.name, PLAIN_WEIGHT),
            patterns=skill.patterns,
            vectors=vectors[skill.pk],
            changed_at=rows[skill.pk].changed_at,
        )
        for skill in listed
    ]
    return SkillList(data=data, has_more=len(visible) > MOST_LISTED)


def _shadow(key: str) -> dict[str, Any]:
    client = sign_in(key)
    figures = shadow_figures(client)
    said = newest_switch(client)
    hits, misses = lookups(days=2)
    told = figures.as_json()
    return {
        "serving": serving_for(client),
        "changed_at": said.changed_at if said else None,
        **{name: told[name] for name in ("records", "silent", "hit_rate", "agreement", "lift")},
        "gate": gate(figures, limits()).as_json(),
        "embedding_cache": {"hits": hits, "misses": misses},
    }
