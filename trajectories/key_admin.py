"""Clients and their API keys in the admin. A secret is shown once, when it is issued."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from trajectories.access import issue_key, revoke_key
from trajectories.admin_base import ModelAdmin
from trajectories.markup import badge
from trajectories.models import ApiKey, Client


class ClientAdmin(ModelAdmin[Client]):
    list_display = ("name", "active", "requests_per_minute", "live_keys", "created_at")
    list_filter = ("active",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "active", "requests_per_minute", "created_at")
    readonly_fields = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        live = Count("api_keys", filter=Q(api_keys__revoked_at__isnull=True))
        return super().get_queryset(request).annotate(live_key_count=live)

    @admin.display(description="live keys")
    def live_keys(self, client: Client) -> int:
        return int(vars(client)["live_key_count"])

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return False  # its traffic stays; make it inactive instead


class ApiKeyAdmin(ModelAdmin[ApiKey]):
    list_display = ("prefix", "label", "client", "state", "created_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "client")
    list_select_related = ("client",)
    search_fields = ("label", "^prefix", "client__name")
    ordering = ("-id",)
    actions = ("revoke_selected",)

    @admin.display(description="state")
    def state(self, key: ApiKey) -> SafeString:
        return badge("revoked", "danger") if key.revoked_at else badge("live", "success")

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("client", "label")
        return ("client", "label", "prefix", "state", "created_at", "revoked_at")

    def get_readonly_fields(
        self, request: HttpRequest, obj: ApiKey | None = None
    ) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("client", "prefix", "state", "created_at", "revoked_at")

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False  # revoked keys stay on record

    def save_model(
        self, request: HttpRequest, obj: ApiKey, form: ModelForm[ApiKey], change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        key, secret = issue_key(client=obj.client, label=obj.label)
        obj.pk, obj.prefix = key.pk, key.prefix
        messages.success(
            request, f"{secret} is the new key of {obj.client}. It is not shown again."
        )

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        # No redirect: the message is shown by this very response, so the secret never gets into
        # the cookie or the session that carries messages over a redirect.
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "API key issued",
        }
        return TemplateResponse(request, "trajectories/key_issued.html", context)

    @admin.action(description="Revoke", permissions=["change"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        keys = list(queryset.filter(revoked_at__isnull=True))
        for key in keys:
            revoke_key(key=key)
            self.log_change(request, key, "Revoked.")
        messages.success(
            request,
            f"Revoked: {len(keys)}. Requests with such a key are refused, by every web process "
            f"within {settings.KW_SIGN_IN_CACHE_S:g} s.",
        )
