"""What a family of the demo is: an app's way to ask, its prompts, and the right answers."""

from dataclasses import dataclass
from typing import Any

from kwsite.commandline.chat_arguments import response_format


@dataclass(frozen=True)
class Sample:
    """A prompt and its right answer."""

    prompt: str
    gold: dict[str, Any]


@dataclass(frozen=True)
class Family:
    """An app's repeated call. `learning` prompts teach; `held_out` ones compare.

    `conditions` is what the app asks the service to check. `judges` says whether the app finds out
    by itself whether an answer was right, and sends feedback.
    """

    name: str
    system: str
    output_schema: dict[str, Any]
    learning: tuple[Sample, ...]
    held_out: tuple[Sample, ...]
    conditions: tuple[dict[str, Any], ...] = ()
    judges: bool = True

    def body(self, sample: Sample) -> dict[str, Any]:
        """The app's request."""
        body: dict[str, Any] = {
            "model": "kernelweave",
            "messages": [
                {"role": "system", "content": self.system},
                {"role": "user", "content": sample.prompt},
            ],
            "response_format": response_format(self.name, self.output_schema),
            "temperature": 0,
            "max_tokens": 80,
        }
        if self.conditions:
            body["kernelweave"] = {"contract": {"conditions": list(self.conditions)}}
        return body


def closed_object(**properties: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
