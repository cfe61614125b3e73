"""The steps of a night that make a family's adapter: export, train, evaluate, publish."""

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from training.adapters.states import live_in_family, register_adapter, reject, start_shadow
from training.export.chat_template import read_template
from training.export.conversation import Rules
from training.lora.base_weights import weights_of
from training.lora.job import Device, LoraJob
from training.lora.models import LoraRun
from training.lora.runs import ask_to_cancel, queue_run
from training.lora.storing import DATASETS, store_folder
from training.models import Adapter, NightlyStep
from training.nightly.dataset import write_dataset
from training.nightly.errors import StepFailed, StepSkipped, StepWaits
from training.nightly.families import Family, families_with_enough
from training.nightly.gate import Held, adapter_gate
from training.nightly.material import HeldPrompt, Material, gather_material
from training.nodes.registering import live_nodes
from trajectories.models import Client, Run, Trajectory
from workers.adapters.asking import adapter_backend
from workers.backends.choose import live_backend
from workers.backends.completion import Backend, BackendError
from workers.nightly.judging import is_right
from workers.nightly.plans import keep_progress
from workers.request import ChatRequest
from workers.tasks.training import ask_for_training

MOST_LOOKS = 40  # one every 15 seconds
NODE_WITHIN = timedelta(hours=6)
ANSWERED_WITHIN = timedelta(hours=2)
TRIED = 5  # times as many families as are trained: some cannot be
KEPT_EVERY = 4  # held-out prompts, after which a killed evaluation goes on
STEPS_OF_FAMILY = ("export", "train", "evaluate", "publish")
ADAPTERS = ("llguidance", "vllm")  # providers whose servers take adapters
CHARS_PER_TOKEN = 4  # of English, roughly: what is cut at a job's sequence length is left out


def choose_families(step: NightlyStep) -> dict[str, Any]:
    """Adds the steps of each family that has enough."""
    options = step.plan.options
    if not options["enabled"]:
        raise StepSkipped("Adapters are switched off in the nightly settings.")
    if settings.KW_LLM_PROVIDER not in ADAPTERS:
        raise StepSkipped(
            f"The model server ({settings.KW_LLM_PROVIDER}) takes no adapters; the embedded one "
            "and vLLM do."
        )
    if settings.KW_LLM_PROVIDER == "vllm" and not settings.KW_ADAPTER_DIR:
        raise StepSkipped("vLLM is told no adapters: KW_ADAPTER_DIR does not say where they lie.")
    most = TRIED * options["families"]
    found = families_with_enough(lessons=options["least_lessons"], most=most)
    with transaction.atomic():
        place = step.plan.steps.order_by("-place").values_list("place", flat=True)[0]
        known = step.plan.steps.exclude(subject={}).values_list(
            "subject__client_id", "subject__signature"
        )
        new = [one for one in found if (one.client_id, one.signature) not in set(known)]
        for family in new:
            for kind in STEPS_OF_FAMILY:
                place += 1
                subject = family.as_json()
                NightlyStep.objects.create(plan=step.plan, place=place, kind=kind, subject=subject)
    if not found:
        step.reason = (
            f"No family has {options['least_lessons']} lessons: verified answers of one kind, or "
            "what people and apps said would have been right."
        )
    return {"families": [family.label for family in found]}


def export_family(step: NightlyStep) -> dict[str, Any]:
    """Stores the dataset, and keeps the prompts that its adapter will be held to."""
    options, family = step.plan.options, Family(**step.subject)
    _require_room(step)
    _require_none_rising(family)
    weights = weights_of(options["base_model"], embedded=settings.KW_LLM_GGUF)
    most = options["sequence_length"] * CHARS_PER_TOKEN
    rules = Rules(read_template(weights), most)
    material = gather_material(family, rules=rules, most_held_out=options["most_held_out"])
    _require_enough(material, options)
    with tempfile.TemporaryDirectory() as scratch:
        write_dataset(Path(scratch) / "dataset", material, seed=0)
        name, digest = store_folder(Path(scratch) / "dataset", DATASETS)
    job = _job(options, digest)
    known = _trained_before(job, family)
    return {
        **({"run": str(known.pk)} if known else {}),
        "dataset": name,
        "job": job.as_json(),
        "lessons": len(material.train),
        "sources": [one.source for one in (*material.train, *material.valid)],
        "left_out": material.left_out,
        "held_out": [_as_json(one) for one in material.held_out],
    }


