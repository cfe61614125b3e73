"""The admin's base classes, typed: unfold's at run time, Django's (the same API) to the checker."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.http import HttpRequest

KEY_DIGITS = 18

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
else:
    from unfold import admin

    from trajectories.selection_admin import SelectionAdmin

    class _Subscriptable:
        """Lets `ModelAdmin[Run]` be written, as the type stubs want it."""

        def __class_getitem__(cls, models: Any) -> type:
            return cls

    class ModelAdmin(_Subscriptable, SelectionAdmin, admin.ModelAdmin):
        """unfold's, with a readable selection."""

    class TabularInline(_Subscriptable, admin.TabularInline):
        """unfold's."""


def user_of(request: HttpRequest) -> User:
    """Who is signed in."""
    assert isinstance(request.user, User)  # the admin lets nobody else in
    return request.user


__all__ = ["ModelAdmin", "TabularInline", "user_of"]


def is_key(text: str) -> bool:
    """Whether it may be the number of a row: longer ones are more than the database takes."""
    return text.isdecimal() and len(text) <= KEY_DIGITS
