"""People, groups and the schedule in the admin: other apps' pages in the style of ours."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
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
    form = _PeriodicTaskForm


@admin.register(IntervalSchedule, SolarSchedule)
class StyledScheduleAdmin(ModelAdmin[Model]):
    pass


@admin.register(CrontabSchedule)
class StyledCrontabAdmin(CrontabScheduleAdmin, ModelAdmin[CrontabSchedule]):
    pass


@admin.register(ClockedSchedule)
class StyledClockedAdmin(ClockedScheduleAdmin, ModelAdmin[ClockedSchedule]):
    pass
