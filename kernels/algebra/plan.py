"""A composition as data: kernels in sequence, in parallel, under a condition, in a loop (row KW12).

Every node takes an object and gives an object. What a node takes is decided by the node around it:

- the first step of a sequence takes what the sequence takes, each other step what the one before
  gave; the branches of a parallel, both branches of a conditional and the first turn of a loop take
  what their parent takes; a later turn takes what the turn before gave;
- a node with an `input` template takes the object that the template builds instead: CEL for each
  property, over `input` (what the parent took) and `outputs` (what the earlier steps of the same
  sequence gave, by their names).

So a node sees nothing but its parent and its elder siblings, and any composition can stand inside
another as it is. A kernel that takes such an object is bound to it by `inputs.bound_input`.

A parallel gives the properties of all its branches; a branch with a name gives its output under
that name. A conditional that does not hold and has no `otherwise` gives what it took.

A node that fails leaves nothing behind: what was finished inside it is rolled back, the last first.
The strategies differ in when it fails.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from kernels.conditions.expressions import program
from kernels.conditions.kinds import MAX_EXPRESSION_CHARS, require_schema
from kernels.spec import digest_of

MAX_NODES = 100
MAX_DEPTH = 12
MAX_LOOP_DEPTH = 3  # the check looks at a loop's body a few times, for each loop around it
MAX_VISITS = 2_000  # of nodes in one run, at the worst
_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*(\w+)\s*,")


def _over(*roots: str) -> AfterValidator:
    def looks_at_nothing_else(expression: str) -> str:
        seen = set(program(expression).variables()) - set(_BOUND.findall(expression))
        if unknown := seen - set(roots):
            raise ValueError(f"{', '.join(sorted(unknown))}: there is only {' and '.join(roots)}")
        return expression

    return AfterValidator(looks_at_nothing_else)


_Text = Annotated[str, Field(min_length=1, max_length=MAX_EXPRESSION_CHARS)]
Template = dict[str, Annotated[_Text, _over("input", "outputs")]]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AllOrNothing(_Value):
    """The first failure fails the node."""

    kind: Literal["all_or_nothing"] = "all_or_nothing"


class BestEffort(_Value):
    """A parallel gives what its good branches gave; a sequence what its last good step gave.

    The node fails when there is none.
    """

    kind: Literal["best_effort"] = "best_effort"


class CircuitBreaker(_Value):
    """What failed is tried again, until the node has seen `after` failures of all it holds."""

    kind: Literal["circuit_breaker"] = "circuit_breaker"
    after: int = Field(default=3, ge=1, le=20)


Strategy = Annotated[AllOrNothing | BestEffort | CircuitBreaker, Field(discriminator="kind")]


class _Node(_Value):
    name: str | None = Field(default=None, pattern=_NAME, max_length=100)
    input: Template | None = None


class KernelRef(_Node):
    """One version of a kernel: its name, and the digest of its spec."""

    kind: Literal["kernel"] = "kernel"
    kernel: str = Field(min_length=1, max_length=100)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


class Sequence(_Node):
    """One step after the other. `output` builds what it gives, if not the last step's output."""

    kind: Literal["sequence"] = "sequence"
    steps: tuple["Node", ...] = Field(min_length=1, max_length=32)
    output: Template | None = None
    strategy: Strategy = AllOrNothing()

    @model_validator(mode="after")
    def hangs_together(self) -> "Sequence":
        _require_distinct(self.steps)
        if self.output is not None and self.strategy.kind == "best_effort":
            raise ValueError("a best-effort sequence gives its last good step's output, no other")
        return self


class Parallel(_Node):
    """All branches at the same time, each on the same input."""

    kind: Literal["parallel"] = "parallel"
    branches: tuple["Node", ...] = Field(min_length=1, max_length=16)
    strategy: Strategy = AllOrNothing()

    @model_validator(mode="after")
    def hangs_together(self) -> "Parallel":
        _require_distinct(self.branches)
        return self


class Conditional(_Node):
    """One branch or the other: `when` is CEL over `input`, true or false."""

    kind: Literal["conditional"] = "conditional"
    when: Annotated[_Text, _over("input")]
    then: "Node"
    otherwise: "Node | None" = None


class Loop(_Node):
    """The body again and again: `until` is CEL over `input` and `output` of the turn.

    Without `until` it makes `at_most` turns; with it, it fails when none of them got there.
    """

    kind: Literal["loop"] = "loop"
    body: "Node"
    until: Annotated[_Text, _over("input", "output")] | None = None
    at_most: int = Field(ge=1, le=100)


Node = Annotated[KernelRef | Sequence | Parallel | Conditional | Loop, Field(discriminator="kind")]


class Composition(_Value):
    """A plan with a name; its digest is its identity. Other compositions are in it by value.

    `input_schema` says what it takes; without one, any prompt that all its first kernels take.
    """

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)
    description: str = ""
    input_schema: dict[str, Any] | None = None
    plan: Node

    @field_validator("input_schema")
    @classmethod
    def is_schema(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        if schema is not None:
            require_schema(schema)
        return schema

    @field_validator("plan")
    @classmethod
    def is_of_bounded_size(cls, plan: Node) -> Node:
        if len(nodes_of(plan)) > MAX_NODES:
            raise ValueError(f"more than {MAX_NODES} nodes")
        if _depth(plan) > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} deep")
        if _loop_depth(plan) > MAX_LOOP_DEPTH:
            raise ValueError(f"loops nested more than {MAX_LOOP_DEPTH} deep")
        if most_visits(plan) > MAX_VISITS:
            raise ValueError(f"a run could take more than {MAX_VISITS} steps")
        return plan

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the composition in canonical JSON."""
        return digest_of(self.model_dump(mode="json"))

    @property
    def kernels(self) -> tuple[KernelRef, ...]:
        """All kernels it may run, in the order of the plan."""
        return tuple(node for node in nodes_of(self.plan) if node.kind == "kernel")


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside a node, in order."""
    match node:
        case Sequence():
            return node.steps
        case Parallel():
            return node.branches
        case Conditional():
            return (node.then, *([node.otherwise] if node.otherwise else []))
        case Loop():
            return (node.body,)
        case KernelRef():
            return ()


def nodes_of(node: Node) -> tuple[Node, ...]:
    """A node and all nodes inside it, outer ones first."""
    return (node, *(inner for child in children(node) for inner in nodes_of(child)))


def most_visits(node: Node) -> int:
    """How many nodes a run may come by at most, every turn of a loop and every try counted."""
    inside = [most_visits(child) for child in children(node)]
    if isinstance(node, Loop):
        return 1 + node.at_most * sum(inside)
    strategy = getattr(node, "strategy", None)
    tries = strategy.after - 1 if isinstance(strategy, CircuitBreaker) else 0
    return 1 + sum(inside) + tries * max(inside, default=0)


def _depth(node: Node) -> int:
    return 1 + max((_depth(child) for child in children(node)), default=0)


def _loop_depth(node: Node) -> int:
    inside = max((_loop_depth(child) for child in children(node)), default=0)
    return inside + (1 if isinstance(node, Loop) else 0)


def _require_distinct(nodes: tuple[Node, ...]) -> None:
    names = [node.name for node in nodes if node.name]
    if len(set(names)) < len(names):
        raise ValueError("two nodes side by side have the same name")
