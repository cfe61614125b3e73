"""Whether the collected static files are those of the installed packages and this checkout."""

from importlib.metadata import version
from pathlib import Path

from kwsite.env import CHECKOUT

PACKAGES = ("Django", "django-unfold", "django-ninja", "django-celery-beat")
STAMP = ".stamp"


def static_is_current(collected: Path) -> bool:
    stamp = collected / STAMP
    return stamp.exists() and stamp.read_text() == _sources()


def stamp_static(collected: Path) -> None:
    (collected / STAMP).write_text(_sources())


def _sources() -> str:
    installed = [f"{package} {version(package)}" for package in PACKAGES]
    own = [
        f"{file.relative_to(CHECKOUT)} {file.stat().st_mtime_ns}"
        for file in sorted(CHECKOUT.glob("*/static/**/*"))
        if file.is_file()
    ]
    return "\n".join([*installed, *own])
