"""Receipts of answers: `show` one, `verify` a file offline, list the public `keys`."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from kwsite.commandline.receipt_lines import receipt_lines
from kwsite.management.quick_command import QuickCommand
from trajectories.errors import KernelWeaveError
from trajectories.receipt_keys import own_keys, published_keys
from trajectories.receipts.keys import PublicKey, jwks, keys_of_jwks, public_key_of
from trajectories.receipts.receipt import text_sha256
from trajectories.receipts.signing import opened
from workers.receipt_lookup import receipt_of_run


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)

        show = commands.add_parser("show", help="print the receipt of a run")
        show.add_argument("run_id", type=UUID)

        commands.add_parser("keys", help="print the public keys, also retired ones, as a JWK set")

        verify = commands.add_parser(
            "verify", help="say whether a file is a receipt, without a database or a network"
        )
        verify.add_argument("file", type=Path)
        known = verify.add_mutually_exclusive_group()
        known.add_argument("--keys", type=Path, help="file of a JWK set; else the key that signs")
        known.add_argument("--key", metavar="BASE64", help="a public key")
        verify.add_argument("--prompt", type=Path, help="file that must be the prompt, exactly")
        verify.add_argument("--output", type=Path, help="file that must be the output, exactly")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['command']}")(options)
        except KernelWeaveError as error:
            raise CommandError(error.detail) from error

    def _show(self, options: dict[str, Any]) -> None:
        self.stdout.write(receipt_of_run(options["run_id"]))

    def _keys(self, options: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(jwks(published_keys().values()), indent=2))

    def _verify(self, options: dict[str, Any]) -> None:
        receipt = opened(_bytes(options["file"]), _known(options))
        for name, digest in (
            ("prompt", receipt.prompt_sha256),
            ("output", receipt.output_sha256),
        ):
            if options[name] and text_sha256(_bytes(options[name])) != digest:
                raise CommandError(f"The receipt is of another {name} than {options[name]}.")
        for line in receipt_lines(receipt):
            self.stdout.write(line)
        self.stdout.write("OK")


def _known(options: dict[str, Any]) -> dict[str, PublicKey]:
    """By id. Raises BadKey."""
    if options["keys"]:
        return keys_of_jwks(_bytes(options["keys"]))
    if options["key"]:
        key = public_key_of(options["key"])
        return {key.id: key}
    if not (own := own_keys()):
        raise CommandError("No key is set here: name the keys with --keys FILE or --key BASE64.")
    return own


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
