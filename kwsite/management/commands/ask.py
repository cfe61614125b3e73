"""Asks the running service one question."""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from kwsite.commandline.chat_arguments import add_chat_arguments, chat_body
from kwsite.commandline.client import ServiceClient
from kwsite.commandline.connection import add_connection_arguments, find_connection
from kwsite.commandline.finite import finite
from kwsite.commandline.search_arguments import add_search_arguments
from kwsite.commandline.search_trace import search_trace, tried_line
from kwsite.commandline.tables import summary_line
from kwsite.management.quick_command import QuickCommand


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_chat_arguments(parser)
        add_search_arguments(parser)
        parser.add_argument("--model", help="the model that the request names")
        parser.add_argument("--temperature", type=finite, help="0 to 2")
        parser.add_argument("--max-tokens", type=int, help="length of the answer at most")
        parser.add_argument("--stream", action="store_true", help="show the answer as it comes")
        parser.add_argument("--json", action="store_true", help="print the reply, or its chunks")
        add_connection_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        body = chat_body(options)
        with ServiceClient(find_connection(options)) as client:
            if options["stream"]:
                extras = self._show_stream(client.stream_chat(body), as_json=options["json"])
            else:
                extras = self._show(client.chat(body), as_json=options["json"])
            if extras.get("search") and not (options["json"] or options["no_trace"]):
                trees = client.tree(extras["run_id"])["trees"]
                Console(highlight=False).print(search_trace(extras["search"], trees))

    def _show(self, reply: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
        extras: dict[str, Any] = reply["kernelweave"]
        if as_json:
            self.stdout.write(json.dumps(reply))
        else:
            self.stdout.write(reply["choices"][0]["message"]["content"] or "")
            self.stdout.write(summary_line(extras, reply["usage"]))
        return extras

    def _show_stream(self, chunks: Iterator[dict[str, Any]], *, as_json: bool) -> dict[str, Any]:
        extras: dict[str, Any] = {}
        usage: dict[str, int] = {}
        for chunk in chunks:
            if as_json:
                self.stdout.write(json.dumps(chunk))
            if "tried" in (told := chunk.get("kernelweave") or {}):
                if not as_json:
                    self.stderr.write(tried_line(told["tried"]))
                continue
            extras = told or extras
            if as_json:
                continue
            for choice in chunk["choices"]:
                self.stdout.write(choice["delta"].get("content") or "", ending="")
                self.stdout.flush()
            usage = chunk.get("usage") or usage
        if not as_json:
            self.stdout.write("\n" + summary_line(extras, usage))
        return extras
