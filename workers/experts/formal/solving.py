"""What premises say of a claim, by z3: for a process of its own, which has limits."""

from typing import Any

import z3

TIME_MS = 1_000


class Undecided(ValueError):
    """z3 gave up."""


def outcomes(readings: list[list[Any]], claim: Any) -> list[str]:
    """For each reading of the premises: `entailed`, `refuted`, `open`, or `contradictory`."""
    return [_outcome([_formula(f) for f in premises], _formula(claim)) for premises in readings]


def _outcome(premises: list[z3.BoolRef], claim: z3.BoolRef) -> str:
    may_hold = _is_possible([*premises, claim])
    may_fail = _is_possible([*premises, z3.Not(claim)])
    if may_hold and may_fail:
        return "open"
    if may_hold:
        return "entailed"
    return "refuted" if may_fail else "contradictory"


def _is_possible(formulas: list[z3.BoolRef]) -> bool:
    solver = z3.Solver()
    solver.set("timeout", TIME_MS)
    solver.add(*formulas)
    found = solver.check()
    if found == z3.unknown:
        raise Undecided(solver.reason_unknown())
    return bool(found == z3.sat)


def _formula(formula: Any) -> z3.BoolRef:
    kind, *rest = formula
    if kind == "atom":
        return z3.Bool(rest[0])
    if kind == "less":
        return z3.Int(rest[0]) < z3.Int(rest[1])
    parts = [_formula(part) for part in rest]
    if kind == "not":
        return z3.Not(parts[0])
    if kind == "and":
        return z3.And(*parts)
    if kind == "or":
        return z3.Or(*parts)
    if kind == "implies":
        return z3.Implies(*parts)
    if kind == "iff":
        return parts[0] == parts[1]
    raise ValueError(f"no formula: {kind}")
