"""`response_format`: text, any JSON object, or JSON under a schema."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from kwsite.api.body_model import Part
from kwsite.api.schema_limits import require_servable


class TextFormat(Part):
    type: Literal["text"]


class JsonObjectFormat(Part):
    type: Literal["json_object"]


class NamedSchema(Part):
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = None
    schema_: dict[str, Any] = Field(alias="schema", description="A JSON Schema.")
    strict: bool | None = None

    @field_validator("schema_")
    @classmethod
    def is_servable(cls, schema: dict[str, Any]) -> dict[str, Any]:
        require_servable(schema)
        return schema


class JsonSchemaFormat(Part):
    type: Literal["json_schema"]
    json_schema: NamedSchema


ResponseFormat = Annotated[
    TextFormat | JsonObjectFormat | JsonSchemaFormat, Field(discriminator="type")
]
