"""An S3-compatible storage that all machines share, as Django's storage backend."""

from typing import Any

from botocore.config import Config
from storages.backends.s3 import S3Storage

IN_MEMORY = 8 * 2**20  # of a file that is read; the rest is spooled to disk


class SharedStorage(S3Storage):
    """Works with servers that know no more of S3 than its old core: checksums only where asked."""

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
