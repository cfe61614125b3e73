"""Which key signs here, by the setting KW_RECEIPT_KEY, and which keys are published."""

from functools import lru_cache

from django.conf import settings

from trajectories.models import ReceiptKey
from trajectories.receipts.keys import PublicKey, SigningKey, public_key_of, signing_key_of


def signing_key() -> SigningKey | None:
    """None where no key is set: answers then have no receipts."""
    return _loaded(settings.KW_RECEIPT_KEY) if settings.KW_RECEIPT_KEY else None


def own_keys() -> dict[str, PublicKey]:
    """The key that signs, without a look into the database."""
    key = signing_key()
    return {key.public.id: key.public} if key else {}


def published_keys() -> dict[str, PublicKey]:
    """All keys that receipts were signed with, the present one first."""
    rows = ReceiptKey.objects.exclude(pk__in=own_keys())
    return own_keys() | {row.pk: public_key_of(row.public_key) for row in rows}


@lru_cache(maxsize=4)
def _loaded(text: str) -> SigningKey:
    return signing_key_of(text)
