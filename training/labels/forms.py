"""The forms of the labelling queue."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget

from training.labels.models import LabelItem
from training.nets.roster import WORKERS

STEP = "step_"


class RightWorkerForm(forms.ModelForm[LabelItem]):
    """Who should have answered."""

    right_worker = forms.ChoiceField(
        choices=[("", "---"), *((name, name) for name in WORKERS)],
        widget=UnfoldAdminSelectWidget,
        help_text="Also the one that answered, if it is right.",
    )

    class Meta:
        model = LabelItem
        fields: tuple[str, ...] = ()


class StepScoresForm(forms.ModelForm[LabelItem]):
    """A score for some steps, at least one."""

    class Meta:
        model = LabelItem
        fields: tuple[str, ...] = ()

    def scores(self) -> dict[int, float]:
        """By positions from 1."""
        return {
            int(name.removeprefix(STEP)): score
            for name, score in self.cleaned_data.items()
            if name.startswith(STEP) and score is not None
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.scores():
            raise forms.ValidationError("Score at least one step.")
        return cleaned


def steps_form(count: int) -> type[StepScoresForm]:
    """The form for an answer of so many steps."""
    fields = {name: _score_field(number) for number, name in enumerate(step_names(count), 1)}
    return type("StepScoresForm", (StepScoresForm,), fields)


def step_names(count: int) -> list[str]:
    return [f"{STEP}{number}" for number in range(1, count + 1)]


def _score_field(number: int) -> forms.FloatField:
    return forms.FloatField(
        label=f"Step {number}",
        min_value=0,
        max_value=1,
        required=False,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="0 (leads astray) to 1 (right); empty: no score.",
    )
