"""A plan as lines of text that a person reads from top to bottom."""

from collections.abc import Iterator

from kernels.algebra.plan import (
    Conditional,
    KernelRef,
    Loop,
    Node,
    Parallel,
    Sequence,
    Strategy,
    Template,
)


def drawn(node: Node) -> str:
    """The plan as a tree, one node a line; what a node takes or gives in its own way below it."""
    return "\n".join(_lines(node, ""))


def _lines(node: Node, role: str) -> Iterator[str]:
    name = f"{node.name}: " if node.name else ""
    yield f"{role}{name}{_title(node)}"
    children = _children(node)
    output = node.output if isinstance(node, Sequence) else None
    if node.input is not None:
        yield f"{'│' if children else ' '}  takes {_template(node.input)}"
    for number, (child_role, child) in enumerate(children):
        last = number == len(children) - 1 and output is None
        first, *rest = _lines(child, child_role)
        yield f"{'└─' if last else '├─'} {first}"
        yield from (f"{'   ' if last else '│  '}{line}" for line in rest)
    if output is not None:
        yield f"└─ gives {_template(output)}"


def _title(node: Node) -> str:
    match node:
        case KernelRef():
            return f"{node.kernel} ({node.digest[:8]})"
        case Sequence():
            return f"one after the other{_strategy(node.strategy)}"
        case Parallel():
            return f"at the same time{_strategy(node.strategy)}"
        case Conditional():
            return f"if {node.when}"
        case Loop(until=None):
            return f"{node.at_most} times"
        case Loop():
            return f"until {node.until}, at most {node.at_most} times"


def _children(node: Node) -> list[tuple[str, Node]]:
    match node:
        case Sequence():
            return [(f"{number}. ", step) for number, step in enumerate(node.steps, 1)]
        case Parallel():
            return [("", branch) for branch in node.branches]
        case Conditional():
            otherwise = [("otherwise ", node.otherwise)] if node.otherwise else []
            return [("then ", node.then), *otherwise]
        case Loop():
            return [("", node.body)]
        case KernelRef():
            return []


def _strategy(strategy: Strategy) -> str:
    match strategy.kind:
        case "all_or_nothing":
            return "; the first failure undoes all"
        case "best_effort":
            return "; as far as it goes"
        case "circuit_breaker":
            return f"; tried again until {strategy.after} failures, which undo all"


def _template(template: Template) -> str:
    return "{" + ", ".join(f"{name}: {text}" for name, text in template.items()) + "}"
