"""The admin's base classes, typed: unfold's at run time, Django's (the same API) to the checker."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
else:
    from unfold import admin

    class _Subscriptable:
        """Lets `ModelAdmin[Run]` be written, as the type stubs want it."""

        def __class_getitem__(cls, models: Any) -> type:
            return cls

    class ModelAdmin(_Subscriptable, admin.ModelAdmin):
        """unfold's."""

    class TabularInline(_Subscriptable, admin.TabularInline):
        """unfold's."""


__all__ = ["ModelAdmin", "TabularInline"]
