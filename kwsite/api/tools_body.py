"""Tools that a chat request offers to the model."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from kwsite.api.body_model import Part
from kwsite.api.schema_limits import require_servable

FunctionName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class FunctionDefinition(Part):
    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = Field(default=None, description="A JSON Schema.")
    strict: bool | None = None

    @field_validator("parameters")
    @classmethod
    def is_servable(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        if schema is not None:
            require_servable(schema)
        return schema


class Tool(Part):
    type: Literal["function"]
    function: FunctionDefinition


class ChosenFunction(Part):
    name: FunctionName


class ChosenTool(Part):
    type: Literal["function"]
    function: ChosenFunction


ToolChoice = Literal["none", "auto", "required"] | ChosenTool
