"""A text as the set of its word pairs: what near-duplicates share.

Case, punctuation and spacing do not count. Each Chinese or Japanese character is a word; languages
that are written without spaces are otherwise not told into words.
"""

import hashlib
import re
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Shingles = NDArray[np.uint64]  # hashes, each once, in order

IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[{IDEOGRAPHS}]|[^\W{IDEOGRAPHS}]+")
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd: no two words collide by it


def plain_text(text: str) -> str:
    """Without case and spacing."""
    return " ".join(text.casefold().split())


def word_pairs(text: str) -> list[tuple[str, str]]:
    """Words that follow each other; a single word with nothing; a text without words by itself."""
    words = WORD.findall(text.casefold()) or [plain_text(text)]
    return list(pairwise(words)) if len(words) > 1 else [(words[0], "")]


def shingles_of(text: str) -> Shingles:
    """The set of hashed word pairs: of 64 bits, from two hashes of 32."""
    pairs = word_pairs(text)
    first = np.array([crc32(one.encode()) for one, _ in pairs], np.uint64)
    second = np.array([crc32(other.encode()) for _, other in pairs], np.uint64)
    found: Shingles = np.unique((first << np.uint64(32) | second) * SPREAD)
    return found


def digest_of_shingles(shingles: Shingles) -> bytes:
    """16 bytes; equal for the same set."""
    return hashlib.sha256(shingles.astype("<u8").tobytes()).digest()[:16]


def similarity(one: frozenset[int], other: frozenset[int]) -> float:
    """Jaccard's: of all that they have, the share that both have."""
    both = len(one & other)
    return both / (len(one) + len(other) - both)
