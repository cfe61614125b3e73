"""What our versions of the theme's templates need."""

from django import template
from django.contrib.admin.views.main import ChangeList

from kwsite.empty_states import NOBODY_WAITS, NOTHING_YET

register = template.Library()


@register.simple_tag
def nothing_yet(shown: ChangeList) -> str:
    """How the first row of a list comes about; empty where a search or filters leave none."""
    label, asked = shown.opts.label_lower, shown.get_filters_params()
    if not shown.query and set(asked) == {"state__exact"}:
        return NOBODY_WAITS.get((label, str(asked["state__exact"][-1])), "")
    if shown.query or shown.has_active_filters:
        return ""
    return NOTHING_YET.get(label, "Nothing has happened here yet.")
