"""What our versions of the theme's templates need."""

from django import template
from django.contrib.admin.views.main import ChangeList

from kwsite.empty_states import NOTHING_YET

register = template.Library()


@register.simple_tag
def nothing_yet(shown: ChangeList) -> str:
    """How the first row of a list comes about; empty where filters leave none of them."""
    if shown.query or shown.has_active_filters:
        return ""
    return NOTHING_YET.get(shown.opts.label_lower, "Nothing has happened here yet.")
