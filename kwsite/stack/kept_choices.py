"""What the stack chooses once and keeps: passwords, keys, and ports of the embedded parts."""

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from kwsite.stack.failure import StackFailure
from kwsite.stack.ports import free_port, is_free
from kwsite.stack.private_file import read_json, write_private_json


@dataclass(frozen=True)
class Secrets:
    postgres_password: str
    valkey_password: str
    llama_key: str
    django_key: str
    receipt_key: str


def keep_secrets(home: Path) -> Secrets:
    """The secrets of this home, chosen on the first start."""
    file = home / "secrets.json"
    kept = read_json(file)
    chosen = Secrets(
        **{name: kept.get(name) or secrets.token_urlsafe(32) for name in Secrets.__annotations__}
    )
    if asdict(chosen) != kept:
        write_private_json(file, asdict(chosen))
    return chosen


def keep_port(home: Path, part: str) -> int:
    """The port of a part: the same on each start, unless somebody else took it meanwhile.

    Raises StackFailure when the one that was kept is no port.
    """
    file = home / "ports.json"
    kept = read_json(file)
    port = _port(kept[part], part, file) if part in kept else 0
    if not port or not is_free(port):
        port = free_port()
        write_private_json(file, {**kept, part: str(port)})
    return port


def _port(text: str, part: str, file: Path) -> int:
    if text.isdecimal() and len(text) <= 5 and 0 < int(text) < 65_536:
        return int(text)
    raise StackFailure(
        f"stack: {file} is damaged ({part}: {text[:20]!r} is no port). Delete it: "
        "the next start chooses new ports."
    )
