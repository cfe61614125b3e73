"""API keys: issued once in clear, kept as a hash, looked up by it."""

import hashlib
import secrets

from django.conf import settings
from django.utils import timezone

from trajectories.models import ApiKey, Client
from trajectories.remembered_keys import RememberedKeys

PREFIX = "kw-"
REMEMBERED = RememberedKeys(ttl_s=settings.KW_SIGN_IN_CACHE_S)


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


def find_key(secret: str, *, remembered: RememberedKeys = REMEMBERED) -> ApiKey | None:
    """The live key of an active client with this secret, with its client loaded; else None.

    One that was found is remembered for `KW_SIGN_IN_CACHE_S`: for so long at most, a key that
    another process revoked, or whose client was made inactive, is still found.
    """
    digest = _digest(secret)
    key = remembered.get(digest)
    if key is None:
        key = _live_key(digest)
        if key is not None:
            remembered.remember(key)
    return key


def _live_key(digest: str) -> ApiKey | None:
    return (
        ApiKey.objects.select_related("client")
        .filter(digest=digest, revoked_at__isnull=True, client__active=True)
        .first()
    )


def revoke_key(*, key: ApiKey, remembered: RememberedKeys = REMEMBERED) -> None:
    """Ends a key: at once in this process, in others when they have forgotten it."""
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    remembered.forget_all()
