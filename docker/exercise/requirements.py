"""What `pip install` would bring into an image: the distributions, found installed here."""

import shutil
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from docker.exercise.failure import ExerciseFailure


def read_requirements(file: Path) -> list[Requirement]:
    lines = (line.split("#", 1)[0].strip() for line in file.read_text().splitlines())
    return [Requirement(line) for line in lines if line]


def pins(constraints: Path) -> dict[str, Requirement]:
    return {canonicalize_name(pin.name): pin for pin in read_requirements(constraints)}


def closure(
    wanted: Iterable[Requirement], pinned: dict[str, Requirement], *, with_dependencies: bool
) -> dict[str, Distribution]:
    """Distributions by name; raises where one is not here, or not as the files pin it."""
    found: dict[str, Distribution] = {}
    waiting = [(requirement, "") for requirement in wanted]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement, asked_by = waiting.pop()
        name = canonicalize_name(requirement.name)
        if not _applies(requirement) or (name, frozenset(requirement.extras)) in seen:
            continue
        seen.add((name, frozenset(requirement.extras)))
        found[name] = _installed(requirement, pinned.get(name), asked_by)
        if with_dependencies:
            waiting += [(needed, name) for needed in _needed(found[name], requirement.extras)]
    return found


def link_into(venv: Path, distributions: Iterable[Distribution]) -> None:
    """Makes the distributions importable in `venv`, and none that stands beside them here.

    Their programs come along, but for scripts, whose first line names another interpreter.
    """
    site = venv / "lib/python3.11/site-packages"
    for found in distributions:
        here = Path(str(found.locate_file(""))).resolve()
        for top in {Path(file).parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            if (site / top).is_symlink():
                continue  # a namespace that several distributions share
            # What a new virtual environment brings gives way.
            if (site / top).is_dir():
                shutil.rmtree(site / top)
            (site / top).unlink(missing_ok=True)
            (site / top).symlink_to(here / top)
        for file in found.files or ():
            program = (here / file).resolve()
            if program.parent.name == "bin" and file.parts[0] == ".." and _is_binary(program):
                (venv / "bin" / program.name).symlink_to(program)


def _is_binary(program: Path) -> bool:
    with program.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _installed(requirement: Requirement, pin: Requirement | None, asked_by: str) -> Distribution:
    for_whom = f", which {asked_by} needs" if asked_by else ""
    if pin is None:
        raise ExerciseFailure(
            f"{requirement.name}{for_whom} is not pinned in requirements/constraints.txt"
        )
    try:
        found = distribution(requirement.name)
    except PackageNotFoundError:
        raise ExerciseFailure(f"{requirement}{for_whom} is not installed here") from None
    for rule in (requirement, pin):
        if not rule.specifier.contains(found.version, prereleases=True):
            raise ExerciseFailure(f"{requirement.name} {found.version} is here, not {rule}")
    return found


def _needed(found: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    for line in found.requires or ():
        requirement = Requirement(line)
        if any(_applies(requirement, extra) for extra in ("", *extras)):
            requirement.marker = None
            yield requirement


def _applies(requirement: Requirement, extra: str = "") -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})
