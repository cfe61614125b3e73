"""A folder as one file that is the same whenever its contents are, and back.

An uncompressed tar (safetensors hardly shrink) of regular files in the order of their names,
without times, owners and modes. It is addressed by its SHA-256. Unpacking trusts nothing: the
digest is that which was promised, names stay below the folder, and nothing but files comes out.
"""

import errno
import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from trajectories.errors import KernelWeaveError

MOST_BYTES = 8 * 2**30
MOST_FILES = 10_000
CHUNK = 2**20
OF_THE_MACHINE = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE)
)


class BadArchive(KernelWeaveError):
    """The archive cannot be used."""


class OtherContents(BadArchive):
    """The archive is not the one that was promised: its digest differs."""


def pack(folder: Path, archive: Path) -> str:
    """Writes all of a folder's files into an archive. Returns its SHA-256 (hex).

    Raises BadArchive where the folder holds something else than files and folders.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    with _Draft(archive) as draft:
        with tarfile.open(draft, "w", format=tarfile.PAX_FORMAT) as tar:
            for name, file in _files(folder):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = file.stat().st_size, 0o644
                with file.open("rb") as opened:
                    tar.addfile(entry, opened)
        digest = digest_of_file(draft)
        draft.replace(archive)
    return digest


def unpack(archive: Path, folder: Path, *, digest: str, most_bytes: int = MOST_BYTES) -> None:
    """Fills a new folder; it is there as a whole or not at all.

    Raises BadArchive; OSError where it is the machine that fails, as with a full disk.
    """
    if digest_of_file(archive) != digest:
        raise OtherContents(f"The archive is not the one that was promised ({digest[:12]}...).")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _Draft(folder) as draft:
        draft.mkdir()
        try:
            with tarfile.open(archive, "r:") as tar:
                for entry in _sound(tar, most_bytes):
                    _write(tar, entry, draft / entry.name)
        except (tarfile.TarError, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in OF_THE_MACHINE:
                raise
            raise BadArchive(f"The archive cannot be read: {error}") from error
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)


def digest_of_file(file: Path) -> str:
    """SHA-256 (hex)."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _files(folder: Path) -> list[tuple[str, Path]]:
    found = []
    for file in folder.rglob("*"):
        if file.is_symlink() or not (file.is_dir() or file.is_file()):
            raise BadArchive(f"{file.name} is neither a file nor a folder.")
        if file.is_file():
            found.append((file.relative_to(folder).as_posix(), file))
    return sorted(found)


def _sound(tar: tarfile.TarFile, most_bytes: int) -> Iterator[tarfile.TarInfo]:
    names: set[str] = set()
    size = 0
    for entry in tar:
        path = PurePosixPath(entry.name)
        if not entry.isreg():
            raise BadArchive(f"{entry.name} in the archive is no file.")
        if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in entry.name:
            raise BadArchive(f"{entry.name} in the archive leads out of its folder.")
        if str(path) in names:
            raise BadArchive(f"{entry.name} is in the archive twice.")
        names.add(str(path))
        size += entry.size
        if size > most_bytes or len(names) > MOST_FILES:
            raise BadArchive("The archive holds too much.")
        yield entry


def _write(tar: tarfile.TarFile, entry: tarfile.TarInfo, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(entry)
    if source is None:
        raise BadArchive(f"{entry.name} in the archive is no file.")
    with source, file.open("xb") as opened:
        shutil.copyfileobj(source, opened, CHUNK)


class _Draft:
    """A name beside `path`, on its disk; what lies there at the end goes away."""

    def __init__(self, path: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        self._draft = self._folder / path.name

    def __enter__(self) -> Path:
        return self._draft

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder)
