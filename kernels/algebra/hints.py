"""Which values matter to a plan: those that its kernels and its expressions name."""

import re
from collections.abc import Iterable
from typing import Any

from kernels.algebra.plan import Composition, nodes_of
from kernels.conditions.kinds import Condition
from kernels.spec import KernelSpec

_QUOTED = re.compile(r""""((?:[^"\\]|\\.)+)"|'((?:[^'\\]|\\.)+)'""")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")


def cel_of(conditions: Iterable[Condition]) -> list[str]:
    """The expressions among conditions."""
    return [condition.expression for condition in conditions if condition.kind == "cel"]


def read_by(spec: KernelSpec) -> list[Any]:
    """What of a spec tells which values matter to it."""
    return [spec.input_schema, spec.output_schema]


def constants(composition: Composition, specs: Iterable[KernelSpec]) -> list[Any]:
    """The numbers and texts in the expressions of a plan and of its kernels' preconditions."""
    texts = [text for spec in specs for text in cel_of(spec.preconditions)]
    for node in nodes_of(composition.plan):
        texts += [node.when] if node.kind == "conditional" else []
        texts += [node.until] if node.kind == "loop" and node.until else []
    quoted = [one or two for text in texts for one, two in _QUOTED.findall(text)]
    return [*quoted, *(float(number) for text in texts for number in _NUMBER.findall(text))]
