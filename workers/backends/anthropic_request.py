"""A model request in the form of Anthropic's messages API."""

import json
from typing import Any

from workers.backends.completion import BackendRejected, ModelRequest
from workers.backends.dialects import for_anthropic
from workers.backends.prefix import messages_of

SYSTEM_ROLES = ("system", "developer")
JSON_ONLY = "Answer with one JSON object and nothing else."
# OpenAI options that only nudge sampling, label the call or are the default, and have no
# counterpart here. Options named nowhere in this file go to the server, which may refuse them.
IGNORED = frozenset({"seed", "frequency_penalty", "presence_penalty", "logit_bias", "store", "n"})
CONVERTED = frozenset({"stop", "tools", "tool_choice", "parallel_tool_calls", "user"})

Block = dict[str, Any]


def body_of(request: ModelRequest, model: str) -> dict[str, Any]:
    """The JSON body of the call.

    A schema is enforced while decoding as far as the API can. `json_object` is asked for in the
    system prompt, as the API cannot enforce it.
    """
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens,
        "messages": turns_of(messages_of(request, "asked")),
    }
    body |= _system(request) | _options(request.options) | _tools(request.options)
    if request.schema is not None:
        wanted = {"type": "json_schema", "schema": for_anthropic(request.schema)}
        body["output_config"] = {**body.get("output_config", {}), "format": wanted}
    return body


def turns_of(messages: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """User and assistant turns; tool results go into the user turn that follows the calls."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] in SYSTEM_ROLES:
            continue
        role = "assistant" if message["role"] == "assistant" else "user"
        if not turns or turns[-1]["role"] != role:
            turns.append({"role": role, "content": []})
        turns[-1]["content"] += _blocks(message)
    return [turn for turn in turns if turn["content"]]


def _blocks(message: dict[str, Any]) -> list[Block]:
    content = _content_blocks(message.get("content"))
    if message["role"] == "tool":
        result = {"type": "tool_result", "tool_use_id": message["tool_call_id"]}
        return [{**result, "content": content}]
    return content + [_tool_use(call) for call in message.get("tool_calls") or []]


def _content_blocks(content: str | list[dict[str, Any]] | None) -> list[Block]:
    """Blocks of a message's content. The API refuses empty text, so that is left out."""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    return [_part_block(part) for part in parts if part.get("text") != ""]


def _part_block(part: dict[str, Any]) -> Block:
    if part.get("type") == "text":
        return {"type": "text", "text": part["text"]}
    if part.get("type") == "image_url":
        return {"type": "image", "source": _image_source(part["image_url"]["url"])}
    raise BackendRejected(f"Anthropic's API takes no message part of type {part.get('type')!r}.")


def _image_source(url: str) -> dict[str, str]:
    if not url.startswith("data:"):
        return {"type": "url", "url": url}
    header, _, data = url.removeprefix("data:").partition(",")
    return {"type": "base64", "media_type": header.partition(";")[0], "data": data}


def _tool_use(call: dict[str, Any]) -> Block:
    function = call["function"]
    try:
        arguments = json.loads(function.get("arguments") or "{}")
    except ValueError as error:
        raise BackendRejected(f"Arguments of tool call {call['id']} are not JSON.") from error
    return {"type": "tool_use", "id": call["id"], "name": function["name"], "input": arguments}


def _system(request: ModelRequest) -> dict[str, Any]:
    told = [m.get("content") for m in request.messages if m["role"] in SYSTEM_ROLES]
    blocks = [block for content in told for block in _content_blocks(content)]
    if request.json_object and request.schema is None:
        blocks.append({"type": "text", "text": JSON_ONLY})
    return {"system": blocks} if blocks else {}


def _options(options: dict[str, Any]) -> dict[str, Any]:
    """Sampling options; `stop` and `user` under the API's own names."""
    left_out = IGNORED | CONVERTED
    kept = {name: value for name, value in options.items() if name not in left_out}
    if stop := options.get("stop"):
        kept["stop_sequences"] = [stop] if isinstance(stop, str) else list(stop)
    if user := options.get("user"):
        kept["metadata"] = {"user_id": user}
    return kept


def _tools(options: dict[str, Any]) -> dict[str, Any]:
    if not options.get("tools"):
        return {}
    choice = _tool_choice(options.get("tool_choice") or "auto")
    if options.get("parallel_tool_calls") is False and choice["type"] != "none":
        choice["disable_parallel_tool_use"] = True
    return {"tools": [_tool(tool["function"]) for tool in options["tools"]], "tool_choice": choice}


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    tool = {"name": function["name"], "input_schema": parameters}
    return tool | {key: function[key] for key in ("description", "strict") if function.get(key)}


def _tool_choice(choice: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(choice, dict):
        return {"type": "tool", "name": choice["function"]["name"]}
    return {"type": "any" if choice == "required" else choice}
