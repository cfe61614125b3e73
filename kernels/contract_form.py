"""The form of an edited contract: conditions as JSON, compiled before they are taken."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget

from kernels.editing import EDITED, mistakes_in
from kernels.models import KernelVersion

MOST_CHARS = 200_000


class ConditionsField(forms.CharField):
    """A JSON list of conditions; what is wrong is said with its place."""

    def __init__(self, **kwargs: Any) -> None:
        area = UnfoldAdminTextareaWidget(
            attrs={"rows": 18, "spellcheck": "false", "style": "font-family: monospace"}
        )
        super().__init__(max_length=MOST_CHARS, widget=area, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            conditions = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"Not JSON: {error}") from error
        if not isinstance(conditions, list):
            raise ValidationError("A list of conditions is wanted; an empty one is [].")
        if wrong := mistakes_in(conditions):
            raise ValidationError(wrong)
        return conditions


class ContractForm(forms.Form):
    """What must hold before and after, and why it is changed."""

    preconditions = ConditionsField(help_text="On `input`: when the kernel applies.")
    postconditions = ConditionsField(help_text="On `output`: when its answer is accepted.")
    reason = forms.CharField(max_length=2_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


def contract_form(version: KernelVersion, data: Any = None) -> ContractForm:
    """Filled with the contract as it is."""
    initial = {
        name: json.dumps(version.spec.get(name, []), indent=2, ensure_ascii=False)
        for name in EDITED
    }
    return ContractForm(data, initial=initial)
