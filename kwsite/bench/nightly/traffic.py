"""What an app does on the measured service: it asks, and says what would have been right."""

import json
from typing import Any

from kwsite.bench.claim.family import Family, Sample
from kwsite.commandline.client import ServiceClient


def taught(service: ServiceClient, family: Family, sample: Sample) -> None:
    """Asks, and where the app's people look at answers, says what would have been right."""
    told = ask(service, family, sample)
    if family.judges:
        tell(service, told, sample.gold, right=is_right(family, sample, told))


def tell(service: ServiceClient, told: dict[str, Any], gold: Any, *, right: bool) -> None:
    """Says whether an answer was right, and what would have been."""
    said: dict[str, Any] = {"verdict": "correct"}
    if not right:
        said = {"verdict": "incorrect", "answer": json.dumps(gold)}
    service.feedback({"run_id": told["kernelweave"]["run_id"], **said})


def ask(service: ServiceClient, family: Family, sample: Sample) -> dict[str, Any]:
    return service.chat(family.body(sample.prompt))


def is_right(family: Family, sample: Sample, told: dict[str, Any]) -> bool:
    try:
        output = json.loads(told["choices"][0]["message"]["content"] or "")
    except ValueError:
        return False
    return family.right(sample, output)
