"""The messages of a chat request, as OpenAI spells them."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from kwsite.api.body_model import Part

Name = Annotated[str, Field(min_length=1, max_length=64)]
CallId = Annotated[str, Field(min_length=1, max_length=200)]


class TextPart(Part):
    type: Literal["text"]
    text: str


class ImageUrl(Part):
    url: str = Field(min_length=1)
    detail: Literal["auto", "low", "high"] | None = None


class ImagePart(Part):
    type: Literal["image_url"]
    image_url: ImageUrl


class RefusalPart(Part):
    type: Literal["refusal"]
    refusal: str


TextParts = Annotated[list[TextPart], Field(min_length=1)]
UserParts = Annotated[
    list[Annotated[TextPart | ImagePart, Field(discriminator="type")]], Field(min_length=1)
]
AssistantParts = Annotated[
    list[Annotated[TextPart | RefusalPart, Field(discriminator="type")]], Field(min_length=1)
]


class CalledFunction(Part):
    name: Name
    arguments: str = Field(description="JSON, as the model wrote it.")


class ToolCall(Part):
    id: CallId
    type: Literal["function"]
    function: CalledFunction


class SystemMessage(Part):
    role: Literal["system", "developer"]
    content: str | TextParts
    name: Name | None = None


class UserMessage(Part):
    role: Literal["user"]
    content: str | UserParts
    name: Name | None = None


class AssistantMessage(Part):
    """Needs `content` or `tool_calls`. The other fields are taken so that a reply can be sent back
    as it came; they are not passed on."""

    role: Literal["assistant"]
    content: str | AssistantParts | None = None
    tool_calls: Annotated[list[ToolCall], Field(min_length=1)] | None = None
    name: Name | None = None
    refusal: str | None = None
    annotations: list[dict[str, object]] | None = None
    audio: None = None
    function_call: None = None

    @model_validator(mode="after")
    def says_something(self) -> "AssistantMessage":
        if self.content is None and self.tool_calls is None:
            raise ValueError("an assistant message needs content or tool_calls")
        return self


class ToolMessage(Part):
    role: Literal["tool"]
    content: str | TextParts
    tool_call_id: CallId


Message = Annotated[
    SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")
]
