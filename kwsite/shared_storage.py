"""An S3-compatible storage that all machines share, as Django's storage backend."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

IN_MEMORY = 8 * 2**20  # of a file that is read; the rest is spooled to disk


class SharedStorage(S3Storage):
    """Works with servers that know no more of S3 than its old core: checksums only where asked.

    What fails raises OSError, as with a folder.
    """

    def __init__(self, *, endpoint_url: str = "", **settings: Any) -> None:
        client = Config(
            signature_version="s3v4",
            # Behind an address of its own, a bucket is hardly ever a host name.
            s3={"addressing_style": "path" if endpoint_url else "auto"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=5,
            read_timeout=60,
            retries={"total_max_attempts": 5, "mode": "standard"},
        )
        super().__init__(
            endpoint_url=endpoint_url or None,
            client_config=client,
            max_memory_size=IN_MEMORY,
            file_overwrite=True,  # whole, at the end of an upload
            **settings,
        )

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _failures_of_a_disk():
            opened = super()._open(name, mode)
            if "r" in mode:
                opened.open()  # fetches it: what fails, fails here
        return opened

    def _save(self, name: str, content: File[Any] | IO[Any]) -> str:
        with _failures_of_a_disk():
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with _failures_of_a_disk():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with _failures_of_a_disk():
            super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _failures_of_a_disk():
            folders, files = super().listdir(path)
            return folders, files


@contextmanager
def _failures_of_a_disk() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise OSError(f"The storage failed: {error}") from error
