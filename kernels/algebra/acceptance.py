"""Whether a kernel takes what a step is given: one value, or all values of a schema."""

from typing import Any

from kernels.algebra.containment import unproven
from kernels.algebra.expression_types import Untold
from kernels.algebra.inputs import SLOTS, TEXTS, InputFailed, bound_input
from kernels.algebra.schemas import Case, Schema, TooLarge, any_of, cases, generous, readable
from kernels.conditions.checks import Subject
from kernels.conditions.kinds import SchemaCondition
from kernels.spec import KernelSpec
from kernels.verify import verify

QUICK = frozenset(("cel", "regex", "schema"))  # preconditions to try on many values
JSON_TEXT: Schema = {"type": "string", "minLength": 2}  # of an object, when it has no prompt


def refusal(spec: KernelSpec, given: Any) -> str:
    """Why a kernel's input schema refuses this value; empty when it takes it."""
    try:
        bound = bound_input(given)
    except InputFailed as error:
        return error.detail
    condition = SchemaCondition(json_schema=spec.input_schema, label="input schema")
    checked = verify((condition,), Subject(input=bound, output=bound))
    return "" if checked.passed else checked.reason


def unmet(spec: KernelSpec, given: Any) -> str:
    """The first of the quick preconditions that does not hold; empty when they all do."""
    quick = [condition for condition in spec.preconditions if condition.kind in QUICK]
    bound = spec.given(bound_input(given))
    checked = verify(quick, Subject(input=bound, output=bound))
    return "" if checked.passed in (True, None) else f"precondition {checked.reason}"


def bound_schema(schema: Schema) -> Schema:
    """What `bound_input` makes of the values of a schema. Raises Untold."""
    try:
        found = cases(generous(readable(schema)))
    except TooLarge as error:
        raise Untold("the schema has too many cases") from error
    return any_of(_case(case) for case in found)


def _case(case: Case) -> Schema:
    if case.type != "object":
        raise Untold("it may be no object")
    for name in TEXTS:
        if unproven(case.at(name), {"type": "string"}) and case.at(name) is not False:
            raise Untold(f"{name} may be no text")
    slots: dict[str, Schema] = SLOTS["properties"] | {"prompt": JSON_TEXT}
    properties = {name: case.at(name) for name in case.named}
    for name, slot in slots.items():
        sure = name in case.required
        properties[name] = case.at(name) if sure else any_of((case.at(name), slot))
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(case.required | set(slots)),
        "additionalProperties": case.other,
    }
