"""Skills, choices among them and agents' trajectories, as rows and as files, for tests."""

import uuid
from pathlib import Path

from django.utils import timezone

from kernels.shadow_models import RoutingSwitch, ShadowRecord
from kernels.skill_models import Skill, SkillVector
from tests.kernel_rows import EMBEDDING
from trajectories.models import AgentSession, AgentTurn, Client, Trajectory

DEPLOY = """---
name: deploy-service
description: Deploys a service to production and watches the rollout.
triggers:
  - ship it
patterns:
  - deploy(ing)? .*prod(uction)?
---
# Deploying

## Steps
1. Build the container image.
2. Roll it out region by region.

## Gotchas
- Never deploy while a database migration is running.
"""
INVOICE = """---
name: read-invoice
description: Extracts amounts, dates and the supplier from a scanned invoice.
patterns: ["invoice"]
---
## Steps
1. Recognise the text of the scanned page.
2. Copy the total amount and the due date into a spreadsheet.
"""


def write_skill(folder: Path, name: str, text: str) -> Path:
    """`folder/name/SKILL.md`."""
    path = folder / name / "SKILL.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def add_agent_trajectory(
    *,
    client: Client,
    prompt: str = "Deploy the billing service to production.",
    skill: str = "deploy-service",
    reward: float | None = 0.8,
    advantage: float | None = 0.2,
) -> Trajectory:
    """A closed and scored trajectory of an agent."""
    session = AgentSession.objects.create(client=client, key=uuid.uuid4().hex, agent="claude")
    trajectory = Trajectory.objects.create(
        client=client,
        prompt=prompt,
        plain=True,
        signature="s" * 64,
        route=Trajectory.Route.AGENT,
        route_reason="an agent's",
        model="",
        duration_ms=10.0,
        reward=reward,
        advantage=advantage,
        scored_at=timezone.now(),
    )
    AgentTurn.objects.create(trajectory=trajectory, session=session, place=0, skill=skill)
    return trajectory


def add_skill_rows(*, client: Client, trajectory: Trajectory) -> None:
    """One of each, for pages that show them."""
    skill = Skill.objects.create(
        client=client,
        name="write-letter",
        digest="d" * 64,
        intent="Writes <b>letters</b>.",
        text=DEPLOY,
        source_path="/skills/write-letter/SKILL.md",
    )
    SkillVector.objects.create(
        skill=skill,
        part="intent",
        text="Writes <b>letters</b>.",
        embedding=EMBEDDING,
        encoder_digest="e" * 64,
    )
    add_shadow(client=client, regex="write-letter", vector="", trajectory=trajectory)
    RoutingSwitch.objects.create(
        client=client, serving="regex", changed_by="root", reason="back", figures={}
    )


def add_shadow(
    *,
    client: Client,
    regex: str = "deploy-service",
    vector: str = "deploy-service",
    cache_hit: bool = True,
    trajectory: Trajectory | None = None,
) -> ShadowRecord:
    return ShadowRecord.objects.create(
        client=client,
        prompt_digest="d" * 64,
        prompt_brief="Write <b>it</b>",
        by_regex=regex,
        by_vector=vector,
        cosine=0.6,
        cache_hit=cache_hit,
        agreed=regex == vector,
        trajectory=trajectory,
    )
