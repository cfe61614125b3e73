"""The receipt of an answer: whether it verifies at this moment, and what it says."""

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from trajectories.markup import badge, folded, link, table, text_block
from trajectories.models import SignedReceipt, Trajectory
from trajectories.receipt_keys import published_keys
from trajectories.receipts.receipt import Receipt, text_sha256
from trajectories.receipts.signing import BadReceipt, opened
from trajectories.story.section import said


def receipt_block(row: SignedReceipt | None, trajectory: Trajectory, download: str) -> SafeString:
    """Verified with the published keys, and against the trajectory as it is now."""
    if row is None:
        return said(
            "There is no receipt: the answer was given before receipts were signed here, by an "
            "agent, or while KW_RECEIPT_KEY was not set."
        )
    receipt, wrong = verified(row, trajectory)
    state = badge(wrong, "danger") if wrong else badge("verified", "success")
    told = said(format_html("{} Signed by key {}.", state, row.key_id))
    if receipt is None:
        facts = text_block(row.file, whole=download)
    else:
        facts = table(["what", "value"], _facts(receipt))
    return format_html(
        "{}{}<p>{}</p>", told, folded("What it says", facts), link(download, "Download the receipt")
    )


def verified(row: SignedReceipt, trajectory: Trajectory) -> tuple[Receipt | None, str]:
    """What it attests, if anything, and what is wrong with it; empty where nothing is."""
    try:
        receipt = opened(row.file.encode(), published_keys())
    except BadReceipt as error:
        return None, error.detail
    return receipt, _changed(receipt, trajectory)


def _changed(receipt: Receipt, trajectory: Trajectory) -> str:
    """What of the row is not as the receipt attests; empty where all is."""
    if receipt.trajectory != str(trajectory.pk):
        return "of another trajectory"
    if receipt.prompt_sha256 != text_sha256(trajectory.prompt):
        return "the prompt was changed since"
    if receipt.output_sha256 != text_sha256(trajectory.output_text):
        return "the output was changed since"
    return ""


def _facts(receipt: Receipt) -> list[list[Any]]:
    """Every field that says something, nested ones as JSON."""
    return [
        [name.replace("_", " "), _shown(value)]
        for name, value in receipt.model_dump().items()
        if value not in (None, "", ())
    ]


def _shown(value: Any) -> Any:
    if isinstance(value, dict | list | tuple):
        return text_block(json.dumps(value, indent=1, ensure_ascii=False))
    return str(value)
