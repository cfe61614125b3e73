"""Imports a folder of SKILL.md files: what is new or changed is embedded, bad ones are reported."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from kernels.encoder import embed_all, encoder_digest
from kernels.skill_models import Skill, SkillVector
from kernels.skills.skill_file import MOST_FILE_BYTES, BadSkillFile, SkillFile, read_skill
from trajectories.models import Client

FILE = "skill.md"


@dataclass(frozen=True)
class BadFile:
    """A file that was left out, and why."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


@dataclass
class ImportReport:
    """Names of skills by what became of them."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    pruned: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # their files are, and they are not pruned
    cut: dict[str, int] = field(default_factory=dict)  # texts beyond the limits, by skill
    bad: list[BadFile] = field(default_factory=list)


def skill_files(folder: Path) -> list[Path]:
    """Every SKILL.md below the folder, in the order of their paths. Links are not followed."""
    return sorted(_walk(folder))


def import_skills(
    *,
    folder: Path,
    client: Client | None,
    prune: bool,
    advance: Callable[[], object] = lambda: None,
) -> ImportReport:
    """Each file is stored by itself, all of it or nothing; `advance` is told of each."""
    root, report = folder.resolve(), ImportReport()
    paths: dict[str, Path] = {}
    for path in skill_files(root):
        try:
            skill = read_skill(_bytes(path))
            if skill.name in paths:
                raise BadSkillFile(2, f"{paths[skill.name]} has the same name")
            paths[skill.name] = path
            _store(skill, path, client, report)
        except BadSkillFile as error:
            report.bad.append(BadFile(str(path), error.line, error.detail))
        advance()
    _end_missing(root, set(paths), client, prune, report)
    return report


def _walk(folder: Path) -> Iterator[Path]:
    for at, _, names in os.walk(folder):
        for name in names:
            if name.lower() == FILE and not (path := Path(at) / name).is_symlink():
                yield path


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        raise BadSkillFile(1, f"it cannot be read: {error.strerror}") from error


def _store(read: SkillFile, path: Path, client: Client | None, report: ImportReport) -> None:
    """Raises BadSkillFile where the path is too long to keep."""
    if len(str(path)) > 1000:
        raise BadSkillFile(1, "its path has more than 1,000 characters")
    known = Skill.objects.filter(client=client, name=read.name).first()
    same = known is not None and known.digest == read.digest and _embedded(known)
    texts = [] if same else list(read.texts())
    vectors = embed_all([text for _, text in texts]) if texts else []
    values = {
        "digest": read.digest,
        "intent": read.description,
        "steps": list(read.steps),
        "gotchas": list(read.gotchas),
        "triggers": list(read.triggers),
        "patterns": list(read.patterns),
        "text": read.text,
        "source_path": str(path),
        "active": True,
    }
    with transaction.atomic():
        skill, made = Skill.objects.update_or_create(client=client, name=read.name, defaults=values)
        if not same:
            skill.vectors.filter(trajectory=None).delete()
            SkillVector.objects.bulk_create(
                SkillVector(
                    skill=skill,
                    part=part,
                    text=text,
                    embedding=vector,
                    encoder_digest=encoder_digest(),
                )
                for (part, text), vector in zip(texts, vectors, strict=True)
            )
            _embed_learned_again(skill)
    kind = "added" if made else "unchanged" if same and known and known.active else "changed"
    getattr(report, kind).append(read.name)
    if read.left_out:
        report.cut[read.name] = read.left_out


def _embed_learned_again(skill: Skill) -> None:
    """Prompts that it was seen to do well on stay; another encoder's vectors are made anew."""
    stale = list(skill.vectors.exclude(encoder_digest=encoder_digest()))
    if not stale:
        return
    for row, vector in zip(stale, embed_all([row.text for row in stale]), strict=True):
        row.embedding, row.encoder_digest = vector, encoder_digest()
    SkillVector.objects.bulk_update(stale, ["embedding", "encoder_digest"])


def _embedded(skill: Skill) -> bool:
    return skill.vectors.filter(trajectory=None, encoder_digest=encoder_digest()).exists()


def _end_missing(
    root: Path, names: set[str], client: Client | None, prune: bool, report: ImportReport
) -> None:
    """A skill is missing when no file below the folder has its name, and none is unreadable."""
    unread = {bad.path for bad in report.bad}
    below = Skill.objects.filter(client=client, active=True).exclude(name__in=names)
    missing = [
        skill
        for skill in below.only("name", "source_path")
        if Path(skill.source_path).is_relative_to(root) and skill.source_path not in unread
    ]
    if prune:
        Skill.objects.filter(pk__in=[skill.pk for skill in missing]).update(active=False)
    (report.pruned if prune else report.gone).extend(skill.name for skill in missing)
