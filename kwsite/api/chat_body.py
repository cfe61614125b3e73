"""The body of a chat completion request."""

from typing import Annotated, Literal

from pydantic import Field

from kwsite.api.body_model import Body, Part
from kwsite.api.messages_body import Message
from kwsite.api.output_format import ResponseFormat
from kwsite.api.tools_body import Tool, ToolChoice
from workers.request import AskedContract
from workers.search.options import SearchOptions

UNSUPPORTED = frozenset(
    (
        "audio",
        "function_call",
        "functions",
        "logprobs",
        "modalities",
        "n",
        "prediction",
        "prompt_cache_retention",
        "service_tier",
        "top_logprobs",
        "verbosity",
        "web_search_options",
    )
)
PASSED_ON = (
    "temperature",
    "top_p",
    "stop",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning_effort",
)

Stop = Annotated[str, Field(min_length=1, max_length=200)]
Bias = Annotated[float, Field(ge=-100, le=100)]
MetadataValue = Annotated[str, Field(max_length=512)]


class StreamOptions(Part):
    include_usage: bool | None = None
    include_obfuscation: bool | None = Field(default=None, description="Taken and ignored.")


class Extension(Part):
    """What this service adds to OpenAI's request."""

    contract: AskedContract = Field(
        default=AskedContract(), description="Conditions that the answer must meet."
    )
    search: SearchOptions | None = Field(
        default=None, description="That the answer may be searched for, and how."
    )
    trace: bool = Field(
        default=False, description="In a stream: tell each answer that a search tries as it goes."
    )


class ChatBody(Body):
    """OpenAI's chat completion request.

    Taken so that apps need no change, and not used: `user`, `safety_identifier`,
    `prompt_cache_key`, `metadata`, `store`.
    """

    model: str = Field(min_length=1, max_length=200, examples=["kernelweave"])
    messages: list[Message] = Field(min_length=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(
        default=None, ge=1, description="Goes before `max_tokens`."
    )
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    stop: Stop | Annotated[list[Stop], Field(min_length=1, max_length=4)] | None = None
    seed: int | None = Field(default=None, gt=-(2**63), lt=2**63)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    logit_bias: dict[Annotated[str, Field(pattern=r"^[0-9]{1,9}$")], Bias] | None = None
    tools: list[Tool] | None = Field(default=None, min_length=1, max_length=128)
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    response_format: ResponseFormat | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    logprobs: Literal[False] | None = None
    modalities: list[Literal["text"]] | None = None
    service_tier: Literal["auto", "default"] | None = None
    user: str | None = Field(default=None, max_length=512)
    safety_identifier: str | None = Field(default=None, max_length=512)
    prompt_cache_key: str | None = Field(default=None, max_length=512)
    metadata: dict[Annotated[str, Field(max_length=64)], MetadataValue] | None = Field(
        default=None, max_length=16
    )
    store: bool | None = None
    kernelweave: Extension | None = None

    @classmethod
    def unsupported_parameters(cls) -> frozenset[str]:
        return UNSUPPORTED

    @property
    def asked_tokens(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens
