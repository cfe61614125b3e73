"""API keys: issued once in clear, kept as a hash, looked up by it."""

import hashlib
import secrets

from django.utils import timezone

from trajectories.models import ApiKey, Client

PREFIX = "kw-"


def _digest(secret: str) -> str:
    # A key carries 256 random bits, so a fast hash is enough (no dictionary to try).
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_key(*, client: Client, label: str) -> tuple[ApiKey, str]:
    """Creates a key for `client`; returns its row and the secret, which is not stored."""
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        client=client, label=label, prefix=secret[:10], digest=_digest(secret)
    )
    return key, secret


def find_key(secret: str) -> ApiKey | None:
    """The live key of an active client with this secret, with its client loaded; else None."""
    return (
        ApiKey.objects.select_related("client")
        .filter(digest=_digest(secret), revoked_at__isnull=True, client__active=True)
        .first()
    )


def revoke_key(*, key: ApiKey) -> None:
    """Ends a key; the next request with it is refused."""
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
