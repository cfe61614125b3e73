"""GET /api/runs/{id}/receipt and the keys that verify receipts."""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel

from kwsite.api.auth import key_of, sign_in
from kwsite.api.documents import ErrorDocument, error_documents
from kwsite.api.offload import in_thread
from kwsite.api.replies import json_reply
from trajectories.receipt_keys import published_keys
from trajectories.receipts.keys import jwks
from trajectories.receipts.receipt import Receipt
from workers.receipt_lookup import receipt_of_run

router = Router(tags=["KernelWeave"])


class Signature(BaseModel):
    """Of the bytes behind `"receipt":`, the receipt in canonical JSON (RFC 8785)."""

    alg: Literal["Ed25519"]
    key_id: str
    value: str


class ReceiptFile(BaseModel):
    receipt: Receipt
    signature: Signature


class PublishedKey(BaseModel):
    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str
    use: Literal["sig"]


class PublishedKeys(BaseModel):
    """A JWK set."""

    keys: list[PublishedKey]


@router.get(
    "/runs/{run_id}/receipt",
    response={200: ReceiptFile, **error_documents(400, 401, 404, 409)},
    summary="Get the receipt of an answer",
)
async def retrieve_receipt(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What made the answer, signed. The reply is the file, byte for byte: keep it as it is.

    `manage.py receipt verify FILE` verifies it, offline. A client sees its own runs only.
    """
    file = await in_thread(_file, key_of(request), run_id)
    return HttpResponse(file.encode(), content_type="application/json")


@router.get(
    "/receipts/keys",
    auth=None,
    response={200: PublishedKeys, 405: ErrorDocument, 500: ErrorDocument, 503: ErrorDocument},
    summary="List the keys of receipts",
)
async def list_keys(request: HttpRequest) -> HttpResponse:
    """The public keys as a JWK set, also those that sign no longer. Answers without a key."""
    keys = await in_thread(published_keys)
    return json_reply(jwks(keys.values()))


def _file(key: str, run_id: UUID) -> str:
    return receipt_of_run(run_id, client=sign_in(key))
