"""A home with its database migrated, its kernels loaded, its static files collected.

Made once for all processes of a run, by the one that needs it first; stacks begin from copies.
"""

import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from kwsite.stack.kept_choices import keep_secrets
from tests.stores import Stores

SHARED = "KERNELWEAVE_SHARED_BY_TESTS"  # the folder of this run
NOWHERE = "http://127.0.0.1:1"


def begin_prepared(home: Path) -> None:
    """Fills an empty home; owners and modes are kept."""
    subprocess.run(["cp", "-a", f"{_prepared()}/.", home], check=True)


def _prepared() -> Path:
    shared = Path(os.environ[SHARED])
    home = shared / "prepared"
    with FileLock(shared / "being-made"):
        if not home.exists():
            draft = shared / "draft"
            _prepare(draft)
            draft.rename(home)
    return home


def _prepare(home: Path) -> None:
    stores = Stores(home)
    kept = keep_secrets(home)
    try:
        subprocess.run(
            [
                *(sys.executable, "-m", "kwsite.stack.prepare"),
                *("--connection", home / "connection.json"),
                *("--base-url", NOWHERE, "--admin-url", NOWHERE),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            env={
                **os.environ,
                "KW_HOME": str(home),
                "DATABASE_URL": stores.database_url,
                "REDIS_URL": stores.redis_url,
                "DJANGO_SETTINGS_MODULE": "kwsite.settings",
                "KW_SECRET_KEY": kept.django_key,
                "KW_RECEIPT_KEY": kept.receipt_key,
            },
        )
    finally:
        stores.stop()
    (home / "ports.json").unlink()  # each copy chooses its own
