"""Whether two mathematical expressions are equal, by symbolic algebra (math-verify on SymPy)."""

from kernels.conditions.isolated import NoResult, run_isolated

TIME_S = 2.0
MAX_CHARS = 4_000
SYMBOLIC = "kernels.conditions.symbolic"  # by name: SymPy stays out of this process


def equal(expected: str, found: str) -> bool:
    """Whether `found` (a number, LaTeX, or a sentence with one) equals `expected`.

    Raises NoResult, also when `expected` cannot be read.
    """
    if max(len(expected), len(found)) > MAX_CHARS:
        raise NoResult(f"more than {MAX_CHARS} characters")
    return bool(run_isolated(SYMBOLIC, "equal", expected, found, within_s=TIME_S))