def train_family(step: NightlyStep) -> dict[str, Any]:
    """Has a node train it, and waits."""
    exported = _before(step, "export").result
    if "run" in exported:
        step.result["run"] = exported["run"]
    if "run" not in step.result:
        family, device = Family(**step.subject), cast(Device, step.plan.options["device"])
        with transaction.atomic():
            _require_open(step)
            _require_standing(exported["sources"])
            run = queue_run(
                client=Client.objects.get(pk=family.client_id),
                signature=family.signature,
                label=family.label,
                job=LoraJob(**exported["job"]),
                device=device,
                dataset=exported["dataset"],
                sources=exported["sources"],
            )
            step.result = {"run": str(run.pk)}
            keep_progress(step, "")
        ask_for_training(run)
    run = LoraRun.objects.get(pk=step.result["run"])
    if not run.is_finished:
        if _waited(step) > NODE_WITHIN and _nobody_trains(run):
            ask_to_cancel(run=run, by="the plan", why="no node took it")
            raise StepFailed(f"No node of {run.device} took it within {NODE_WITHIN}.")
        raise StepWaits(run.reason or f"{run.iteration} of {run.job['iterations']} iterations")
    step.reason = ""  # how far it was when it was looked at last
    if run.state == LoraRun.State.CANCELLED:
        raise StepSkipped(f"The training was cancelled. {run.reason}")
    if run.state != LoraRun.State.DONE:
        raise StepFailed(f"The training {run.state}: {run.reason}")
    return {"seconds": _seconds(run), "tokens_per_s": run.tokens_per_s}


def evaluate_adapter(step: NightlyStep) -> dict[str, Any]:
    """Asks what is live and the adapter the same held-out prompts; the gate says what follows."""
    run = LoraRun.objects.get(pk=_before(step, "train").result["run"])
    adapter = register_adapter(run=run)
    step.result["adapter"] = adapter.name
    if adapter.state != Adapter.State.CANDIDATE:
        return {"passed": adapter.state != Adapter.State.REJECTED}
    _require_standing(run.sources)
    _require_served(adapter, step)
    prompts = [_held(one) for one in _before(step, "export").result["held_out"]]
    live = _opponent(adapter, step)
    try:
        held = _answered(step, prompts, live, adapter)
    except BackendError as error:
        if _waited(step) > ANSWERED_WITHIN:
            reason = f"the model server failed for {ANSWERED_WITHIN}: {error.detail}"
            reject(adapter=adapter, metrics={}, reason=reason)
            raise StepFailed(f"The adapter cannot be compared: {reason}.") from error
        raise StepWaits(f"The model server failed: {error.detail}") from error
    reason, report = adapter_gate(held, least=step.plan.options["least_held_out"])
    counted = report.as_json() if report else {}
    gate = {**counted, "against": live.name if live else "the base model"}
    if reason:
        reject(adapter=adapter, metrics=gate, reason=reason)
        step.reason = f"rejected: {reason}"
    return {"passed": not reason, "gate": gate}


def publish_adapter(step: NightlyStep) -> dict[str, Any]:
    """Puts an adapter that passed into shadow; from there on it rises by what it answers."""
    evaluated = _before(step, "evaluate").result
    if not evaluated["passed"]:
        raise StepSkipped("It did not pass its gate.")
    adapter = Adapter.objects.select_related("run").get(name=evaluated["adapter"])
    if adapter.state == Adapter.State.CANDIDATE:
        _require_standing(adapter.run.sources)
        start_shadow(adapter=adapter, metrics=evaluated["gate"], reason="it beat what is live")
    return {"adapter": adapter.name}


def _answered(
    step: NightlyStep, prompts: Sequence[HeldPrompt], live: Adapter | None, adapter: Adapter
) -> list[Held]:
    """Goes on where a killed process stopped."""
    requests = {
        pk: ChatRequest.model_validate(asked)
        for pk, asked in Run.objects.filter(pk__in=[one.run_id for one in prompts]).values_list(
            "pk", "request"
        )
    }
    base = live_backend()
    before: Backend = adapter_backend(live) if live else base
    after = adapter_backend(adapter)
    opponent = live.name if live else ""
    if step.result.get("opponent") != opponent:  # what is live changed meanwhile
        step.result |= {"opponent": opponent, "answers": {}}
    known: dict[str, list[bool | None]] = step.result["answers"]
    for number, one in enumerate(prompts, start=1):
        key = str(one.run_id)
        if key not in known and one.run_id in requests:
            asked = requests[one.run_id]
            known[key] = [is_right(asked, one, who, judging=base) for who in (before, after)]
        if not number % KEPT_EVERY:
            keep_progress(step, f"{number} of {len(prompts)} held-out prompts")
    step.reason = ""
    return [
        Held(one.prompt, *known[str(one.run_id)]) for one in prompts if str(one.run_id) in known
    ]


def _require_enough(material: Material, options: dict[str, Any]) -> None:
    for found, least, name in (
        (len(material.train), options["least_lessons"], "lessons to train on"),
        (len(material.valid), 1, "lessons to validate on"),
        (len(material.held_out), options["least_held_out"], "held-out prompts to compare on"),
    ):
        if found < least:
            why = ", ".join(f"{reason}: {count}" for reason, count in material.left_out.items())
            raise StepSkipped(f"{found} {name}; {least} are needed{f' ({why})' if why else ''}.")


