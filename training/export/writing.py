"""Files that are there as a whole or not at all, each with what it holds as a digest."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.export.errors import FolderRefused, FolderTaken

MANIFEST = "manifest.json"
FILES = {False: "train.jsonl", True: "valid.jsonl"}  # by whether it is the valid side


@dataclass(frozen=True)
class Written:
    """A file of JSON lines."""

    lines: int
    bytes: int
    sha256: str


@contextmanager
def new_folder(folder: Path) -> Iterator[tuple[Path, Path]]:
    """A folder to fill, which takes the name at the end, and one that goes away.

    Both lie beside it, on the same disk, and both go away when something fails. Raises FolderTaken,
    FolderRefused.
    """
    try:
        require_free(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        room = tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent)
    except OSError as error:
        raise FolderRefused(f"{folder} cannot be made: {error}.") from error
    with room as beside:
        draft, scratch = Path(beside) / "draft", Path(beside) / "scratch"
        draft.mkdir()
        scratch.mkdir()
        yield draft, scratch
        require_free(folder)
        draft.rename(folder)


def require_free(folder: Path) -> None:
    """Raises FolderTaken."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTaken(f"{folder} is not empty: name another folder, or remove it.")


def write_lines(file: Path, lines: Iterable[str]) -> Written:
    count, size, digest = 0, 0, hashlib.sha256()
    with file.open("wb") as opened:
        for line in lines:
            written = f"{line}\n".encode()
            opened.write(written)
            digest.update(written)
            count += 1
            size += len(written)
    return Written(count, size, digest.hexdigest())


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / MANIFEST).write_text(f"{text}\n", encoding="utf-8")
