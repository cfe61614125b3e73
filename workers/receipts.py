"""The receipt of an answer: drawn up from what answered, signed and stored with it."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from django.db import connection

from kernels.slots import LISTS
from kernels.spec import digest_of
from trajectories.models import ReceiptKey, Run, SignedReceipt, Trajectory
from trajectories.receipts.canonical import canonical
from trajectories.receipts.keys import SigningKey
from trajectories.receipts.receipt import (
    CheckDone,
    KernelUsed,
    Receipt,
    Reused,
    SearchUsed,
    text_sha256,
)
from trajectories.receipts.signing import sealed
from trajectories.version import VERSION
from workers.answer import Answer
from workers.request import ChatRequest

MOST_SHOWN = 1_000  # bytes of a slot's value; of a longer one the digest is given


def record_receipt(
    *, run: Run, request: ChatRequest, answer: Answer, trajectory: Trajectory, key: SigningKey
) -> None:
    """Signs the receipt of an answer and stores it; belongs into the answer's transaction."""
    file = sealed(receipt_of(run, request, answer, trajectory), key)
    store = f"""
        WITH key AS (
            INSERT INTO {ReceiptKey._meta.db_table} (id, public_key, first_used_at)
            VALUES (%s, %s, now()) ON CONFLICT DO NOTHING
        )
        INSERT INTO {SignedReceipt._meta.db_table} (trajectory_id, key_id, file)
        VALUES (%s, %s, %s)
    """  # the key stays known when it signs no longer; both in one round trip
    public = key.public
    with connection.cursor() as cursor:
        cursor.execute(store, [public.id, public.text, trajectory.pk, public.id, file])


def receipt_of(run: Run, request: ChatRequest, answer: Answer, trajectory: Trajectory) -> Receipt:
    """What the receipt of this answer says."""
    calls = list(answer.tool_calls)
    return Receipt(
        run=str(run.pk),
        trajectory=str(trajectory.pk),
        client=run.client_id,
        created_at=trajectory.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
        route=answer.route,
        request_sha256=digest_of(run.request),
        system_sha256=text_sha256(request.system) if request.system else None,
        prompt_sha256=text_sha256(request.prompt),
        output_sha256=text_sha256(answer.text),
        tool_calls_sha256=digest_of(calls) if calls else None,
        kernel=_kernel(answer),
        reused=_reused(answer),
        search=_search(answer),
        checks=tuple(CheckDone(kind=c.kind, label=c.label, status=c.status) for c in answer.checks),
        verified=answer.verified,
        model=answer.model,
        adapter=answer.adapter or None,
        encoder=run.encoder_digest,
        service=VERSION,
    )


def _kernel(answer: Answer) -> KernelUsed | None:
    if answer.kernel is None:
        return None
    return KernelUsed(
        name=answer.kernel.kernel,
        number=answer.kernel.number,
        version_id=str(answer.kernel.version_id),
        digest=answer.kernel.spec.digest,
        slots=_slots(answer.bound or {}),
    )


def _slots(bound: Mapping[str, Any]) -> dict[str, Any]:
    """The typed parts of the prompt that there are, and what filled the template's gaps."""
    typed = {name: bound[name] for name in LISTS if bound.get(name)}
    return {name: _shown(value) for name, value in {**typed, **bound.get("slots", {})}.items()}


def _shown(value: Any) -> Any:
    written = _written(value)
    data = canonical(written)
    return written if len(data) <= MOST_SHOWN else {"sha256": text_sha256(data.decode())}


def _written(value: Any) -> Any:
    """Numbers as text: the shortest that reads back as the same number."""
    if isinstance(value, list):
        return [_written(one) for one in value]
    return repr(value) if isinstance(value, float) else value


def _reused(answer: Answer) -> Reused | None:
    if answer.reused is None:
        return None
    cosine = None if answer.cosine is None else f"{answer.cosine:.4f}"
    return Reused(
        trajectory=str(answer.reused),
        decided_by="the same question" if cosine is None else "validator",
        cosine=cosine,
    )


def _search(answer: Answer) -> SearchUsed | None:
    found = answer.searched
    if found is None:
        return None
    return SearchUsed(
        worker=found.worker,
        strategy=found.strategy,
        router=found.routed.snapshot,
        reward_model=answer.reward_model if found.scored else None,
    )
