"""Adapters as files for llama.cpp: fetched from the storage, or converted once and stored there."""

import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from django.core.files.storage import Storage

from training.adapters.models import Adapter
from training.lora.artifact import digest_of_file, unpack
from training.lora.gguf_adapter import convert
from training.lora.models import artifact_storage
from training.lora.storing import store_file


def gguf_file(adapter: Adapter, *, folder: Path, base: Path) -> Path:
    """The adapter's GGUF file in `folder`. Its row learns the name in the storage.

    Raises BadArchive or CannotConvert for an adapter that cannot be served, OSError for a storage
    that cannot be read now.
    """
    file = folder / f"{adapter.digest}.gguf"
    if file.exists():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    storage = artifact_storage()
    if adapter.gguf:
        _fetch(storage, adapter.gguf, file)
        return file
    with tempfile.TemporaryDirectory(dir=folder, prefix=".converting-") as scratch:
        archive, unpacked = Path(scratch) / "archive.tar", Path(scratch) / "adapter"
        _fetch(storage, adapter.archive, archive)
        unpack(archive, unpacked, digest=adapter.digest)
        converted = convert(unpacked, Path(scratch) / "adapter.gguf", base=base)
        name = f"adapters/{adapter.digest}.gguf"
        store_file(converted, name, digest=digest_of_file(converted))
        converted.replace(file)
    Adapter.objects.filter(pk=adapter.pk).update(gguf=name)
    return file


def keep_only(folder: Path, wanted: Collection[Path]) -> None:
    """Deletes the other files for llama.cpp; what a process has open it keeps until it ends."""
    for file in folder.glob("*.gguf"):
        if file not in wanted:
            file.unlink()


def _fetch(storage: Storage, name: str, file: Path) -> None:
    """As a whole or not at all."""
    draft = file.with_name(f".{file.name}.draft")
    with storage.open(name) as source, draft.open("wb") as target:
        shutil.copyfileobj(source, target)
    draft.replace(file)
