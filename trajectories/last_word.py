"""The last word that was said about an answer, and what would have been right, inside a query."""

from django.db.models import BooleanField, Case, OuterRef, Subquery, Value, When

from trajectories.models import Feedback


def last_word(trajectory: str) -> Subquery:
    """Whether the last feedback approves; null where there is none, or it says neither.

    `trajectory` names the outer query's column. The order is that of `Feedback.approves`.
    """
    said = Case(
        When(verdict=Feedback.Verdict.INCORRECT, then=Value(False)),
        When(Feedback.APPROVALS, then=Value(True)),
        When(Feedback.DENIALS, then=Value(False)),
        output_field=BooleanField(),
    )
    last = Feedback.objects.filter(trajectory=OuterRef(trajectory)).order_by("-created_at")
    return Subquery(last.annotate(said=said).values("said")[:1])


def right_answer(trajectory: str) -> Subquery:
    """What was last said to be right, where the last feedback says so; else null or empty."""
    last = Feedback.objects.filter(trajectory=OuterRef(trajectory)).order_by("-created_at")
    return Subquery(last.values("answer")[:1])
