"""The schema of what a CEL expression gives, for the few forms that can be told: read off, not run.

Constants; paths through objects and lists; `string()` and `size()` of a path; sums of texts. For
all others there is no schema, also for a path that may lead nowhere.
"""

import math
import re

from kernels.algebra.containment import unproven
from kernels.algebra.flows import object_of
from kernels.algebra.plan import Template
from kernels.algebra.schemas import Case, Schema, TooLarge, any_of, cases, generous, readable
from kernels.algebra.templates import NoValue, value_of
from kernels.conditions.expressions import program

_KEY = r"""\.[A-Za-z_]\w*|\[\d+\]|\["[^"\\]*"\]|\['[^'\\]*'\]"""
_PATH = re.compile(rf"([A-Za-z_]\w*)((?:{_KEY})*)")
_CALL = re.compile(r"(string|size)\((.*)\)")
_PIECE = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'+]+|\+""")
_TEXT: Schema = {"type": "string"}


class Untold(Exception):
    """No schema can be told; the message says why."""


def type_of_template(template: Template, variables: dict[str, Schema]) -> Schema:
    """The schema of the object that a template builds. Raises Untold."""
    return object_of({name: type_of(text, variables) for name, text in template.items()})


def type_of(expression: str, variables: dict[str, Schema]) -> Schema:
    """The schema of an expression's value, if it always has one. Raises Untold."""
    text = expression.strip()
    if not program(text).variables():
        return _constant(text)
    if path := _PATH.fullmatch(text):
        return _at_path(path.group(1), re.findall(_KEY, path.group(2)), variables)
    if (call := _CALL.fullmatch(text)) and _PATH.fullmatch(call.group(2)):
        return _called(call.group(1), type_of(call.group(2), variables), text)
    operands = _operands(text)
    if len(operands) > 1:
        least = sum(_least_length(operand, type_of(operand, variables)) for operand in operands)
        return {"type": "string", "minLength": least} if least else _TEXT
    raise Untold(f"what {text} gives is only known when it runs")


def _least_length(operand: str, schema: Schema) -> int:
    if unproven(schema, _TEXT):
        raise Untold(f"{operand} may be no text")
    least: list[float] = []
    for case in cases(generous(readable(schema))):
        values = case.values
        least += [case.least("minLength")] if values is None else map(len, values)
    return math.floor(min(least, default=0))


def _constant(text: str) -> Schema:
    try:
        return {"const": value_of(text, {})}
    except NoValue as error:
        raise Untold(error.detail) from error


def _called(function: str, given: Schema, text: str) -> Schema:
    if function == "string":
        if unproven(given, {"type": ["string", "number"]}):
            raise Untold(f"{text}: it may be neither text nor a number")
        return _TEXT
    if unproven(given, {"type": ["string", "array", "object"]}):
        raise Untold(f"{text}: it may have no size")
    return {"type": "integer", "minimum": 0}


def _operands(text: str) -> list[str]:
    """What stands between plus signs; one when something stands there that cannot be told."""
    pieces = _PIECE.findall(text)
    if "".join(pieces) != text or text.count("(") != text.count(")"):
        return [text]
    operands = [""]
    for piece in pieces:
        if piece == "+":
            operands.append("")
        else:
            operands[-1] += piece
    told = all(_is_operand(operand.strip()) for operand in operands)
    return [operand.strip() for operand in operands] if told else [text]


def _is_operand(text: str) -> bool:
    quoted = re.fullmatch(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", text)
    call = _CALL.fullmatch(text)
    return bool(quoted or _PATH.fullmatch(text) or (call and _PATH.fullmatch(call.group(2))))


def _at_path(root: str, keys: list[str], variables: dict[str, Schema]) -> Schema:
    if root not in variables:
        raise Untold(f"there is no {root} here")
    found, path = variables[root], root
    for key in keys:
        found, path = _inside(found, _plain(key), path), path + key
    return found


def _plain(key: str) -> str | int:
    if key.startswith("."):
        return key[1:]
    return key[2:-2] if key[1] in "\"'" else int(key[1:-1])


def _inside(schema: Schema, key: str | int, path: str) -> Schema:
    try:
        found: list[Schema] = [
            _in_case(case, key, path) for case in cases(generous(readable(schema)))
        ]
    except TooLarge as error:
        raise Untold(f"{path} has too many cases") from error
    return any_of(found)


def _in_case(case: Case, key: str | int, path: str) -> Schema:
    found: Schema
    if isinstance(key, int):
        if case.type != "array" or case.least("minItems") <= key:
            raise Untold(f"{path} may have no item {key}")
        found = case.item(key)
    else:
        if case.type != "object" or key not in case.required:
            raise Untold(f"{path} may have no {key}")
        found = case.at(key)
    return found
