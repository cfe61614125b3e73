"""The order of tests for several processes: whole-stack tests spread among the others.

They keep both cores busy while much of another test is waiting, so two of them at a time take
longest.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.sharing import unit_of

HEAVY = ("e2e", "browser")
TESTS = Path(__file__).parent


def mixed(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests of each unit together and in their order."""
    units: dict[str, list[pytest.Item]] = {}
    for item in items:
        units.setdefault(unit_of(item.nodeid), []).append(item)
    heavy = [own for own in units.values() if _folder(own) in HEAVY]
    light = [own for own in units.values() if _folder(own) not in HEAVY]
    return [item for own in _spread(heavy, light) for item in own]


def _folder(own: Sequence[pytest.Item]) -> str:
    return own[0].path.relative_to(TESTS).parts[0]


def _spread(
    heavy: Sequence[list[pytest.Item]], light: Sequence[list[pytest.Item]]
) -> Iterator[list[pytest.Item]]:
    given = 0
    for place, own in enumerate(heavy):
        yield own
        upto = len(light) * (place + 1) // len(heavy)
        yield from light[given:upto]
        given = upto
    yield from light[given:]
