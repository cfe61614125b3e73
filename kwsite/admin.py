"""People, groups and the schedule in the admin: other apps' pages in the style of ours."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django_celery_beat.admin import (
    ClockedScheduleAdmin,
    CrontabScheduleAdmin,
    PeriodicTaskAdmin,
    PeriodicTaskForm,
    TaskSelectWidget,
)
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from trajectories.admin_base import ModelAdmin

admin.site.index_template = "dashboard/home.html"  # its figures: `kwsite.dashboard.home`

for model in (
    User,
    Group,
    PeriodicTask,
    IntervalSchedule,
    CrontabSchedule,
    SolarSchedule,
    ClockedSchedule,
):
    admin.site.unregister(model)


@admin.register(User)
class StyledUserAdmin(UserAdmin, ModelAdmin[User]):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class StyledGroupAdmin(GroupAdmin, ModelAdmin[Group]):
    pass


class _TaskWidget(UnfoldAdminSelectWidget, TaskSelectWidget):
    """Offers the tasks that the workers know."""


class _PeriodicTaskForm(PeriodicTaskForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = _TaskWidget()


@admin.register(PeriodicTask)
class StyledPeriodicTaskAdmin(PeriodicTaskAdmin, ModelAdmin[PeriodicTask]):
    """Its actions ask for the permission to change a task, and leave a history entry."""

    form = _PeriodicTaskForm

    @admin.action(description="Enable", permissions=["change"])
    def enable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        super().enable_tasks(request, queryset)
        self._keep(request, queryset, "Enabled.")

    @admin.action(description="Disable", permissions=["change"])
    def disable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        super().disable_tasks(request, queryset)
        self._keep(request, queryset, "Disabled.")

    @admin.action(description="Enable or disable, whichever it is not", permissions=["change"])
    def toggle_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        super().toggle_tasks(request, queryset)
        self._keep(request, queryset, "Enabled or disabled.")

    @admin.action(description="Run now", permissions=["change"])
    def run_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        super().run_tasks(request, queryset)
        self._keep(request, queryset, "Asked to run now.")

    def _keep(self, request: HttpRequest, queryset: QuerySet[PeriodicTask], message: str) -> None:
        for task in queryset:
            self.log_change(request, task, message)


@admin.register(IntervalSchedule, SolarSchedule)
class StyledScheduleAdmin(ModelAdmin[Model]):
    pass


@admin.register(CrontabSchedule)
class StyledCrontabAdmin(CrontabScheduleAdmin, ModelAdmin[CrontabSchedule]):
    pass


@admin.register(ClockedSchedule)
class StyledClockedAdmin(ClockedScheduleAdmin, ModelAdmin[ClockedSchedule]):
    pass
