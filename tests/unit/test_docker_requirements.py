"""What an image's `pip install` needs must be pinned, and here in the pinned version."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from docker.exercise.failure import ExerciseFailure
from docker.exercise.requirements import closure, link_into, pins
from kwsite.env import CHECKOUT

PINNED = pins(CHECKOUT / "requirements" / "constraints.txt")


def found(*wanted: str, alone: bool = False) -> set[str]:
    requirements = [Requirement(text) for text in wanted]
    return set(closure(requirements, PINNED, with_dependencies=not alone))


def test_dependencies_come_along() -> None:
    assert found("celery") >= {"celery", "kombu", "vine", "amqp", "billiard"}
    assert found("celery", alone=True) == {"celery"}


def test_extras_bring_their_own_dependencies() -> None:
    assert "psycopg-pool" not in found("psycopg")
    assert "psycopg-pool" in found("psycopg[pool]")


def test_what_is_for_another_system_is_left_out() -> None:
    assert found('celery; sys_platform == "win32"') == set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("celery==1.0", "is here, not celery==1.0"),
        ("nowhere-to-be-found", "is not pinned in requirements/constraints.txt"),
    ],
)
def test_what_is_not_as_pinned_is_refused(text: str, said: str) -> None:
    with pytest.raises(ExerciseFailure, match=said):
        found(text)


def test_what_is_pinned_and_not_here_is_refused() -> None:
    wanted = Requirement("nowhere-to-be-found")
    with pytest.raises(ExerciseFailure, match="is not installed here"):
        closure([wanted], {"nowhere-to-be-found": wanted}, with_dependencies=True)


def test_an_environment_has_what_is_linked_and_its_programs_alone(tmp_path: Path) -> None:
    site = tmp_path / "lib/python3.11/site-packages"
    (site / "vine").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    link_into(tmp_path, closure([Requirement("vine")], PINNED, with_dependencies=False).values())
    runtime = Requirement("pydantic-monty-runtime")
    link_into(tmp_path, closure([runtime], PINNED, with_dependencies=False).values())
    assert (site / "vine" / "promises.py").is_file()
    assert not (site / "celery").exists()
    assert [program.name for program in (tmp_path / "bin").iterdir()] == ["monty"]
