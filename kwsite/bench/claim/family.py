"""What a family of the claim is: an app's call, its prompts, and who says what is right."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kernels.conditions.kinds import CelCondition
from kwsite.commandline.chat_arguments import response_format
from workers.request import AskedContract, ChatRequest

TEST_POOL = 40  # how many prompts of a family are kept for testing, whatever is asked of them


@dataclass(frozen=True)
class Sample:
    """A prompt and its right answer."""

    prompt: str
    gold: Any


@dataclass(frozen=True)
class Family:
    """An app's repeated call. Kernels and retrieval learn from `train`; all arms answer `test`.

    `right` is the scorer; it knows nothing of kernels. `strangers` come with the same call, and no
    kernel of the family may take them. `conditions` is what the app has the service check, in CEL.
    `judges`: the app finds out by itself whether an answer was right, and says so for `train`.
    """

    name: str
    kind: str
    system: str
    output_schema: dict[str, Any]
    train: tuple[Sample, ...]
    test: tuple[Sample, ...]
    strangers: tuple[str, ...]
    right: Callable[[Sample, Any], bool]
    conditions: tuple[tuple[str, str], ...] = ()  # label, expression
    judges: bool = True
    max_tokens: int = 80
    more_systems: tuple[str, ...] = ()  # further system messages

    def request(self, prompt: str) -> ChatRequest:
        """The app's call as the service sees it."""
        return ChatRequest(
            model="kernelweave",
            messages=tuple(self.messages(prompt)),
            max_tokens=self.max_tokens,
            response_format=response_format(re.sub(r"\W+", "-", self.name), self.output_schema),
            contract=AskedContract(
                conditions=tuple(
                    CelCondition(label=label, expression=expression)
                    for label, expression in self.conditions
                )
            ),
            options={"temperature": 0},
        )

    def body(self, prompt: str) -> dict[str, Any]:
        """The app's call as it sends it."""
        request = self.request(prompt)
        body: dict[str, Any] = {
            "model": request.model,
            "messages": list(request.messages),
            "response_format": request.response_format,
            "max_tokens": request.max_tokens,
            **request.options,
        }
        if request.contract.conditions:
            body["kernelweave"] = {"contract": request.contract.model_dump(mode="json")}
        return body

    def messages(self, prompt: str) -> list[dict[str, Any]]:
        return [
            *({"role": "system", "content": text} for text in (self.system, *self.more_systems)),
            {"role": "user", "content": prompt},
        ]


def equal(sample: Sample, output: Any) -> bool:
    """The scorer of families with one right answer."""
    return bool(output == sample.gold)


def split(samples: list[Sample]) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    """Train and test: disjoint, each prompt once, and the test prompts are always the same ones."""
    distinct = list({sample.prompt: sample for sample in samples}.values())
    return tuple(distinct[TEST_POOL:]), tuple(distinct[:TEST_POOL])
