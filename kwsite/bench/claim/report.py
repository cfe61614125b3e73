"""The claim as JSON, as Markdown with a plot, and on the terminal."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kwsite.bench.claim.arms import ABLATIONS, ARMS, COMPOSED, STATIC_COSINE
from kwsite.bench.claim.composing import (
    against_retrieval,
    composing,
    composite_claim,
    half_points,
    refusals,
    wordings,
)
from kwsite.bench.claim.evidence import SHOWN
from kwsite.bench.claim.figures import (
    MORE_POINTS,
    TOKENS_SHARE,
    against,
    arm_figures,
    arm_names,
    best_retrieval,
    routing,
    taken,
)
from kwsite.bench.claim.grids import grids, verdict
from kwsite.bench.claim.joins import JOINS
from kwsite.bench.claim.measure import Claim, Learned, Stranger
from kwsite.bench.claim.obstacles import routes
from kwsite.bench.claim.outcome import CompositeOutcome, Outcome
from kwsite.bench.claim.plot import draw

METHOD = f"""\
Each family is an app's repeated call, with the same system prompt and schema in every arm. Train
and test prompts are disjoint and come from fixed seeds. The train prompts go through the running
service; a family's app either sends conditions or says whether the answer was right. What was
accepted is all that anybody learns from: kernels by the service's own promotion, gate and approval;
both retrieval arms as an index of each app's own accepted answers, of which the {SHOWN} nearest
stand in the prompt as worked examples. Nobody sees the right answers of test prompts. The scorer is
reasoning-gym's own for its families and equality with the right answer for ours.

Vanilla and retrieval call the model server directly. "kernels" goes through the service over HTTP,
its queue and its records included; "without verification" and the ablations run what a worker runs,
in this process. The very same call at temperature 0 is made once for all arms but "kernels", and
its time counted in each. Answers are never given again (`KW_REUSE_ANSWERS=off`). Intervals are
95 %: bootstrap paired by prompt within families, Clopper-Pearson for routing. Tokens are prompt and
completion, retries and fallbacks included. What learning cost is listed apart: every app asks once
anyway. "calibration off" routes by a cosine of {STATIC_COSINE} to the nearest example. "constraint
off" decodes without the schema, in fallbacks too. Strangers are prompts that no kernel may take:
near misses with a family's own call, and others with none.

Composite prompts ask two families' tasks at once: a test prompt of each, in either order, joined
in one of {len(JOINS)} wordings, from a fixed seed, for every pair of families, with a kernel or
not. The reader of joined requests is made of general rules, but most of these wordings were known
when it was written. Each arm gets the same call: the system prompts of both, one that tells the
form, and a schema with one property for each task. Retrieval finds the {SHOWN} nearest accepted
answers of either family, and shows them as {SHOWN} worked examples of both tasks. An answer is
right if both parts are; half points count each part. With composition, what the router proposes is
run at once on the service's interpreter, in this process; where the plan fails, the prompt goes
the way of "kernels". Where nothing is proposed, and so on single prompts, the arm's answers are
those of "kernels", and its time that of looking for a composition besides.

The model server keeps prompts that it has read. "kernels" asks again what vanilla asked where no
kernel serves, and may find it read: its latency there, and that of composition, is a lower bound.
"""


def claim_json(claim: Claim) -> dict[str, Any]:
    """Figures with their intervals, and every outcome."""
    served = taken(claim)
    where_taken = against(served) if served.outcomes else []
    return {
        "bench": "claim",
        "model": claim.model,
        "command": claim.command,
        "goal": {"points": 100 * MORE_POINTS, "tokens_share": TOKENS_SHARE},
        "goal_met": best_retrieval(claim).meets_goal,
        "best_retrieval": asdict(best_retrieval(claim)),
        "arms": list(ARMS),
        "ablations": list(ABLATIONS),
        "not_measured": [arm for arm in ARMS if arm not in arm_names(claim)],
        "figures": [asdict(one) for one in arm_figures(claim)],
        "kernels_against": [asdict(one) for one in against(claim)],
        "kernels_against_where_taken": [asdict(one) for one in where_taken],
        "routing": [asdict(one) for one in routing(claim)],
        "learned": [asdict(one) for one in claim.learned],
        "routes": [asdict(one) for one in routes(claim)],
        "composite_prompts": _composites_json(claim) if claim.composites else None,
        "strangers": [asdict(one) for one in claim.strangers],
        "composites": [asdict(one) for one in claim.composites],
        "outcomes": [asdict(one) for one in claim.outcomes],
    }


def _composites_json(claim: Claim) -> dict[str, Any]:
    asked = composite_claim(claim)
    return {
        "best_retrieval": asdict(against_retrieval(claim)),
        "goal_met": against_retrieval(claim).meets_goal,
        "composing": asdict(composing(claim)),
        "figures": [asdict(one) for one in arm_figures(asked)],
        "half_points": {arm: asdict(one) for arm, one in half_points(claim).items()},
        "composed_against": [asdict(one) for one in against(asked, COMPOSED)],
        "wordings": [asdict(one) for one in wordings(claim)],
        "refusals": refusals(claim),
    }


def read_claim(file: Path) -> Claim:
    """What `write_evidence` wrote as JSON."""
    found = json.loads(file.read_text())
    return Claim(
        found["model"],
        found["command"],
        tuple(Learned(**one) for one in found["learned"]),
        tuple(Outcome(**one) for one in found["outcomes"]),
        tuple(Stranger(**one) for one in found["strangers"]),
        tuple(CompositeOutcome(**one) for one in found.get("composites", ())),
    )


def claim_markdown(claim: Claim, *, plot: str) -> str:
    tables = "\n".join(grid.as_markdown() for grid in grids(claim))
    return (
        f"# The claim on {claim.model}\n\n`{claim.command}`\n\n{verdict(claim)}\n\n"
        f"![quality against tokens]({plot})\n\n{tables}\n## How it was measured\n\n{METHOD}"
    )


def write_evidence(claim: Claim, folder: Path) -> list[Path]:
    """Writes Markdown, plot and JSON into the folder; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", claim.model)
    markdown, plot, data = (folder / f"claim-{name}.{end}" for end in ("md", "png", "json"))
    draw(claim, plot)
    markdown.write_text(claim_markdown(claim, plot=plot.name))
    data.write_text(json.dumps(claim_json(claim), ensure_ascii=False) + "\n")
    return [markdown, plot, data]
