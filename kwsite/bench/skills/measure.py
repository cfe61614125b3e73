"""Which skill patterns and vectors choose for labelled prompts, with the real encoder.

`suite/skills` are ten SKILL.md files with triggers and patterns as authors write them; `dev.jsonl`
was looked at to set `KW_SKILL_MIN_COSINE`, `heldout.jsonl` was not. A prompt without a skill is
right when none is chosen.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kernels.encoder import Vector, embed_all
from kernels.skills.patterns import Patterned, regex_choice
from kernels.skills.ranking import BestPart, Ranked, ranked, vector_choice
from kernels.skills.skill_file import SkillFile, read_skill

SUITE = Path(__file__).parent / "suite"
PARTS = ("dev", "heldout")
FLOORS = (0.0, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)


@dataclass(frozen=True)
class Labelled:
    prompt: str
    skill: str | None


@dataclass(frozen=True)
class Chosen:
    """Prompts of one part, by one chooser, and how many it chose rightly for."""

    part: str
    chooser: str
    with_skill: int
    right: int  # the right skill
    wrong: int  # another skill
    without: int
    silent: int  # rightly none

    @property
    def top1(self) -> float:
        return self.right / self.with_skill

    @property
    def accuracy(self) -> float:
        return (self.right + self.silent) / (self.with_skill + self.without)


def measure_skills(min_cosine: float, advance: Callable[[], object]) -> list[Chosen]:
    """Patterns, vectors that always choose, and vectors with several floors."""
    skills = [read_skill(path.read_bytes()) for path in sorted(SUITE.glob("skills/*/SKILL.md"))]
    patterned = [Patterned(skill.name, skill.patterns) for skill in skills]
    found = []
    for part in PARTS:
        prompts = _labelled(SUITE / f"{part}.jsonl")
        rankings = _rankings(skills, [one.prompt for one in prompts])
        regex = [regex_choice(one.prompt, patterned) for one in prompts]
        found.append(_chosen(part, "patterns", prompts, [m.skill if m else None for m in regex]))
        for floor in sorted({*FLOORS, min_cosine}):
            chosen = [vector_choice(ranking, floor) for ranking in rankings]
            names = [one.skill if one else None for one in chosen]
            served = " (served)" if floor == min_cosine else ""
            found.append(_chosen(part, f"vectors from {floor:g}{served}", prompts, names))
        advance()
    return found


def _labelled(file: Path) -> list[Labelled]:
    return [Labelled(**json.loads(line)) for line in file.read_text().splitlines()]


def _rankings(skills: Sequence[SkillFile], prompts: Sequence[str]) -> list[tuple[Ranked, ...]]:
    texts = [(skill.name, part, text) for skill in skills for part, text in skill.texts()]
    matrix = np.stack(embed_all([text for _, _, text in texts]))
    return [_ranking(texts, matrix @ vector) for vector in embed_all(prompts)]


def _ranking(texts: Sequence[tuple[str, str, str]], cosines: Vector) -> tuple[Ranked, ...]:
    best: dict[str, BestPart] = {}
    for (skill, part, text), cosine in zip(texts, cosines.tolist(), strict=True):
        if skill not in best or cosine > best[skill].cosine:
            best[skill] = BestPart(skill, part, text, cosine)
    return ranked(best.values(), {})


def _chosen(
    part: str, chooser: str, prompts: Sequence[Labelled], names: Sequence[str | None]
) -> Chosen:
    pairs = list(zip((one.skill for one in prompts), names, strict=True))
    return Chosen(
        part,
        chooser,
        with_skill=sum(label is not None for label, _ in pairs),
        right=sum(label is not None and label == name for label, name in pairs),
        wrong=sum(name is not None and label != name for label, name in pairs),
        without=sum(label is None for label, _ in pairs),
        silent=sum(label is None and name is None for label, name in pairs),
    )
