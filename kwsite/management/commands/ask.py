"""Asks the running service one question."""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from kwsite.commandline.chat_arguments import add_chat_arguments, chat_body
from kwsite.commandline.client import ServiceClient
from kwsite.commandline.connection import add_connection_arguments, find_connection
from kwsite.commandline.tables import summary_line


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_chat_arguments(parser)
        parser.add_argument("--max-tokens", type=int, help="length of the answer at most")
        parser.add_argument("--stream", action="store_true", help="show the answer as it comes")
        parser.add_argument("--json", action="store_true", help="print the reply, or its chunks")
        add_connection_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        body = chat_body(options)
        with ServiceClient(find_connection(options)) as client:
            if options["stream"]:
                self._show_stream(client.stream_chat(body), as_json=options["json"])
            else:
                self._show(client.chat(body), as_json=options["json"])

    def _show(self, reply: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(reply))
            return
        self.stdout.write(reply["choices"][0]["message"]["content"] or "")
        self.stdout.write(summary_line(reply["kernelweave"], reply["usage"]))

    def _show_stream(self, chunks: Iterator[dict[str, Any]], *, as_json: bool) -> None:
        extras: dict[str, Any] = {}
        usage: dict[str, int] = {}
        for chunk in chunks:
            if as_json:
                self.stdout.write(json.dumps(chunk))
                continue
            for choice in chunk["choices"]:
                self.stdout.write(choice["delta"].get("content") or "", ending="")
                self.stdout.flush()
            extras = chunk.get("kernelweave") or extras
            usage = chunk.get("usage") or usage
        if not as_json:
            self.stdout.write("\n" + summary_line(extras, usage))
