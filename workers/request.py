"""The accepted request as one frozen value: what came in over HTTP, the CLI or a test."""

from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kernels.conditions.kinds import Condition
from kernels.spec import digest_of
from workers.search.options import SearchOptions

# Options that change which text may be written.
BENDING = ("stop", "logit_bias")


class AskedContract(BaseModel):
    """Conditions an app sends with its request, checked beside the requested output schema."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: tuple[Condition, ...] = ()


class ChatRequest(BaseModel):
    """A chat completion request after validation.

    `options` holds the sampling and tool parameters that go to the model server unchanged
    (`temperature`, `top_p`, `stop`, `seed`, `tools`, `tool_choice`, ...).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    messages: tuple[dict[str, Any], ...]
    max_tokens: int
    stream: bool = False
    include_usage: bool = False
    trace: bool = False  # with `stream`: what a search tries is told as it goes
    response_format: dict[str, Any] | None = None
    contract: AskedContract = AskedContract()
    search: SearchOptions | None = None
    options: dict[str, Any] = Field(default_factory=dict)

    @cached_property
    def prompt(self) -> str:
        """Text of the last user message (what is embedded and routed)."""
        for message in reversed(self.messages):
            if message.get("role") == "user":
                return message_text(message)
        return ""

    @cached_property
    def system(self) -> str:
        """Text of the system and developer messages, in order."""
        return "\n\n".join(self.systems)

    @cached_property
    def systems(self) -> tuple[str, ...]:
        """Text of each system or developer message."""
        of_app = [m for m in self.messages if m["role"] in ("system", "developer")]
        return tuple(map(message_text, of_app))

    @cached_property
    def output_schema(self) -> dict[str, Any] | None:
        """The JSON Schema the app asked for, if it asked for one."""
        if (self.response_format or {}).get("type") != "json_schema":
            return None
        schema: dict[str, Any] = (self.response_format or {})["json_schema"]["schema"]
        return schema

    @cached_property
    def beyond_kernels(self) -> str:
        """Why no kernel may take this request over; empty when one may."""
        roles = [m["role"] for m in self.messages if m["role"] not in ("system", "developer")]
        if roles != ["user"]:
            return "the conversation has earlier turns"
        if self.options.get("tools"):
            return "the request offers tools"
        if bent := [name for name in BENDING if self.options.get(name)]:
            return f"the request sets {bent[0]}, which a kernel's output cannot follow"
        asked = next(message for message in self.messages if message["role"] == "user")
        if not isinstance(asked.get("content"), str):
            return "the message has parts other than plain text"
        return ""

    @cached_property
    def beyond_search(self) -> str:
        """Why the answer cannot be searched for; empty when it can."""
        if self.beyond_kernels:
            return self.beyond_kernels
        if (self.response_format or {}).get("type", "text") != "text":
            return "the request asks for JSON, and a search answers in text"
        return ""

    @cached_property
    def names_its_search(self) -> bool:
        """Whether the app said who is to answer how: then nothing else may answer."""
        asked = self.search
        return asked is not None and (asked.strategy != "auto" or asked.worker != "auto")

    @cached_property
    def signature(self) -> str:
        """Digest of what makes two requests the same kind of call: system prompt and schema."""
        return digest_of({"system": self.system, "schema": self.output_schema})


def message_text(message: dict[str, Any]) -> str:
    """The text of a message whose content is a string, a list of parts, or absent."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content or [] if part.get("type") == "text")
