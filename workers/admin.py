"""Pages of lower floors, with what people may do there that takes a worker's code."""

from django.contrib import admin

from training.models import NightlyPlan, NightlySettings
from trajectories.models import SearchRecord, Trajectory
from workers.judging_admin import JudgedSearchAdmin, JudgedTrajectoryAdmin
from workers.nightly.admin import NightlyPlanAdmin, NightlySettingsAdmin

admin.site.unregister((Trajectory, SearchRecord))
admin.site.register(Trajectory, JudgedTrajectoryAdmin)
admin.site.register(SearchRecord, JudgedSearchAdmin)
admin.site.register(NightlyPlan, NightlyPlanAdmin)
admin.site.register(NightlySettings, NightlySettingsAdmin)
