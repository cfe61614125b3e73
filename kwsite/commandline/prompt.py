"""The request that `ask` and `plan` send."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError


def add_prompt_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("prompt")
    parser.add_argument("--system", default="", help="system prompt")
    parser.add_argument("--max-tokens", type=int)
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--schema", type=Path, help="file with a JSON Schema for the output")


def request_body(options: dict[str, Any]) -> dict[str, Any]:
    """The chat completion body. Raises CommandError for a schema file that cannot be read."""
    messages = [{"role": "user", "content": options["prompt"]}]
    if options["system"]:
        messages.insert(0, {"role": "system", "content": options["system"]})
    body: dict[str, Any] = {"model": "kernelweave", "messages": messages}
    for name in ("max_tokens", "temperature"):
        if options[name] is not None:
            body[name] = options[name]
    if options["schema"] is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "output", "strict": True, "schema": _schema(options["schema"])},
        }
    return body


def _schema(file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: {error}") from error
