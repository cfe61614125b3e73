"""Loads the starter kernels and fits the first calibration on them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction

from kernels.encoder import Vector, embed_all, encoder_digest
from kernels.fitting import Example, fit
from kernels.matching import Features, Profile, profile
from kernels.models import Calibration, Kernel, KernelVersion
from kernels.registry import Sample, propose_version
from kernels.routing import Asked, Near, VersionFacts, features_of, preconditions
from kernels.slots import bind
from kernels.spec import KernelSpec, digest_of

HERE = Path(__file__).parent
TOP_K = 24
STARTER_CONFIDENCE = 0.7  # nobody has seen them work here yet


@dataclass(frozen=True)
class Starter:
    """A starter kernel with its exemplars."""

    spec: KernelSpec
    examples: tuple[Sample, ...]


def starters() -> list[Starter]:
    """All starter kernels, by name. Raises when one does not validate."""
    return _read(HERE / "starters")


def waiting_starters() -> list[Starter]:
    """Those that are not loaded yet: routing cannot tell so many apart (DECISIONS.md)."""
    return _read(HERE / "waiting")


def _read(folder: Path) -> list[Starter]:
    found = []
    for file in sorted(folder.glob("*.json")):
        content = json.loads(file.read_text())
        examples = tuple(Sample(e["prompt"], e.get("output")) for e in content["examples"])
        found.append(Starter(KernelSpec.model_validate(content["spec"]), examples))
    return found


def background() -> list[str]:
    """Prompts that no starter kernel should take. In the file a line break is written \\n."""
    lines = (HERE / "background.txt").read_text().splitlines()
    return [line.replace("\\n", "\n") for line in lines]


def load_starters() -> list[str]:
    """Stores each starter that is new or changed, live; returns their names. Safe to repeat.

    A starter that an operator has retired stays retired until its file changes.
    """
    stored = set(KernelVersion.objects.values_list("kernel__name", "digest"))
    loaded = []
    for starter in starters():
        if (starter.spec.name, starter.spec.digest) in stored:
            continue
        propose_version(
            spec=starter.spec,
            samples=starter.examples,
            client=None,
            confidence=STARTER_CONFIDENCE,
            evidence={"gate": {"passed": True, "checks": []}, "origin": "starter library"},
            state=KernelVersion.State.LIVE,
        )
        loaded.append(starter.spec.name)
    return loaded


def fit_first_calibration(ceiling: float) -> Calibration | None:
    """Fits and publishes a calibration on the starters.

    None if that was done before for the same data: what is live then has learned from verdicts
    since, or is that very calibration.
    """
    found, negatives = starters(), background()
    data = digest_of(
        [encoder_digest(), ceiling, Features.names(), negatives]
        + [[starter.spec.digest, *(e.prompt for e in starter.examples)] for starter in found]
    )
    live = Calibration.objects.filter(
        state=Calibration.State.LIVE, encoder_digest=encoder_digest()
    ).first()
    if live and _descends_from(live, data):
        return None
    calibrator, metrics = fit(calibration_examples(found, negatives), ceiling)
    with transaction.atomic():
        Calibration.objects.filter(state=Calibration.State.LIVE).update(
            state=Calibration.State.RETIRED
        )
        return Calibration.objects.create(
            encoder_digest=encoder_digest(),
            data_digest=data,
            weights=calibrator.as_json(),
            metrics=metrics,
        )


def _descends_from(calibration: Calibration, data: str) -> bool:
    """Whether it was fitted on these starters, or learned on from a calibration that was."""
    ancestor: Calibration | None = calibration
    while ancestor is not None:
        if ancestor.data_digest == data:
            return True
        ancestor = ancestor.parent
    return False


def calibration_examples(found: Sequence[Starter], negatives: Sequence[str]) -> list[Example]:
    """Every prompt against every starter whose preconditions hold for it.

    A starter's own prompt is left out of the starter first.
    """
    prompts = [e.prompt for starter in found for e in starter.examples] + list(negatives)
    vectors = dict(zip(prompts, embed_all(prompts), strict=True))
    examples = []
    for prompt in prompts:
        asked = Asked(bind(prompt), vectors[prompt])
        near = [_near(starter, prompt, vectors) for starter in found]
        for starter, one in zip(found, near, strict=True):
            rival = max((other.similarity for other in near if other is not one), default=0.0)
            checks = preconditions(starter.spec, asked.input)
            if any(check.status != "ok" for check in checks):
                continue  # routing refuses these before it looks at P
            fits = any(prompt == example.prompt for example in starter.examples)
            examples.append(
                Example(features_of(asked, one, checks, rival), fits, prompt, starter.spec.name)
            )
    return examples


def _near(starter: Starter, prompt: str, vectors: dict[str, Vector]) -> Near:
    others = [e.prompt for e in starter.examples if e.prompt != prompt]
    similarities = sorted((float(vectors[o] @ vectors[prompt]) for o in others), reverse=True)
    facts = VersionFacts(
        starter.spec.name,
        _NO_ID,
        0,
        starter.spec,
        _profile(tuple(others)),
        _description(starter.spec.description),
    )
    return Near(facts, tuple((0, s) for s in similarities[:TOP_K]), STARTER_CONFIDENCE, 0, 0)


@lru_cache(maxsize=4096)
def _profile(prompts: tuple[str, ...]) -> Profile:
    """A starter meets most prompts with all of its own: one profile serves them."""
    return profile(prompts)


_NO_ID: Any = None  # a starter under leave-one-out has no row
_descriptions: dict[str, Vector] = {}


def _description(text: str) -> Vector:
    if text not in _descriptions:
        _descriptions[text] = embed_all([text])[0]
    return _descriptions[text]


def shared_kernels() -> int:
    """How many kernels serve every client."""
    return Kernel.objects.filter(client=None).count()
