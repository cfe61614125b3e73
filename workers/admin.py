"""Pages of lower floors, with what people may do there that takes a worker's code."""

from django.contrib import admin

from trajectories.models import SearchRecord, Trajectory
from workers.judging_admin import JudgedSearchAdmin, JudgedTrajectoryAdmin

admin.site.unregister((Trajectory, SearchRecord))
admin.site.register(Trajectory, JudgedTrajectoryAdmin)
admin.site.register(SearchRecord, JudgedSearchAdmin)
