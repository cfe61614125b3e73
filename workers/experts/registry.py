"""All experts by name. A module of this package whose name ends in `_expert` is one: nothing else
has to be told of it."""

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

import workers.experts
from trajectories.errors import KernelWeaveError
from workers.experts.expert import Expert

ENDING = "_expert"
FIRST = ("math", "code", "logic", "factual", "creative", "analysis")
DEPTHS = range(3, 11)
SIMULATIONS = range(5, 26)
FEWEST_EXAMPLES = 12


class UnusableExpert(KernelWeaveError):
    """An expert cannot be used as it is defined."""


def discovered(*packages: ModuleType) -> dict[str, Expert]:
    """The experts that the modules of these packages define: `FIRST` first, then by name.

    Raises UnusableExpert.
    """
    experts: dict[str, Expert] = {}
    for package in packages:
        for found in pkgutil.iter_modules(package.__path__):
            if not found.name.endswith(ENDING):
                continue
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            expert = getattr(module, "EXPERT", None)
            if not isinstance(expert, Expert):
                raise UnusableExpert(f"{module.__name__} defines no EXPERT")
            if expert.name in experts:
                raise UnusableExpert(f"{module.__name__}: {expert.name!r} is there already")
            experts[expert.name] = expert
    for expert in experts.values():
        _require_usable(expert, experts)
    return {name: experts[name] for name in sorted(experts, key=_place)}


def _place(name: str) -> tuple[int, str]:
    return (FIRST.index(name) if name in FIRST else len(FIRST), name)


def _require_usable(expert: Expert, known: Iterable[str]) -> None:
    """Raises UnusableExpert."""
    missing = sorted(set(expert.related) - set(known))
    faults = {
        f"{expert.name!r} is no lower-case word": not (
            expert.name.isidentifier() and expert.name.islower()
        ),
        f"related experts do not exist: {', '.join(missing)}": bool(missing),
        "it is related to itself": expert.name in expert.related,
        f"depth {expert.depth} is not in 3-10": expert.depth not in DEPTHS,
        f"simulations {expert.simulations} are not in 5-25": expert.simulations not in SIMULATIONS,
        f"cache threshold {expert.cache_threshold} is not in 0-1": not (
            0 < expert.cache_threshold <= 1
        ),
        f"fewer than {FEWEST_EXAMPLES} examples": len(set(expert.examples)) < FEWEST_EXAMPLES,
    }
    for fault, present in faults.items():
        if present:
            raise UnusableExpert(f"expert {expert.name}: {fault}")


EXPERTS: dict[str, Expert] = discovered(workers.experts)
