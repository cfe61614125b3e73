"""Folders of a run in the storage that all nodes share, each as one archive named by its digest.

What a killed process left unfinished under such a name is replaced; what is fetched is held to the
digest in its name.
"""

import hashlib
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from uuid import UUID

from django.core.files import File

from training.lora.artifact import CHUNK, BadArchive, pack, unpack
from training.lora.models import artifact_storage
from trajectories.errors import KernelWeaveError

DATASETS, CHECKPOINTS, ADAPTERS = "datasets", "checkpoints", "adapters"


class NotStored(KernelWeaveError):
    """The file is not in the storage of this node."""


def store_folder(folder: Path, place: str, prefix: str = "") -> tuple[str, str]:
    """Writes a folder to `PLACE/PREFIXDIGEST.tar`; returns that name and the digest.

    Raises OSError where the storage cannot be written to.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        archive = Path(scratch) / "archive.tar"
        digest = pack(folder, archive)
        return store_file(archive, f"{place}/{prefix}{digest}.tar", digest=digest), digest


def store_file(file: Path, name: str, *, digest: str) -> str:
    """Writes a file of this SHA-256 under this name, unless it is there; returns the name."""
    storage = artifact_storage()
    if storage.exists(name):
        if _stored_digest(name) == digest:
            return name
        storage.delete(name)
    with file.open("rb") as opened:
        stored = storage.save(name, File(opened))
    if stored != name:  # another process wrote the same in between
        storage.delete(stored)
    return name


def fetch_folder(name: str, folder: Path) -> None:
    """Fills a new folder from an archive. Raises NotStored and BadArchive."""
    digest = digest_in(name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        archive = Path(scratch) / "archive.tar"
        fetch_file(name, archive)
        unpack(archive, folder, digest=digest)


def fetch_file(name: str, file: Path) -> None:
    """Raises NotStored."""
    try:
        with artifact_storage().open(name, "rb") as stored, file.open("xb") as opened:
            shutil.copyfileobj(stored, opened, CHUNK)
    except FileNotFoundError as error:
        raise NotStored(
            f"{name} is not in the storage of this node: it must be the service's own "
            "(KW_STORAGE, KW_SNAPSHOT_DIR)."
        ) from error


def digest_in(name: str) -> str:
    """The SHA-256 that a name ends with. Raises BadArchive."""
    digest = PurePosixPath(name).stem.rpartition("-")[2]
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise BadArchive(f"{name} is not named by its digest.")
    return digest


def checkpoints_of(run_id: UUID) -> str:
    """The place of a run's checkpoints."""
    return f"{CHECKPOINTS}/{run_id}"


def delete_checkpoints(run_id: UUID) -> None:
    """Deletes all that a run's nodes left, whether or not its row knows of it."""
    storage, place = artifact_storage(), checkpoints_of(run_id)
    try:
        _, names = storage.listdir(place)
    except FileNotFoundError:
        return
    for name in names:
        storage.delete(f"{place}/{name}")
    storage.delete(place)


def _stored_digest(name: str) -> str:
    found = hashlib.sha256()
    with artifact_storage().open(name, "rb") as stored:
        for chunk in stored.chunks(CHUNK):
            found.update(chunk)
    return found.hexdigest()