def _require_room(step: NightlyStep) -> None:
    """As many families as the settings say, of those that can be trained."""
    done = step.plan.steps.filter(kind="export", state=NightlyStep.State.DONE).count()
    if done >= step.plan.options["families"]:
        raise StepSkipped(f"{done} families are enough for a night, by the nightly settings.")


def _trained_before(job: LoraJob, family: Family) -> LoraRun | None:
    """A fine-tuning of the same that nobody has judged yet. Raises StepSkipped where one was.

    An adapter that was rejected for other reasons than what it answers is trained anew.
    """
    ended = (LoraRun.State.FAILED, LoraRun.State.CANCELLED)
    same = LoraRun.objects.filter(
        job=job.as_json(), client=family.client_id, signature=family.signature
    )
    for run in same.exclude(state__in=ended):
        adapter = Adapter.objects.filter(run=run).first()
        if adapter is None or adapter.state == Adapter.State.CANDIDATE:
            return run
        if _was_judged(adapter):
            raise StepSkipped(f"These very lessons were trained on before (run {run.pk}).")
    return None


def _was_judged(adapter: Adapter) -> bool:
    """By what it answers, or by a person."""
    rejected = adapter.state == Adapter.State.REJECTED
    by_hand = adapter.moves.filter(after=Adapter.State.REJECTED).exclude(by="")
    return not rejected or bool(adapter.metrics.get("gate")) or by_hand.exists()


def _nobody_trains(run: LoraRun) -> bool:
    """Whether no node ever had it and none that could is alive."""
    waits = run.state == LoraRun.State.QUEUED and run.started_at is None
    return waits and not any(node.device == run.device for node in live_nodes())


def _require_open(step: NightlyStep) -> None:
    """Holds the step against a cancelling of its plan. Raises StepSkipped."""
    open_steps = NightlyStep.objects.select_for_update().filter(
        pk=step.pk, state=NightlyStep.State.RUNNING
    )
    if not open_steps.exists():
        raise StepSkipped("The plan was cancelled.")


def _require_standing(sources: Sequence[str]) -> None:
    """Raises StepFailed where a lesson was taken back meanwhile; the next night exports anew."""
    if Trajectory.objects.filter(pk__in=sources).exclude(retracted_at=None).exists():
        raise StepFailed("A trajectory among its lessons was retracted.")


def _waited(step: NightlyStep) -> timedelta:
    assert step.started_at is not None, "it is being carried out"
    return timezone.now() - step.started_at


def _require_none_rising(family: Family) -> None:
    """One adapter of a family is tried at a time; one that gets no verdict goes out by itself."""
    rising = Adapter.objects.filter(
        client=family.client_id, signature=family.signature, state__in=Adapter.RISING
    ).first()
    if rising is not None:
        raise StepSkipped(f"{rising.name} is in {rising.state}: the next is trained after it.")


def _require_served(adapter: Adapter, step: NightlyStep) -> None:
    """A server that starts again loads it anew, so what counts is how often it was looked for."""
    if adapter.is_served:
        step.result.pop("looked", None)
        return
    step.result["looked"] = step.result.get("looked", 0) + 1
    if step.result["looked"] > MOST_LOOKS:
        reason = f"no model server has loaded it, {MOST_LOOKS} looks long"
        reject(adapter=adapter, metrics={}, reason=reason)
        raise StepFailed(f"The adapter cannot be compared: {reason}.")
    raise StepWaits("The model server is loading the adapter.")


def _opponent(adapter: Adapter, step: NightlyStep) -> Adapter | None:
    """What is live and served; None for the base model, which answers where that cannot be."""
    live = live_in_family(adapter)
    if live is None or live.is_served:
        return live
    step.result["looked_for_live"] = step.result.get("looked_for_live", 0) + 1
    if step.result["looked_for_live"] > MOST_LOOKS:
        return None
    raise StepWaits(f"The model server is loading {live.name}, which is live.")


def _job(options: dict[str, Any], data: str) -> LoraJob:
    names = ("rank", "layers", "learning_rate", "iterations", "batch_size", "sequence_length")
    return LoraJob(
        base_model=options["base_model"], data=data, **{name: options[name] for name in names}
    )


def _before(step: NightlyStep, kind: str) -> NightlyStep:
    """The step of this kind for the same family."""
    return NightlyStep.objects.get(plan=step.plan_id, kind=kind, subject=step.subject)


def _as_json(held: HeldPrompt) -> dict[str, Any]:
    return {
        "run_id": str(held.run_id),
        "prompt": held.prompt,
        "right": list(held.right),
        "wrong": list(held.wrong),
        "conditions": held.conditions,
    }


def _held(told: dict[str, Any]) -> HeldPrompt:
    return HeldPrompt(
        UUID(told["run_id"]),
        told["prompt"],
        tuple(told["right"]),
        tuple(told["wrong"]),
        told["conditions"],
    )


def _seconds(run: LoraRun) -> float | None:
    if run.started_at is None or run.finished_at is None:
        return None
    return round((run.finished_at - run.started_at).total_seconds(), 1)
