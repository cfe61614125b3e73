"""What several benches take on the command line."""

import argparse
from pathlib import Path
from typing import Any


def positive(text: str) -> int:
    """A whole number above 0."""
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def count(text: str) -> int:
    """A whole number, or 0 for none."""
    return 0 if text == "0" else positive(text)


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """Another model server than the embedded one."""
    parser.add_argument("--base-url", default="", help="another model server's, ending in /v1")
    parser.add_argument("--api-key", default="", help="for that server")
    parser.add_argument("--model", default="", help="its model")


def server_settings(options: dict[str, Any]) -> dict[str, str]:
    """The settings that replace the embedded model server, if another one was named."""
    named = {
        "KW_LLM_BASE_URL": options["base_url"],
        "KW_LLM_API_KEY": options["api_key"],
        "KW_LLM_MODEL": options["model"],
    }
    return {name: text for name, text in named.items() if text}


def add_evidence_arguments(parser: argparse.ArgumentParser) -> None:
    """What becomes of what was measured."""
    parser.add_argument("--write", type=Path, metavar="DIR", help="Markdown, plot and JSON there")
    parser.add_argument("--read", type=_file, metavar="FILE", help="show what was measured before")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _file(text: str) -> Path:
    file = Path(text)
    if not file.is_file():
        raise argparse.ArgumentTypeError(f"{text} is no file")
    return file


def evidence_arguments(options: dict[str, Any]) -> list[str]:
    """`--write` and `--json` again, for a process of the bench's own."""
    written = ["--write", str(options["write"].absolute())] if options["write"] else []
    return [*written, *(["--json"] if options["json"] else [])]
