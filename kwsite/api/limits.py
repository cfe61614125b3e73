"""From a valid body to an accepted request: the limits and what JSON Schema cannot say."""

from typing import Any

from django.conf import settings

from kwsite.api.chat_body import PASSED_ON, ChatBody
from kwsite.api.errors import InvalidParameter, TooMuchContext
from kwsite.api.messages_body import AssistantMessage, ToolMessage
from kwsite.api.models_listing import require_known_model
from kwsite.api.tools_body import ChosenTool
from workers.experts.given_tests import fault_of_tests
from workers.experts.registry import EXPERTS
from workers.request import AskedContract, ChatRequest, message_text

KEPT_OF_ASSISTANT = ("role", "content", "tool_calls", "name")


def chat_request(body: ChatBody) -> ChatRequest:
    """The value that is answered; raises an `ApiError` when the service cannot take it."""
    require_known_model(body.model)
    _require_tool_sense(body)
    sent = body.model_dump(
        mode="json", include={"messages", "response_format", *PASSED_ON}, exclude_unset=True,
        by_alias=True,
    )  # fmt: skip
    request = ChatRequest(
        model=body.model,
        messages=tuple(_kept(message) for message in sent["messages"]),
        max_tokens=_max_tokens(body),
        stream=bool(body.stream),
        include_usage=bool(body.stream_options and body.stream_options.include_usage),
        response_format=sent.get("response_format"),
        contract=body.kernelweave.contract if body.kernelweave else AskedContract(),
        search=body.kernelweave.search if body.kernelweave else None,
        trace=bool(body.kernelweave and body.kernelweave.trace),
        options={name: sent[name] for name in PASSED_ON if sent.get(name) is not None},
    )
    _require_within_limits(request)
    _require_short_tools(body)
    _require_searchable(request)
    return request


def _require_searchable(request: ChatRequest) -> None:
    if request.search is None:
        return
    if request.beyond_search:
        raise InvalidParameter(
            f"The answer cannot be searched for: {request.beyond_search}.",
            param="kernelweave.search",
        )
    known = ("auto", *EXPERTS)
    if request.search.worker not in known:
        raise InvalidParameter(
            f"There is no worker {request.search.worker!r}; there are {', '.join(known)}.",
            param="kernelweave.search.worker",
        )
    tests = request.search.tests.strip()
    if tests and (fault := fault_of_tests(tests)):
        raise InvalidParameter(
            f"No code can be held to these tests: {fault}. Send Python with asserts, such as "
            "'assert f(2) == 4'.",
            param="kernelweave.search.tests",
        )


def _kept(message: dict[str, Any]) -> dict[str, Any]:
    known = KEPT_OF_ASSISTANT if message["role"] == "assistant" else message
    return {name: message[name] for name in known if message.get(name) is not None}


def _max_tokens(body: ChatBody) -> int:
    asked = body.asked_tokens
    if asked is None:
        return min(settings.KW_DEFAULT_MAX_TOKENS, settings.KW_MAX_COMPLETION_TOKENS)
    if asked > settings.KW_MAX_COMPLETION_TOKENS:
        param = "max_completion_tokens" if body.max_completion_tokens else "max_tokens"
        raise InvalidParameter(
            f"'{param}' is too large: {asked}. At most {settings.KW_MAX_COMPLETION_TOKENS} "
            "completion tokens are served.",
            param=param,
        )
    return asked


def _require_within_limits(request: ChatRequest) -> None:
    if len(request.messages) > settings.KW_MAX_MESSAGES:
        raise InvalidParameter(
            f"{len(request.messages)} messages were sent; at most {settings.KW_MAX_MESSAGES} are "
            "accepted.",
            param="messages",
        )
    length = sum(len(message_text(message)) for message in request.messages)
    if length > settings.KW_MAX_PROMPT_CHARS:
        raise TooMuchContext(
            f"The messages have {length} characters of text; at most "
            f"{settings.KW_MAX_PROMPT_CHARS} are accepted.",
            param="messages",
        )
    if not has_visible_text(request.prompt):
        raise InvalidParameter(
            "The last user message has no visible text (it is missing, empty, or only spaces and "
            "control characters).",
            param="messages",
        )


def _require_short_tools(body: ChatBody) -> None:
    """Models read the tools before the messages, so all of them have the same room."""
    length = sum(len(tool.model_dump_json(exclude_unset=True)) for tool in body.tools or ())
    if length > settings.KW_MAX_PROMPT_CHARS:
        raise TooMuchContext(
            f"The tools have {length} characters; at most {settings.KW_MAX_PROMPT_CHARS} are "
            "accepted.",
            param="tools",
        )


def has_visible_text(text: str) -> bool:
    """Whether a person would see anything: not only spaces, control or format characters."""
    return any(character.isprintable() and not character.isspace() for character in text)


def _require_tool_sense(body: ChatBody) -> None:
    offered = {tool.function.name for tool in body.tools or ()}
    if body.tool_choice not in (None, "none", "auto") and not offered:
        raise InvalidParameter("'tool_choice' is only allowed with 'tools'.", param="tool_choice")
    if isinstance(body.tool_choice, ChosenTool) and body.tool_choice.function.name not in offered:
        raise InvalidParameter(
            f"'tool_choice' names {body.tool_choice.function.name!r}, which is not among 'tools'.",
            param="tool_choice",
        )
    called: set[str] = set()
    for number, message in enumerate(body.messages):
        if isinstance(message, AssistantMessage):
            called.update(call.id for call in message.tool_calls or ())
        elif isinstance(message, ToolMessage) and message.tool_call_id not in called:
            raise InvalidParameter(
                "A message with role 'tool' must answer a tool call of an earlier assistant "
                "message.",
                param=f"messages[{number}].tool_call_id",
            )
