"""How CEL names a property of the output, and how it writes a value."""

import json
import re
from typing import Any

_RESERVED = frozenset(("as", "break", "const", "continue", "else", "false", "for", "function"))
_RESERVED |= {"if", "import", "in", "let", "loop", "namespace", "null", "package", "return"}
_RESERVED |= {"true", "var", "void", "while"}


def output_path(name: str) -> str:
    """The CEL expression for a property of the output, whatever its name."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name not in _RESERVED
    return f"output.{name}" if plain else f"output[{literal(name)}]"


def literal(value: Any) -> str:
    """A JSON value as CEL."""
    return json.dumps(value, ensure_ascii=False)


def nearly_equal(value: str, expected: str) -> str:
    """Two numbers agree: off by a billionth at most, or by what adding floats costs near 0."""
    off = f"(double({value}) - double({expected}))"
    most = f"double({expected}) * double({expected})"
    return f"{off} * {off} <= 1e-18 * {most} + 1e-30"
