"""The arguments of a chat request, as `ask` and `plan` take them."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kwsite.commandline.failure import ServiceFailure
from kwsite.commandline.search_arguments import search_options


class UnreadableSchema(ServiceFailure):
    """The schema file cannot be read."""


def add_chat_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prompt")
    parser.add_argument("--system", default="", help="system prompt of the request")
    parser.add_argument("--schema", type=Path, help="JSON Schema file the answer must satisfy")


def chat_body(options: Mapping[str, Any]) -> dict[str, Any]:
    """The request's JSON. Raises UnreadableSchema, UnreadableFile."""
    told = [{"role": "system", "content": options["system"]}] if options["system"] else []
    body: dict[str, Any] = {
        "model": options.get("model") or "kernelweave",
        "messages": [*told, {"role": "user", "content": options["prompt"]}],
    }
    for name in ("max_tokens", "temperature"):
        if options.get(name) is not None:
            body[name] = options[name]
    if options["schema"] is not None:
        body["response_format"] = response_format("answer", _schema(options["schema"]))
    if (search := search_options(options)) is not None:
        body["kernelweave"] = {"search": search}
        if options.get("stream") and not options.get("no_trace"):
            body["kernelweave"]["trace"] = True
    return body


def response_format(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """OpenAI's way to ask for JSON under a schema."""
    return {
        "type": "json_schema",
        "json_schema": {"name": name, "strict": True, "schema": schema},
    }


def _schema(file: Path) -> dict[str, Any]:
    try:
        schema: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise UnreadableSchema(f"--schema {file}: {error}") from error
    return schema
