"""Conditions that a model proposes, as candidates among those that were mined.

Nothing it says is taken on trust: what is no CEL is dropped, and the rest must hold on every
positive and refuse wrong answers, like any other candidate.
"""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from kernels.compiler.compile import Trace
from kernels.conditions.kinds import CelCondition, Condition
from kernels.execution import Ask
from kernels.verify import NotJson, parse_output

SHOWN = 4
MOST_PROPOSED = 6
MAX_TOKENS = 400
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "conditions": {
            "type": "array",
            "maxItems": MOST_PROPOSED,
            "items": {
                "type": "object",
                "properties": {"expression": {"type": "string"}, "label": {"type": "string"}},
                "required": ["expression", "label"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["conditions"],
    "additionalProperties": False,
}
TASK = """\
Below are requests with their right outputs. Write conditions in CEL (Common Expression Language) \
that every right output of such a request satisfies and that a wrong one breaks. They may read \
`output` (the JSON) and `input` (`input.prompt` is the text; lists: `input.numbers`, \
`input.emails`, `input.dates`, `input.names`, `input.quoted`). Examples:
{"expression": "output.total >= 0.0", "label": "not negative"}
{"expression": "input.prompt.contains(output.name)", "label": "the name stands in the text"}
"""


def proposed_conditions(traces: Sequence[Trace], ask: Ask) -> list[Condition]:
    """What the model proposes that is CEL at all. Raises what `ask` raises."""
    shown = "\n".join(
        f"Request: {trace.prompt}\nOutput: {json.dumps(trace.answer, ensure_ascii=False)}"
        for trace in traces[:SHOWN]
    )
    messages = [{"role": "user", "content": f"{TASK}\n{shown}"}]
    try:
        said = parse_output(ask(messages, SCHEMA, MAX_TOKENS, 0.0).text)
    except NotJson:  # cut off: there is nothing to try
        return []
    found: list[Condition] = []
    for one in said.get("conditions", ())[:MOST_PROPOSED]:
        try:
            label = f"{one['label'][:150]} (proposed)"
            found.append(CelCondition(expression=one["expression"], label=label))
        except ValidationError:
            continue
    return found
