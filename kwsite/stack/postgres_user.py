"""PostgreSQL refuses to run as root: then it runs as an account of its own."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from kwsite.stack.failure import StackFailure

ACCOUNT = "pgserver"


def server_user() -> str | None:
    """The account to run the server as; None for our own."""
    if os.geteuid() != 0:
        return None
    if not _exists(ACCOUNT):
        made = subprocess.run(
            ["useradd", "--system", ACCOUNT], capture_output=True, text=True, check=False
        )
        if made.returncode:
            raise StackFailure(
                f"postgres: it cannot run as root, and the account {ACCOUNT} cannot be made: "
                f"{made.stderr.strip()}. Create it, or run as another user."
            )
    return ACCOUNT


def _exists(account: str) -> bool:
    return account in (entry.pw_name for entry in pwd.getpwall())


def give_to(user: str | None, path: Path) -> None:
    if user is not None:
        shutil.chown(path, user, user)


def open_path_for_all(path: Path) -> None:
    """Lets others pass through `path` and the folders above it, and changes nothing else."""
    for folder in (path, *path.resolve().parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
