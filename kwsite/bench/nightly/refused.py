"""What a night must refuse, tried on a running stack: nothing of it may go live.

The lessons of the first night are poisoned: an app's people approve wrong answers, except for the
prompts that the night holds out. A second night learns nothing, so that its adapter ties. A third
learns at a rate at which no training holds. Last, the first night's dataset is trained on once
more with a conversation in it that it is validated on.
"""

import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from kwsite.bench.claim.family import Family, Sample
from kwsite.bench.nightly.following import PLAN_WITHIN_S, Say, follow_plan, wait
from kwsite.bench.nightly.measure import Sizes
from kwsite.bench.nightly.traffic import ask, is_right, taught, tell
from kwsite.commandline.client import ServiceClient
from training.export.writing import FILES
from training.lora.models import LoraRun
from training.lora.runs import queue_run
from training.lora.storing import DATASETS, fetch_folder, store_folder
from training.models import Adapter, NightlyPlan
from training.splits import is_held_out, query_digest
from workers.tasks.training import ask_for_training

LEARNS_NOTHING, HOLDS_NOT = 1e-8, 1.0  # learning rates
BRIEF = 4  # iterations to learn nothing in


@dataclass(frozen=True)
class Refusal:
    """One case: where it ended, why, and how many adapters served anybody after it (of `asked`)."""

    case: str
    ended: str
    reason: str
    served: int
    asked: int

    @property
    def is_refused(self) -> bool:
        return self.ended in ("rejected", "failed") and not self.served

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"is_refused": self.is_refused}


def measure_refusals(
    app: ServiceClient, family: Family, sizes: Sizes, *, say: Say
) -> tuple[Refusal, ...]:
    """Raises ServiceFailure, TimeoutError."""
    tested = family.test[: sizes.test]
    say(f"{family.name}: traffic whose lessons are poisoned.")
    for sample in family.train[: sizes.train]:
        _poisoned(app, family, sample)
    found = []
    poison, _ = follow_plan(
        "poisoned", say, iterations=sizes.iterations, learning_rate=sizes.learning_rate
    )
    found.append(_refusal("poisoned lessons", *_end_of(poison), app, family, tested))
    tie, _ = follow_plan("tie", say, iterations=BRIEF, learning_rate=LEARNS_NOTHING)
    found.append(_refusal("a tie", *_end_of(tie), app, family, tested))
    torn, _ = follow_plan("diverging", say, iterations=sizes.iterations, learning_rate=HOLDS_NOT)
    found.append(_refusal("a diverging training", *_end_of(torn), app, family, tested))
    say("A dataset that leaks.")
    leaking = _leaking(LoraRun.objects.order_by("created_at")[0])
    wait("the leaking run has ended", lambda: _is_finished(leaking), PLAN_WITHIN_S)
    leak = (leaking.state, leaking.reason)
    return (*found, _refusal("a leaking dataset", *leak, app, family, tested))


def _poisoned(app: ServiceClient, family: Family, sample: Sample) -> None:
    if is_held_out(query_digest(sample.prompt)):
        taught(app, family, sample)
        return
    told = ask(app, family, sample)
    wrong = _wrong(family, sample)
    tell(app, told, wrong.gold, right=is_right(family, wrong, told))


def _wrong(family: Family, sample: Sample) -> Sample:
    """The prompt with the next answer of those that the family knows."""
    golds = list({str(one.gold): one.gold for one in family.train}.values())
    return Sample(sample.prompt, golds[(golds.index(sample.gold) + 1) % len(golds)])


def _end_of(plan: NightlyPlan) -> tuple[str, str]:
    """How the plan's adapter ended, and why."""
    steps = {step.kind: step for step in plan.steps.exclude(subject={})}
    evaluated = steps["evaluate"]
    name = evaluated.result.get("adapter")
    adapter = Adapter.objects.filter(name=name).first() if name else None
    if adapter is None:
        return steps["train"].state, steps["train"].reason or steps["export"].reason
    gate = evaluated.result.get("gate", {})
    counted = (
        f" ({gate['before']:.0%} -> {gate['after']:.0%} of {gate['prompts']} held-out prompts)"
        if "prompts" in gate
        else ""
    )
    return adapter.state, f"{evaluated.reason}{counted}"


def _refusal(
    case: str,
    ended: str,
    reason: str,
    app: ServiceClient,
    family: Family,
    tested: tuple[Sample, ...],
) -> Refusal:
    told = [ask(app, family, sample) for sample in tested]
    served = sum(bool(one["kernelweave"].get("adapter")) for one in told)
    return Refusal(case, ended, reason, served, len(tested))


def _leaking(run: LoraRun) -> LoraRun:
    """The same run again, on its dataset with a validation conversation among the lessons."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "dataset"
        fetch_folder(run.dataset, folder)
        valid = (folder / FILES[True]).read_text(encoding="utf-8")
        with (folder / FILES[False]).open("a", encoding="utf-8") as train:
            train.write(valid.splitlines(keepends=True)[0])
        name, digest = store_folder(folder, DATASETS)
    again = queue_run(
        client=run.client,
        signature=run.signature,
        label=run.label,
        job=replace(run.described, data=digest),
        device="cpu",
        dataset=name,
        sources=run.sources,
    )
    ask_for_training(again)
    return again


def _is_finished(run: LoraRun) -> bool:
    run.refresh_from_db()
    return run.is_finished
