"""Sends one prompt of a family and notes what came back."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kwsite.commandline.client import ServiceClient
from kwsite.demo.family import Family, Sample


@dataclass(frozen=True)
class Answered:
    """One answer. `correct` compares it with the right answer, whatever the service found."""

    prompt: str
    run_id: str
    route: str
    kernel: str
    checks: tuple[dict[str, Any], ...]
    verified: bool | None
    correct: bool
    tokens: int
    ms: float


def learn(client: ServiceClient, family: Family) -> Iterator[Answered]:
    """The learning prompts, one after another; an app that judges sends its verdict at once."""
    for sample in family.learning:
        answered = _ask(client, sample, family.body(sample))
        if family.judges:
            verdict = "correct" if answered.correct else "incorrect"
            client.feedback({"run_id": answered.run_id, "verdict": verdict})
        yield answered


def ask_model(
    client: ServiceClient, family: Family, samples: Sequence[Sample]
) -> Iterator[Answered]:
    """The prompts as message parts: no kernel takes those over, and none is learned from them."""
    for sample in samples:
        body = family.body(sample)
        body["messages"][-1]["content"] = [{"type": "text", "text": sample.prompt}]
        yield _ask(client, sample, body)


def ask(client: ServiceClient, family: Family, samples: Sequence[Sample]) -> Iterator[Answered]:
    """The prompts as the app sends them."""
    for sample in samples:
        yield _ask(client, sample, family.body(sample))


def _ask(client: ServiceClient, sample: Sample, body: dict[str, Any]) -> Answered:
    began = time.perf_counter()
    reply = client.chat(body)
    ms = (time.perf_counter() - began) * 1e3
    extras = reply["kernelweave"]
    kernel = extras["kernel"]
    return Answered(
        prompt=sample.prompt,
        run_id=extras["run_id"],
        route=extras["route"],
        kernel=f"{kernel['name']} v{kernel['version']}" if kernel else "",
        checks=tuple(extras["checks"]),
        verified=extras["verified"],
        correct=_parsed(reply["choices"][0]["message"]["content"]) == sample.gold,
        tokens=reply["usage"]["total_tokens"],
        ms=ms,
    )


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except ValueError:
        return None
