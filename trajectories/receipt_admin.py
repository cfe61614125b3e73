"""Receipts in the admin: whether one verifies at this moment, and the keys they are signed with."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from trajectories.markup import badge, text_block
from trajectories.models import ReceiptKey, SignedReceipt, Trajectory
from trajectories.receipt_keys import published_keys
from trajectories.receipts.receipt import Receipt, text_sha256
from trajectories.receipts.signing import BadReceipt, opened
from trajectories.record_admin import RecordAdmin, RecordInline


class ReceiptInline(RecordInline[SignedReceipt, Trajectory]):
    """On the page of a trajectory."""

    model = SignedReceipt
    fields = ("verified_badge", "file_shown")
    readonly_fields = fields
    verbose_name_plural = "receipt"

    @admin.display(description="receipt")
    def verified_badge(self, row: SignedReceipt) -> SafeString:
        """As of now: with the published keys, and against the trajectory as it is."""
        wrong = _wrong(row)
        return badge(wrong, "danger") if wrong else badge("verified", "success")

    @admin.display(description="file")
    def file_shown(self, row: SignedReceipt) -> SafeString:
        return text_block(row.file)


def _wrong(row: SignedReceipt) -> str:
    """What is wrong with it; empty where nothing is."""
    try:
        receipt = opened(row.file.encode(), published_keys())
    except BadReceipt as error:
        return error.detail
    return _changed(receipt, row.trajectory)


def _changed(receipt: Receipt, trajectory: Trajectory) -> str:
    """What of the row is not as the receipt attests; empty where all is."""
    if receipt.trajectory != str(trajectory.pk):
        return "of another trajectory"
    if receipt.prompt_sha256 != text_sha256(trajectory.prompt):
        return "the prompt was changed since"
    if receipt.output_sha256 != text_sha256(trajectory.output_text):
        return "the output was changed since"
    return ""


class ReceiptKeyAdmin(RecordAdmin[ReceiptKey]):
    """One that was stolen can be deleted, once another one signs: it is then published no more."""

    list_display = ("id", "first_used_at")
    fields = ("id", "public_key", "first_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: ReceiptKey | None = None) -> bool:
        return request.user.has_perm("trajectories.delete_receiptkey")
