"""The values that a plan computes between kernels: objects from templates, and yes or no."""

import json
from typing import Any

from kernels.algebra.plan import Template
from kernels.conditions.expressions import run
from kernels.verify import require_text
from trajectories.errors import KernelWeaveError


class NoValue(KernelWeaveError):
    """An expression of the plan has no value here."""


def build(template: Template, variables: dict[str, Any]) -> dict[str, Any]:
    """The object that a template describes. Raises NoValue."""
    return {name: value_of(expression, variables) for name, expression in template.items()}


def holds(expression: str, variables: dict[str, Any]) -> bool:
    """Whether a condition is true. Raises NoValue, also when it is neither true nor false."""
    value = value_of(expression, variables)
    if not isinstance(value, bool):
        raise NoValue(f"{expression}: gives {type(value).__name__}, not true or false")
    return value


def value_of(expression: str, variables: dict[str, Any]) -> Any:
    """The JSON value of an expression. Raises NoValue: dates, bytes and infinity are no JSON.

    Nor is a text one that cannot be stored: with NUL, or half a surrogate.
    """
    try:
        value = json.loads(json.dumps(run(expression, variables), allow_nan=False))
        require_text(value)
        return value
    except Exception as error:  # whatever CEL raises, there is no value
        raise NoValue(f"{expression}: {str(error)[:300]}") from error
