"""What goes to the container engine: what the images run on, and no secret."""

from pathlib import Path

import pytest

from docker.exercise.context import context_files, is_ignored, read_rules
from kwsite.env import CHECKOUT

RULES = read_rules((CHECKOUT / "docker" / "Dockerfile.dockerignore").read_text())


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".kw/secrets.json",
        ".venv/bin/python",
        "docker/secrets/database_url",
        "docker/.env",
        "tests/conftest.py",
        "clients/hook/README.md",
        "kwsite/__pycache__/settings.cpython-311.pyc",
        "kernels/reuse/__pycache__/x",
        "training/x.pyc",
        "README.md",
    ],
)
def test_it_stays_here(path: str) -> None:
    assert is_ignored(path, RULES)


@pytest.mark.parametrize(
    "path",
    ["manage.py", "requirements/base.txt", "kwsite/settings.py", "kernels/reuse/words/anew.txt"],
)
def test_it_goes_along(path: str) -> None:
    assert not is_ignored(path, RULES)


def test_the_last_rule_that_matches_decides() -> None:
    rules = read_rules("# why\n*\n!kept\nkept/secret*\n!kept/secret.txt\n**/*.log\n")
    found = {path: is_ignored(path, rules) for path in PATHS}
    assert found == {
        "other/a": True,
        "kept/a": False,
        "kept/secrets/a": True,
        "kept/secret.txt": False,
        "kept/deep/er.log": True,
        "kept/deep/er.logs": False,
    }


PATHS = (
    "other/a",
    "kept/a",
    "kept/secrets/a",
    "kept/secret.txt",
    "kept/deep/er.log",
    "kept/deep/er.logs",
)


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a").touch()
    (tmp_path / "kept" / "out").symlink_to("/etc")
    assert list(context_files(tmp_path, read_rules("*\n!kept\n"))) == ["kept/a"]
