"""CEL expressions: compiled once, refused when they use a function that is not there."""

import logging
import re
from functools import lru_cache
from typing import Any

import cel

from kernels.conditions.functions import FUNCTIONS
from kernels.conditions.isolated import run_isolated

logging.getLogger("cel").setLevel(logging.ERROR)  # a failure is the reason of a check already
NESTED_TIME_S = 1.0
MOST_NESTED = 3  # walks inside one another
LITTLE = 2_000**3  # (characters it can see)^2 x characters of the expression: about a second
OF_CEL = frozenset(
    (
        "bool",
        "bytes",
        "contains",
        "double",
        "duration",
        "endsWith",
        "int",
        "matches",
        "size",
        "startsWith",
        "string",
        "timestamp",
        "type",
        "uint",
    )
)


@lru_cache(maxsize=1024)
def program(expression: str) -> Any:
    """The compiled expression. Raises ValueError with the reason when it cannot be run."""
    try:
        compiled = cel.compile(expression)
    except Exception as error:  # the extension raises several types
        raise ValueError(f"not a CEL expression: {error}") from error
    named = {name for name in compiled.functions() if name.isidentifier()}
    if unknown := named - OF_CEL - set(FUNCTIONS):
        raise ValueError(f"no such CEL function: {', '.join(sorted(unknown))}")
    if (depth := _nested(expression)) > MOST_NESTED:
        raise ValueError(
            f"{depth} walks over lists inside one another (all, exists, exists_one, map, filter);"
            f" {MOST_NESTED} are the most"
        )
    return compiled


def run(expression: str, variables: dict[str, Any]) -> Any:
    """The value of an expression. Raises what CEL raises, and NoResult.

    Walks over lists may take for ever, inside each other or with `in`, so they run where they can
    be stopped; but for one walk over little: each step of it may look at everything once for every
    few characters of the expression.
    """
    walks = len(_WALK.findall(expression))
    if walks > 1 or (walks == 1 and len(str(variables)) ** 2 * len(expression) > LITTLE):
        return run_isolated(__name__, "run_here", expression, variables, within_s=NESTED_TIME_S)
    return run_here(expression, variables)


# The bare words: a comment or a line break between them and what they belong to hides nothing.
_WALK = re.compile(r"\b(?:all|exists|exists_one|map|filter)\b")


# What an expression is made of, as far as brackets count: those in texts and comments do not.
_PART = re.compile(
    r"""//[^\n]*
    | [bB]?[rR][bB]?(?:\"{3}.*?\"{3} | \'{3}.*?\'{3} | "[^"]*" | '[^']*')
    | [bB]?(?:\"{3}(?:\\.|[^\\])*?\"{3} | \'{3}(?:\\.|[^\\])*?\'{3}
        | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*')
    | (?P<word>\w+) | (?P<sign>[^\s\w])""",
    re.DOTALL | re.VERBOSE,
)


def _nested(expression: str) -> int:
    """How many walks are inside one another, at most."""
    brackets, last, most = list[bool](), "", 0  # of each open bracket, whether a walk began it
    for part in _PART.finditer(expression):
        if part["sign"] == "(":
            brackets.append(bool(_WALK.fullmatch(last)))
            most = max(most, sum(brackets))
        elif part["sign"] == ")" and brackets:
            brackets.pop()
        if not part.group().startswith("//"):
            last = part["word"] or ""
    return most


def run_here(expression: str, variables: dict[str, Any]) -> Any:
    """`run`, in this process and without a limit."""
    context = cel.Context(variables)
    for name in _own_functions(expression):
        context.add_function(name, FUNCTIONS[name])
    return program(expression).execute(context)


@lru_cache(maxsize=1024)
def _own_functions(expression: str) -> tuple[str, ...]:
    """Those of ours that it uses: to add one takes as long as a small expression."""
    return tuple(name for name in program(expression).functions() if name in FUNCTIONS)
