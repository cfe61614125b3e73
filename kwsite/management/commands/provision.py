"""Makes the first operator and the first client, and writes how to reach the service."""

import argparse
import secrets
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from kwsite.management.quick_command import QuickCommand
from kwsite.stack.private_file import read_json, write_private_json
from trajectories.access import find_key, issue_key
from trajectories.models import Client

ADMIN = "admin"
CLIENT = "local"


class Command(QuickCommand):
    """Safe to run again: what the file holds is kept while it still works."""

    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--connection", required=True, help="JSON file to keep")
        parser.add_argument("--base-url", required=True)
        parser.add_argument("--admin-url", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        file = Path(options["connection"])
        kept = read_json(file)
        write_private_json(
            file,
            {
                "base_url": options["base_url"],
                "api_key": _working_key(kept.get("api_key", "")),
                "admin_url": options["admin_url"],
                "admin_user": ADMIN,
                "admin_password": _working_password(kept.get("admin_password", "")),
            },
        )


def _working_key(kept: str) -> str:
    if kept and find_key(kept) is not None:
        return kept
    client, _ = Client.objects.get_or_create(name=CLIENT)
    _, secret = issue_key(client=client, label="made by provision")
    return secret


def _working_password(kept: str) -> str:
    admin = User.objects.filter(username=ADMIN).first()
    if kept and admin is not None and admin.check_password(kept):
        return kept
    if admin is None:
        admin = User(username=ADMIN, is_staff=True, is_superuser=True)
    password = secrets.token_urlsafe(18)
    admin.set_password(password)
    admin.save()
    return password
