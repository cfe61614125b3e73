"""Where artifacts lie, from the settings: a folder, or a bucket that all machines share."""

from typing import Any
from urllib.parse import urlsplit

from kwsite.env import Environment


def snapshots_storage(env: Environment, *, folder: str) -> dict[str, Any]:
    """`STORAGES["snapshots"]`; one that KW_STORAGE does not say ends the process."""
    address = env.text("KW_STORAGE")
    if not address:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": folder},
        }
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.hostname or parts.netloc != parts.hostname:
        raise SystemExit(
            f"KW_STORAGE={address!r} is no address of a bucket: write it as s3://BUCKET/FOLDER, "
            "or unset it."
        )
    return {
        "BACKEND": "kwsite.shared_storage.SharedStorage",
        "OPTIONS": {
            "bucket_name": parts.netloc,
            "location": parts.path.strip("/"),
            "endpoint_url": env.text("KW_S3_ENDPOINT"),
            "region_name": env.text("KW_S3_REGION") or None,
            # Without these, boto3 looks where it always does: AWS_ variables, a role, a profile.
            "access_key": env.text("KW_S3_ACCESS_KEY") or None,
            "secret_key": env.text("KW_S3_SECRET_KEY") or None,
        },
    }
