"""What a person can say of an answer, as forms; they hold to the rules of the API's feedback."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from training.feedback.answer_words import StepWord, WorkerWord
from training.nets.roster import WORKERS
from trajectories import ratings
from trajectories.models import Feedback

Verdict = Feedback.Verdict
STARS = [(str(n), f"{n} of {ratings.BEST}") for n in range(1, ratings.BEST + 1)]
ANSWER_CHARS, COMMENT_CHARS = 20_000, 9_000  # a comment also says who made it


def _area(rows: int) -> forms.Textarea:
    area: forms.Textarea = UnfoldAdminTextareaWidget(attrs={"rows": rows})
    return area


class CommentForm(forms.Form):
    """Nothing but a comment, which may be left out."""

    comment = forms.CharField(required=False, max_length=COMMENT_CHARS, widget=_area(2))


class VerdictForm(CommentForm):
    """Right or wrong, a rating, and what would have been right."""

    verdict = forms.ChoiceField(
        required=False,
        label="The answer is",
        choices=[("", "---"), (Verdict.CORRECT, "right"), (Verdict.INCORRECT, "wrong")],
        widget=UnfoldAdminSelectWidget,
    )
    rating = forms.ChoiceField(
        required=False, choices=[("", "---"), *STARS], widget=UnfoldAdminSelectWidget
    )
    answer = forms.CharField(
        required=False,
        label="What would have been right",
        max_length=ANSWER_CHARS,
        strip=False,
        widget=_area(3),
        help_text="Only with a verdict or rating that denies the answer. It is trained on.",
    )
    field_order = ("verdict", "rating", "answer", "comment")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        verdict, rating = said.get("verdict", ""), int(said.get("rating") or 0)
        if not verdict and not rating:
            raise forms.ValidationError("Say whether it is right or wrong, or rate it.")
        denied = verdict == Verdict.INCORRECT or 0 < rating <= ratings.BAD_TO
        if (verdict == Verdict.CORRECT and 0 < rating <= ratings.BAD_TO) or (
            verdict == Verdict.INCORRECT and rating >= ratings.GOOD_FROM
        ):
            raise forms.ValidationError("The verdict and the rating contradict each other.")
        if said.get("answer") and not denied:
            raise forms.ValidationError("A right answer is for one that was wrong.")
        return said


class WorkerForm(forms.Form):
    """Whether the right worker answered, and who would have been."""

    worker = forms.ChoiceField(
        label="The worker was",
        choices=[("wrong", "the wrong one"), ("right", "the right one")],
        widget=UnfoldAdminSelectWidget,
    )
    suggested = forms.ChoiceField(
        required=False,
        label="Who is right",
        choices=[("", "nobody I could name"), *((name, name) for name in WORKERS)],
        widget=UnfoldAdminSelectWidget,
    )

    def word(self) -> WorkerWord:
        said = self.cleaned_data
        return WorkerWord(said["worker"] == "wrong", said["suggested"])


class StepForm(forms.Form):
    """A score of one step of the given answer."""

    position = forms.IntegerField(min_value=1, max_value=1_000, widget=forms.HiddenInput)
    rating = forms.ChoiceField(
        label="The step is worth", choices=[("", "---"), *STARS], widget=UnfoldAdminSelectWidget
    )

    def word(self) -> StepWord:
        """1 star is a score of 0, the most are 1."""
        said = self.cleaned_data
        return StepWord(said["position"], (int(said["rating"]) - 1) / (ratings.BEST - 1))
