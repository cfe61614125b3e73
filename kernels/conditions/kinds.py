"""The kinds of condition a contract is made of, as data. Bad ones are refused on reading."""

import ast
from typing import Annotated, Any, Literal

import jsonschema_rs
import re2
from pydantic import BaseModel, ConfigDict, Field, field_validator

from kernels.conditions.expressions import program
from kernels.conditions.sandbox import SandboxError, run_python
from trajectories.event_kinds import EVENT_KINDS

MAX_EXPRESSION_CHARS = 2_000
MAX_CODE_CHARS = 20_000


RE2_OPTIONS = re2.Options()
RE2_OPTIONS.log_errors = False  # they are raised, too


class _Condition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(default="", max_length=200)


class SchemaCondition(_Condition):
    """The output satisfies a JSON Schema (draft 2020-12 unless `$schema` says otherwise)."""

    kind: Literal["schema"] = "schema"
    json_schema: dict[str, Any]

    @field_validator("json_schema")
    @classmethod
    def compiles(cls, schema: dict[str, Any]) -> dict[str, Any]:
        require_schema(schema)
        return schema


class CelCondition(_Condition):
    """A CEL expression over `input`, `output` and `trace` is true."""

    kind: Literal["cel"] = "cel"
    expression: str = Field(min_length=1, max_length=MAX_EXPRESSION_CHARS)

    @field_validator("expression")
    @classmethod
    def compiles(cls, expression: str) -> str:
        roots = set(program(expression).variables())
        if not roots & {"input", "output", "trace"}:
            raise ValueError("the expression looks at none of input, output and trace")
        return expression


class RegexCondition(_Condition):
    """A string found at `path` (dots between keys; empty: the whole output) matches a pattern.

    RE2 syntax: linear time, no look-around, no back references. The whole string must match.
    """

    kind: Literal["regex"] = "regex"
    path: str = ""
    pattern: str = Field(min_length=1, max_length=MAX_EXPRESSION_CHARS)

    @field_validator("pattern")
    @classmethod
    def compiles(cls, pattern: str) -> str:
        try:
            re2.compile(pattern, RE2_OPTIONS)
        except re2.error as error:
            raise ValueError(f"not an RE2 pattern: {error}") from error
        return pattern


class PythonCondition(_Condition):
    """Python that defines `check(input, output, trace)`: true, false, or either with a reason.

    Runs in the sandbox (`kernels.conditions.sandbox`): a subset of Python, no files, no network.
    """

    kind: Literal["python"] = "python"
    code: str = Field(min_length=1, max_length=MAX_CODE_CHARS)

    @field_validator("code")
    @classmethod
    def defines_check(cls, code: str) -> str:
        try:
            defined = run_python(f"check = None\n{code}\ntype(check).__name__")
        except SandboxError as error:
            raise ValueError(f"not Python that the sandbox runs: {error}") from error
        if defined != "function":
            raise ValueError("the code defines no function check(input, output, trace)")
        return code


class MathEqualCondition(_Condition):
    """What is found at `path` equals a mathematical expression, however it is written.

    `expected` is CEL that gives the expression (text with LaTeX, or a number).
    """

    kind: Literal["math_equal"] = "math_equal"
    path: str = ""
    expected: str = Field(min_length=1, max_length=MAX_EXPRESSION_CHARS)

    @field_validator("expected")
    @classmethod
    def compiles(cls, expected: str) -> str:
        program(expected)
        return expected


class TestsCondition(_Condition):
    """The code found at `path` passes these tests (asserts, run after it in the sandbox)."""

    __test__ = False  # no tests of ours

    kind: Literal["tests"] = "tests"
    path: str = ""
    tests: str = Field(min_length=1, max_length=MAX_CODE_CHARS)

    @field_validator("tests")
    @classmethod
    def asserts_something(cls, tests: str) -> str:
        try:
            tree = ast.parse(tests)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ValueError(f"not Python: {error}") from error
        if not any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
            raise ValueError("the tests assert nothing")
        return tests


class EvidenceCondition(_Condition):
    """An event of this kind happened while the answer was made."""

    kind: Literal["evidence"] = "evidence"
    event: str

    @field_validator("event")
    @classmethod
    def is_known(cls, event: str) -> str:
        if event not in EVENT_KINDS:
            raise ValueError(f"no such kind of event; there are {', '.join(EVENT_KINDS)}")
        return event


class JudgeCondition(_Condition):
    """A model answers yes to a question about input and output. Always checked last."""

    kind: Literal["judge"] = "judge"
    question: str = Field(min_length=1, max_length=MAX_EXPRESSION_CHARS)


Condition = Annotated[
    SchemaCondition
    | CelCondition
    | RegexCondition
    | PythonCondition
    | MathEqualCondition
    | TestsCondition
    | EvidenceCondition
    | JudgeCondition,
    Field(discriminator="kind"),
]


def validator_of(schema: dict[str, Any]) -> Any:
    """A compiled schema. References may only point into the schema itself: nothing is fetched."""
    return jsonschema_rs.validator_for(schema, retriever=_refuse)


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri} is outside the schema")


def require_schema(schema: dict[str, Any]) -> None:
    """Raises ValueError with the reason when `schema` is not a JSON Schema."""
    try:
        validator_of(schema)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        raise ValueError(f"not a JSON Schema: {error}") from error
