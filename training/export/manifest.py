"""What is written beside the lines: of which data they are, made how, and what was left out."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from training.export.arranging import Arranged, SplitOptions
from training.export.conversation import Rules
from training.export.errors import OneSided
from training.export.scratch import Scratch
from training.export.writing import FILES, Written

FORMAT = "kernelweave sft 1"
DOMAINS = 100  # the largest; the others are counted together
SIDES = {False: "train", True: "valid"}


def data_hash(scratch: Scratch) -> str:
    """SHA-256 (hex) over contents, copies and questions, in an order that the contents give."""
    digest = hashlib.sha256()
    for content, copies, question in scratch.contents():
        digest.update(b"%s:%d:%s\n" % (content.hex().encode(), copies, question.encode()))
    return digest.hexdigest()


def require_both_sides(scratch: Scratch, options: SplitOptions) -> None:
    """Raises OneSided, which says what to do."""
    sides = {bool(valid): (groups, largest) for valid, groups, largest in scratch.groups()}
    if len(sides) == 2:
        return
    [(valid, (groups, largest))] = sides.items()
    raise OneSided(
        f"All lessons fell on the {SIDES[valid]} side: they are {groups} groups of "
        f"near-duplicates, the largest of {largest} lessons, and a group is never divided. Export "
        f"more data, or try another --seed (now {options.seed}), a larger --valid-share (now "
        f"{options.valid_share:g}) or a --similarity nearer to 1 (now {options.similarity:g})."
    )


def describe(
    *,
    arranged: Arranged,
    scratch: Scratch,
    rules: Rules,
    options: SplitOptions,
    files: Mapping[bool, Written],
    chosen: Mapping[str, Any],
    made_with: Mapping[str, Any],
    left_out: Counter[str],
) -> dict[str, Any]:
    """`chosen` says what was asked for, beside the options of the split."""
    domains = dict(scratch.domains(DOMAINS))
    groups = {bool(valid): {"groups": n, "largest": most} for valid, n, most in scratch.groups()}
    lessons = _lessons(scratch)
    total = sum(side["lessons"] for side in lessons.values())
    return {
        "format": FORMAT,
        "data": data_hash(scratch),
        "options": {**asdict(options), "max_chars": rules.max_chars, **chosen},
        "template": rules.template.digest,
        "made_with": dict(made_with),
        "files": {FILES[valid]: asdict(each) for valid, each in files.items()},
        **{SIDES[valid]: {**lessons[valid], **groups[valid]} for valid in (False, True)},
        "domains": domains,
        "other_domains": total - sum(domains.values()),
        "merged": arranged.merged,
        "synthetic_answered_already": arranged.answered,
        "grouped_without_comparing": arranged.unseen,
        "left_out": dict(left_out),
    }


def _lessons(scratch: Scratch) -> dict[bool, dict[str, Any]]:
    found: dict[bool, dict[str, Any]] = {
        valid: {"lessons": 0, "synthetic": 0, "by_copies": {"1": 0, "2": 0, "3": 0}}
        for valid in (False, True)
    }
    for valid, copies, recorded, count in scratch.figures():
        side = found[bool(valid)]
        side["lessons"] += count
        side["synthetic"] += 0 if recorded else count
        side["by_copies"][str(copies)] += count
    return found
