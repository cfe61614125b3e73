"""The keys that receipts are signed with, in the admin."""

from django.http import HttpRequest

from trajectories.models import ReceiptKey
from trajectories.record_admin import RecordAdmin


class ReceiptKeyAdmin(RecordAdmin[ReceiptKey]):
    """One that was stolen can be deleted, once another one signs: it is then published no more."""

    list_display = ("id", "first_used_at")
    fields = ("id", "public_key", "first_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: ReceiptKey | None = None) -> bool:
        return request.user.has_perm("trajectories.delete_receiptkey")
