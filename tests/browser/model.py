"""What the scripted model answers: conversions and sums, rightly."""

import json
import re
from typing import Any

CONVERT = "You convert lengths. Answer in JSON with the number and the unit."
CONVERSION = {
    "type": "object",
    "properties": {"unit": {"type": "string"}, "value": {"type": "number"}},
    "required": ["unit", "value"],
    "additionalProperties": False,
}


def answer(body: dict[str, Any]) -> str:
    asked = "\n".join(str(message["content"]) for message in body["messages"])
    prompt = str(body["messages"][-1]["content"])
    if found := re.search(r"Convert (\d+) km to m", prompt):
        return json.dumps({"unit": "m", "value": int(found[1]) * 1000})
    if sums := re.findall(r"(\d+) \+ (\d+)", asked):
        first, second = map(int, sums[-1])
        return f"{first} + {second} = {first + second}\nAnswer: {first + second}"
    return "I do not know."
