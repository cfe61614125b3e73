"""The claim as JSON, as Markdown with a plot, and on the terminal."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kwsite.bench.claim.arms import ABLATIONS, ARMS, STATIC_COSINE
from kwsite.bench.claim.evidence import SHOWN
from kwsite.bench.claim.figures import (
    MORE_POINTS,
    TOKENS_SHARE,
    against,
    arm_figures,
    best_retrieval,
    routing,
    taken,
)
from kwsite.bench.claim.grids import NOT_MEASURED, grids, verdict
from kwsite.bench.claim.measure import Claim, Learned, Stranger
from kwsite.bench.claim.outcome import Outcome
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
        "not_measured": [NOT_MEASURED],
        "figures": [asdict(one) for one in arm_figures(claim)],
        "kernels_against": [asdict(one) for one in against(claim)],
        "kernels_against_where_taken": [asdict(one) for one in where_taken],
        "routing": [asdict(one) for one in routing(claim)],
        "learned": [asdict(one) for one in claim.learned],
        "strangers": [asdict(one) for one in claim.strangers],
        "outcomes": [asdict(one) for one in claim.outcomes],
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
