"""The admin's base classes, typed: unfold's at run time, Django's (the same API) to the checker."""

from typing import TYPE_CHECKING, Any

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


__all__ = ["ModelAdmin", "TabularInline"]
