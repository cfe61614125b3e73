"""Bytes as text: base64url without padding (RFC 4648, section 5), in one way only."""

import base64
import binascii


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Raises ValueError for any other text, also where lenient readers would find bytes in it."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if encoded(data) != text:
        raise ValueError("not base64url without padding")
    return data
