"""Which queries are held out: said by the query alone, so that it never changes sides."""

import hashlib

HELD_OUT_SHARE = 0.25


def query_digest(text: str) -> str:
    """SHA-256 (hex) of the query without case and spacing: spelling variants stay together."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest()


def is_held_out(digest: str) -> bool:
    """Whether rows of this query are for comparing only; nothing is ever fitted on them."""
    return int(digest[:8], 16) < HELD_OUT_SHARE * 16**8
