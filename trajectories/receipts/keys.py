"""The Ed25519 keys of receipts: one that signs, those that verify, and how they are written."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from trajectories.errors import KernelWeaveError
from trajectories.receipts.base64url import decoded, encoded
from trajectories.receipts.canonical import canonical

BYTES = 32
PEM = "-----BEGIN"


class BadKey(KernelWeaveError):
    """This is no Ed25519 key."""


@dataclass(frozen=True)
class PublicKey:
    """What verifies. `text` are its 32 bytes in base64url."""

    text: str

    def __post_init__(self) -> None:
        _bytes_of(self.text)

    @cached_property
    def id(self) -> str:
        """The thumbprint of RFC 7638: SHA-256 of the key as a JWK, in base64url."""
        return encoded(hashlib.sha256(canonical(self._required)).digest())

    @property
    def jwk(self) -> dict[str, str]:
        return {**self._required, "kid": self.id, "use": "sig"}

    def signed(self, data: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's, of exactly these bytes."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    @property
    def _required(self) -> dict[str, str]:
        return {"kty": "OKP", "crv": "Ed25519", "x": self.text}

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(_bytes_of(self.text))


@dataclass(frozen=True)
class SigningKey:
    """What signs. It is never shown."""

    _key: Ed25519PrivateKey

    @cached_property
    def public(self) -> PublicKey:
        return PublicKey(encoded(self._key.public_key().public_bytes_raw()))

    def sign(self, data: bytes) -> bytes:
        """64 bytes, the same for the same data."""
        return self._key.sign(data)


def signing_key_of(text: str) -> SigningKey:
    """From PEM (PKCS 8, without a password) or 32 random bytes in base64. Raises BadKey."""
    text = text.strip()
    if not text.startswith(PEM):
        return SigningKey(Ed25519PrivateKey.from_private_bytes(_bytes_of(text)))
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey("The PEM cannot be read, or needs a password.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey("The PEM holds a key of another kind than Ed25519.")
    return SigningKey(key)


def public_key_of(text: str) -> PublicKey:
    """From its 32 bytes in base64, of either alphabet. Raises BadKey."""
    return PublicKey(encoded(_bytes_of(text.strip())))


def jwks(keys: Iterable[PublicKey]) -> dict[str, Any]:
    """The keys as a JWK set (RFC 7517 and 8037)."""
    return {"keys": [key.jwk for key in keys]}


def keys_of_jwks(text: str | bytes) -> dict[str, PublicKey]:
    """The Ed25519 keys of a JWK set, by id. Raises BadKey when it is none, or has none."""
    try:
        listed = json.loads(text)["keys"]
        found = [
            public_key_of(one["x"])
            for one in listed
            if (one["kty"], one.get("crv")) == ("OKP", "Ed25519")
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadKey('This is no JWK set: {"keys": [{"kty": "OKP", ...}]}.') from error
    if not found:
        raise BadKey("The JWK set has no Ed25519 key.")
    return {key.id: key for key in found}


def _bytes_of(text: str) -> bytes:
    try:
        data = decoded(text.rstrip("=").replace("+", "-").replace("/", "_"))
    except ValueError as error:
        raise BadKey("It is neither PEM nor base64.") from error
    if len(data) != BYTES:
        raise BadKey(f"It has {len(data)} bytes; an Ed25519 key has {BYTES}.")
    return data
