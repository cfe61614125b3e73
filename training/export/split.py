"""On which side a group of near-duplicates is, and where in the file a lesson's copies go."""

import hashlib

WHOLE = 2**64


def is_valid(group: bytes, *, seed: int, share: float) -> bool:
    """Said by the group and the seed alone: what is added elsewhere moves nothing."""
    return _hash(b"split", seed, group) < share * WHOLE


def positions(content: bytes, *, seed: int, copies: int) -> list[int]:
    """Of each copy, in [0, 2^64): spread evenly over the file, from a place that is drawn."""
    first = _hash(b"order", seed, content)
    return [(first + WHOLE * copy // copies) % WHOLE for copy in range(copies)]


def _hash(what: bytes, seed: int, of: bytes) -> int:
    said = b":".join((what, str(seed).encode(), of))
    return int.from_bytes(hashlib.sha256(said).digest()[:8], "big")
