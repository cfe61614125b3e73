"""Quick rating: one open question after the other, answered by a key or a click."""

from typing import Any

from django.http import HttpRequest

from kwsite.dashboard.labelling_answers import answer
from kwsite.dashboard.labelling_cards import (
    disagreement_card,
    label_card,
    next_disagreement,
    next_label,
)
from kwsite.dashboard.page import AdminPage
from training.labels.disagreement import last_resolved
from training.labels.models import LabelItem
from training.labels.reviews_admin import open_reviews
from training.labels.selection import WAYS
from training.labels.taking_back import last_label
from trajectories.admin_base import is_key, user_of

SIZES = (5, 10, 20, 50)
USUAL_SIZE = 10


def context(request: HttpRequest) -> dict[str, Any]:
    """`show=disagreements` asks of those; `after` leaves all up to a row for later."""
    user = user_of(request)
    may_review = request.user.has_perm("training.view_reviewitem")
    reviews = may_review and request.GET.get("show") == "disagreements"
    asked = request.GET.get("after", "")
    after = int(asked) if is_key(asked) else 0
    shared = {
        "may_review": may_review,
        "reviews": reviews,
        "open_labels": LabelItem.objects.filter(state=LabelItem.State.OPEN).count(),
        "open_reviews": open_reviews(request),
        "after": after,
        "ways": WAYS,
        "sizes": SIZES,
        "usual_size": USUAL_SIZE,
        "newest": LabelItem.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
        "may_label": request.user.has_perm("training.change_labelitem"),
        "may_ask": request.user.has_perm("training.add_labelitem"),
        "may_resolve": request.user.has_perm("training.change_reviewitem"),
    }
    if reviews:
        found = next_disagreement(after)
        last = last_resolved(user)
        return {**shared, "review": disagreement_card(found) if found else None, "last": last}
    item = next_label(after)
    return {
        **shared,
        "card": label_card(item) if item else None,
        "last": last_label(user),
    }


PAGE = AdminPage(
    route="console/labelling/",
    name="labelling",
    title="Quick rating",
    template="dashboard/labelling.html",
    permissions=("training.view_labelitem",),
    context=context,
    post=answer,
)
