"""What was learned, as JSON with every outcome and as Markdown with a plot."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kwsite.bench.learning.grids import grids, verdict
from kwsite.bench.learning.measure import CLIENTS
from kwsite.bench.learning.outcome import Answered, HeldStep, Learning, Round, Routed
from kwsite.bench.learning.plot import draw
from kwsite.bench.learning.searching import ANSWER_TOKENS, OPTIONS

METHOD = f"""\
The queries are made from templates and from reasoning-gym, so that the right worker is known, with
fixed seeds; all six workers have as many. Each has something that a verifier can check: an
expression, an equation, examples of a function, premises, evidence, a form that is asked for. The
test shares no text and no wording with the stream. Half of it is of families that the stream has in
other wordings, half of families that it lacks. Queries whose subject is another worker's (a poem
about an equation, a passage about a program) are for the router alone, and count apart: they are
harder than the goal supposes. Families and wordings are ours; traffic of other people's may differ.

The stream goes through the running service over HTTP, {CLIENTS} clients at a time, with
`kernelweave.search` {OPTIONS} and at most {ANSWER_TOKENS} tokens an answer, the worker chosen by
what is live, exploring included. Of the first answers a person (here: how the query was made) says
whether the right worker answered, and if not, which one it is, over `/api/feedback`. Then, and
later on, a round of learning is made at once, as `manage.py learn --now` does; the gate decides
what goes live. A quarter of the stream is held out by digest for that gate, so nothing is ever
fitted on it. "Fitted" is the net of that round, also where the gate refused it.

The held-out queries are searched twice, by what a worker runs, in this process: before the stream
and after it, without exploring and without a record, so that nobody learns from them. AUROC is over
the steps of the first of these searches, labelled by verifiers alone: V/N, right from .5 on; its
intervals are by bootstrap over queries. Two baselines read no step: one knows its length (logistic
regression on the same steps as the model), the other only which worker answered, and how often that
one was right so far. What is above chance only because workers differ is thus seen: "within
workers" is the mean of the workers' own AUROC.

"Verified" is the word of the worker that answered; only with the right worker is it the verifier
that was meant. Reward is made of that word alone: 1 for a pass, at most .25 for a refusal, 0 where
nothing could be checked; it is of completion tokens, reflections and a judge's included. Intervals
are 95 %: exact for accuracy, else bootstrap, paired by query for differences.
"""


def as_json(found: Learning) -> dict[str, Any]:
    return {"bench": "learning", **asdict(found)}


def read_learning(file: Path) -> Learning:
    """What `write_evidence` wrote as JSON."""
    said = json.loads(file.read_text())
    streamed, before, after = (
        tuple(Answered(**one) for one in said[name]) for name in ("streamed", "before", "after")
    )
    return Learning(
        said["model"],
        said["command"],
        said["told"],
        streamed,
        before,
        after,
        tuple(Routed(**one) for one in said["routed"]),
        tuple(HeldStep(**one) for one in said["steps"]),
        tuple(Round(**one) for one in said["rounds"]),
    )


def keep_json(found: Learning, folder: str) -> None:
    """What is there so far; nothing without a folder."""
    if folder:
        _file(found, Path(folder), "json").write_text(_text(found))


def write_evidence(found: Learning, folder: Path) -> list[Path]:
    """Writes Markdown, a plot and JSON; gives their paths."""
    told, plot, data = (_file(found, folder, end) for end in ("md", "png", "json"))
    data.write_text(_text(found))
    draw(found, plot)
    tables = "\n".join(grid.as_markdown() for grid in grids(found))
    told.write_text(
        f"# From the cold start to what was learned\n\n`{found.command}`, with {found.model}\n\n"
        f"{verdict(found)}\n\n![accuracy and AUROC over queries]({plot.name})\n\n{tables}\n"
        f"## How it was measured\n\n{METHOD}"
    )
    return [told, plot, data]


def _file(found: Learning, folder: Path, end: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    model = re.sub(r"[^\w.-]+", "-", found.model.lower())
    return folder / f"learning-{model}.{end}"


def _text(found: Learning) -> str:
    return json.dumps(as_json(found), ensure_ascii=False) + "\n"
