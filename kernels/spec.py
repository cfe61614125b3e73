"""A kernel as data: its contract, its recipe and what shows that it works (row KW1)."""

import hashlib
import json
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from kernels.conditions.expressions import program
from kernels.conditions.kinds import Condition, EvidenceCondition, SchemaCondition, require_schema
from kernels.template import match_any, slot_names


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Binding(_Value):
    """A property of the output that needs no model: its value, or the values it may have.

    `expression` is CEL over `input`. With `choice`, it gives a list, and the model chooses from it.
    """

    property: str
    expression: str
    choice: bool = False

    @field_validator("expression")
    @classmethod
    def compiles(cls, expression: str) -> str:
        program(expression)
        return expression


class Limit(_Value):
    """What the prompt says about a property that the model writes: it narrows the grammar alone.

    `expression` is CEL over `input`. It gives, by `how`:
    - `span`: a text; the string, or each string of the list, is a span of its words.
    - `among`: a list; the value, or each value of the list, is one of it.
    - `at_most`, `at_least`: a number; the bound of a number, of a list's items or of a string's
      characters.
    """

    property: str
    how: Literal["span", "among", "at_most", "at_least"]
    expression: str

    @field_validator("expression")
    @classmethod
    def compiles(cls, expression: str) -> str:
        program(expression)
        return expression


class ComputeStep(_Value):
    """Evaluates the bindings. When they give the whole output, no model is called."""

    kind: Literal["compute"] = "compute"
    bindings: tuple[Binding, ...]


class GenerateStep(_Value):
    """Asks the model under the output schema, with the nearest exemplars as worked examples."""

    kind: Literal["generate"] = "generate"
    instruction: str = ""
    shots: int = Field(default=4, ge=0, le=16)
    max_tokens: int = Field(default=256, ge=1, le=4096)
    limits: tuple[Limit, ...] = ()

    @model_serializer(mode="wrap")
    def without_what_is_not_said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without limits it is what it was before there were any, to the last bit of its digest."""
        said: dict[str, Any] = dump(self)
        return said if self.limits else {k: v for k, v in said.items() if k != "limits"}


Step = Annotated[ComputeStep | GenerateStep, Field(discriminator="kind")]


class KernelTest(_Value):
    """A prompt with an output that the contract must accept."""

    prompt: str
    output: Any


class KernelSpec(_Value):
    """Everything a kernel version is; its digest is the version's identity."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)
    family: str
    description: str
    input_schema: dict[str, Any] = Field(default_factory=lambda: {"type": "object"})
    output_schema: dict[str, Any]
    preconditions: tuple[Condition, ...] = ()
    postconditions: tuple[Condition, ...] = ()
    steps: tuple[Step, ...]
    rollback: tuple[Step, ...] = ()  # what undoes it when a composition around it fails
    evidence_requirements: tuple[str, ...] = ()
    tests: tuple[KernelTest, ...] = ()
    schema_asked: bool = False  # its apps ask for the output schema; others expect other answers
    render: str | None = None  # name of the string property that is the answer's text
    system_digest: str | None = None  # None: for requests without a system prompt
    # The forms of its prompts; what fills their gaps is `input.slots`. Digests of specs without
    # any are those of specs that could not have any.
    templates: tuple[str, ...] = Field(default=(), exclude_if=lambda given: not given)

    @field_validator("input_schema", "output_schema")
    @classmethod
    def is_schema(cls, schema: dict[str, Any]) -> dict[str, Any]:
        require_schema(schema)
        return schema

    @field_validator("templates")
    @classmethod
    def are_templates(cls, templates: tuple[str, ...]) -> tuple[str, ...]:
        for template in templates:
            slot_names(template)
        return templates

    @field_validator("evidence_requirements")
    @classmethod
    def are_events(cls, events: tuple[str, ...]) -> tuple[str, ...]:
        for event in events:
            EvidenceCondition(event=event)
        return events

    @model_validator(mode="after")
    def hangs_together(self) -> "KernelSpec":
        if self.output_schema.get("type") != "object":
            raise ValueError("the output schema must be of type object")
        properties = self.output_schema.get("properties", {})
        named = [b.property for step in self.steps if step.kind == "compute" for b in step.bindings]
        named += [limit.property for limit in (self.generate.limits if self.generate else ())]
        for name in [*named, *([self.render] if self.render else [])]:
            if name not in properties:
                raise ValueError(f"{name!r} is not a property of the output schema")
        if not self.steps:
            raise ValueError("a kernel needs at least one step")
        return self

    def given(self, bound: dict[str, Any]) -> dict[str, Any]:
        """The `input` of its conditions and bindings: what was bound, and `slots`.

        `slots` are empty for a prompt of another form. Kernels without templates have none.
        """
        if not self.templates:
            return bound
        return {**bound, "slots": match_any(self.templates, bound["prompt"])}

    @property
    def bindings(self) -> tuple[Binding, ...]:
        return tuple(b for step in self.steps if step.kind == "compute" for b in step.bindings)

    @property
    def generate(self) -> GenerateStep | None:
        return next((step for step in self.steps if step.kind == "generate"), None)

    @property
    def required_of_input(self) -> tuple[Condition, ...]:
        """The input schema as a condition on a bound prompt."""
        return (_schema_condition(json.dumps(self.input_schema), "input schema"),)

    @property
    def contract(self) -> tuple[Condition, ...]:
        """The conditions on the output and its making: the output schema first, evidence last."""
        schema = _schema_condition(json.dumps(self.output_schema), "output schema")
        evidence = (EvidenceCondition(event=event) for event in self.evidence_requirements)
        return (schema, *self.postconditions, *evidence)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the spec in canonical JSON."""
        return digest_of(self.model_dump(mode="json"))


@lru_cache(maxsize=4096)
def _schema_condition(schema: str, label: str) -> SchemaCondition:
    """Checked once: that takes half a millisecond, and routing asks for those of many kernels."""
    return SchemaCondition(json_schema=json.loads(schema), label=label)


def digest_of(value: Any) -> str:
    """SHA-256 (hex) of a JSON value in canonical form."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
