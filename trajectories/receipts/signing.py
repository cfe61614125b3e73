"""A receipt as a file: canonical JSON with an Ed25519 signature, and what makes it worthless."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from trajectories.errors import KernelWeaveError
from trajectories.receipts.base64url import decoded, encoded
from trajectories.receipts.canonical import NotCanonical, canonical, from_canonical
from trajectories.receipts.keys import PublicKey, SigningKey
from trajectories.receipts.receipt import Receipt

ALGORITHM = "Ed25519"


class BadReceipt(KernelWeaveError):
    """The receipt attests nothing."""


class NoReceiptFile(BadReceipt):
    """This is no receipt."""


class UnknownKey(BadReceipt):
    """The receipt is signed by a key that is not among the known ones."""


class WrongSignature(BadReceipt):
    """The signature is not of this receipt: it was changed, or never signed by this key."""


class OtherFormat(BadReceipt):
    """The receipt is signed, and in a format that this version does not know."""


def sealed(receipt: Receipt, key: SigningKey) -> str:
    """The file: {"receipt": ..., "signature": {"alg", "key_id", "value"}}.

    What is signed are the bytes behind "receipt". Raises NotCanonical.
    """
    signed = canonical(receipt.model_dump())
    signature = {"alg": ALGORITHM, "key_id": key.public.id, "value": encoded(key.sign(signed))}
    return f'{{"receipt":{signed.decode()},"signature":{canonical(signature).decode()}}}'


def opened(data: bytes, keys: Mapping[str, PublicKey]) -> Receipt:
    """What a file attests, if one of `keys` (by id) signed it. Raises BadReceipt.

    Only the very bytes that `sealed` gave are a receipt; one line feed may follow them.
    """
    try:
        file = from_canonical(data.removesuffix(b"\n"))
    except NotCanonical as error:
        raise NoReceiptFile(f"This is no receipt. {error.detail}") from error
    said, signature = _parts(file)
    if signature["alg"] != ALGORITHM:
        raise NoReceiptFile(f"This is no receipt: its algorithm is not {ALGORITHM}.")
    key = keys.get(signature["key_id"])
    if key is None:
        raise UnknownKey(
            f"The receipt is signed by the key {signature['key_id']}, which is not among the "
            f"known ones ({', '.join(keys) or 'there are none'})."
        )
    try:
        value = decoded(signature["value"])
    except ValueError as error:
        raise WrongSignature() from error
    if not key.signed(canonical(said), value):
        raise WrongSignature()
    try:
        return Receipt.model_validate(said)
    except ValidationError as error:
        raise OtherFormat() from error


def _parts(file: Any) -> tuple[dict[str, Any], dict[str, str]]:
    if isinstance(file, dict) and file.keys() == {"receipt", "signature"}:
        said, signature = file["receipt"], file["signature"]
        if (
            isinstance(said, dict)
            and isinstance(signature, dict)
            and signature.keys() == {"alg", "key_id", "value"}
            and all(isinstance(text, str) for text in signature.values())
        ):
            return said, signature
    raise NoReceiptFile('This is no receipt: {"receipt": {...}, "signature": {...}}.')
