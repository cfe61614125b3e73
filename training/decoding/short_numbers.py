"""Numbers whose digits have an end: llguidance lets a number go on for ever, as JSON does."""

from typing import Any

MOST = 10**15
STEP = 1e-9  # with a bound on both sides, llguidance writes no more places than this has
VALUES = ("enum", "const", "default", "examples")  # not schemas, whatever they look like


def with_short_numbers(schema: Any) -> Any:
    """The schema with numbers of up to 15 digits before the point and 9 after it, no exponents.

    Bounds and steps that the schema has itself stay.
    """
    if isinstance(schema, list):
        return [with_short_numbers(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: value if key in VALUES else with_short_numbers(value) for key, value in schema.items()
    }
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not isinstance(kinds, list) or not {"number", "integer"} & set(map(str, kinds)):
        return found
    own: dict[str, Any] = schema
    lows = (own[name] for name in ("minimum", "exclusiveMinimum") if name in own)
    highs = (own[name] for name in ("maximum", "exclusiveMaximum") if name in own)
    if any(low >= MOST for low in lows) or any(high <= -MOST for high in highs):
        return found
    ends = {}
    if not schema.keys() & {"minimum", "exclusiveMinimum"}:
        ends["minimum"] = -MOST
    if not schema.keys() & {"maximum", "exclusiveMaximum"}:
        ends["maximum"] = MOST
    step = {"multipleOf": STEP} if "number" in kinds else {}
    return step | found | ends
