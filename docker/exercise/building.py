"""Builds the stages of the Dockerfile as folders, with what each instruction can do here."""

import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from docker.exercise.container import BASE_PATH, Container, make_root
from docker.exercise.dockerfile import Instruction, Stage, assignments, expanded
from docker.exercise.failure import ExerciseFailure
from docker.exercise.requirements import closure, link_into, pins, read_requirements

RUN_S = 300.0
VENV = "opt/venv"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Image:
    """A stage as it is after some of its instructions."""

    root: Path
    environment: Mapping[str, str] = field(default_factory=lambda: {"PATH": BASE_PATH})
    arguments: Mapping[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    command: tuple[str, ...] = ()


class Builder:
    """Every stage once; `say` gets a line about each instruction that could not be run here."""

    def __init__(
        self, stages: Mapping[str, Stage], *, context: Path, scratch: Path, say: Say
    ) -> None:
        self._stages = stages
        self._context = context
        self._scratch = scratch
        self._say = say
        self._built: dict[str, Image] = {}

    def image(self, name: str) -> Image:
        if name not in self._built:
            self._built[name] = self._build(self._stages[name])
        return self._built[name]

    def _build(self, stage: Stage) -> Image:
        root = self._scratch / stage.name
        if stage.parent in self._stages:
            parent = self.image(stage.parent)
            shutil.copytree(parent.root, root, symlinks=True)
            _keep_owners(parent.root, root)
            image = replace(parent, root=root, arguments={})
        else:
            root.mkdir()
            make_root(root)
            image = Image(root)
            self._say(f"{stage.name}: {stage.parent} is not at hand; this machine stands for it")
        for instruction in stage.instructions:
            try:
                image = self._after(image, instruction, stage.name)
            except ExerciseFailure as failure:
                raise ExerciseFailure(
                    f"{stage.name}, line {instruction.line}: {failure}"
                ) from failure
        return image

    def _after(self, image: Image, instruction: Instruction, stage: str) -> Image:
        keyword, text = instruction.keyword, instruction.text
        known = {**image.arguments, **image.environment}
        if keyword == "ENV":
            changed = assignments(instruction, known)
            return replace(image, environment={**image.environment, **changed})
        if keyword == "ARG":
            return replace(image, arguments={**image.arguments, **assignments(instruction, known)})
        if keyword == "WORKDIR":
            (image.root / text.lstrip("/")).mkdir(parents=True, exist_ok=True)
            return replace(image, workdir=text)
        if keyword == "USER":
            return replace(image, user=expanded(text, known))
        if keyword == "CMD":
            return replace(image, command=tuple(instruction.command))
        if keyword == "COPY":
            self._copy(image, *instruction.words)
        if keyword == "RUN":
            self._run(image, text, stage)
        return image

    def _copy(self, image: Image, source: str, target: str) -> None:
        found = self._context / source
        if not found.exists():
            raise ExerciseFailure(f"COPY {source}: it is not in the context")
        at = image.root / Path(image.workdir.lstrip("/"), target)
        shutil.copytree(found, at, dirs_exist_ok=True)

    def _run(self, image: Image, text: str, stage: str) -> None:
        if "apt-get" in text:
            self._simulate_apt(text, stage)
        elif text.startswith("pip install"):
            self._link_packages(image, text, stage)
        else:
            self._run_inside(image, text)

    def _run_inside(self, image: Image, text: str) -> None:
        inside = Container(
            root=image.root,
            name="build",
            environment={**image.arguments, **image.environment, "HOME": "/root"},
            user=image.user,
            workdir=image.workdir,
        )
        ended = inside.run(["/bin/sh", "-c", text], within_s=RUN_S)
        if ended.returncode:
            raise ExerciseFailure(f"RUN {text}: exit code {ended.returncode}: {ended.stdout}")

    def _simulate_apt(self, text: str, stage: str) -> None:
        words = shlex.split(text.split("apt-get install", 1)[1].split("&&", 1)[0])
        here = Container(root=Path("/"), name="build", environment={"PATH": BASE_PATH})
        ended = here.run(["apt-get", "install", "--simulate", *words], within_s=RUN_S)
        packages = " ".join(word for word in words if not word.startswith("-"))
        if ended.returncode:
            self._say(
                f"{stage}: apt-get install {packages} is not known here: {ended.stdout[:200]}"
            )
        else:
            self._say(f"{stage}: apt-get install {packages} simulated")

    def _link_packages(self, image: Image, text: str, stage: str) -> None:
        words = shlex.split(text)
        folder = image.root / image.workdir.lstrip("/")
        files = [folder / after for word, after in pairwise(words) if word == "--requirement"]
        found = closure(
            [requirement for file in files for requirement in read_requirements(file)],
            pins(image.root / image.environment["PIP_CONSTRAINT"].lstrip("/")),
            with_dependencies="--no-deps" not in words,
        )
        link_into(image.root / VENV, found.values())
        names = ", ".join(file.name for file in files)
        self._say(
            f"{stage}: pip install of {names}: its {len(found)} distributions are those of "
            "this machine, in the pinned versions; nothing was downloaded"
        )


def _keep_owners(source: Path, copy: Path) -> None:
    """A copied tree belongs to who copies it, unless it is told."""
    for path in source.rglob("*"):
        found = path.lstat()
        if found.st_uid or found.st_gid:
            shutil.chown(copy / path.relative_to(source), found.st_uid, found.st_gid)
