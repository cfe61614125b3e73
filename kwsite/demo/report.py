"""The demo's result: rows of figures for the closing table and for JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from kwsite.demo.asking import Answered
from kwsite.demo.figures import Figures, figures
from kwsite.demo.loop import Course

Row = tuple[str, str, Figures]


def rows(courses: Sequence[Course]) -> list[Row]:
    """Per family and overall: the learning prompts, then the held-out ones before and after."""
    found: list[Row] = []
    for course in courses:
        found += _phases(course.family.name, course.learned, course.before, course.after)
    everything = [
        [one for course in courses for one in phase(course)]
        for phase in (_learned, _before, _after)
    ]
    return found + _phases("overall", *everything)


def report_json(courses: Sequence[Course]) -> dict[str, Any]:
    """One object with the figures, the state of each family and every answer."""
    return {
        "figures": [
            {"family": family, "phase": phase, **found.as_json()}
            for family, phase, found in rows(courses)
        ],
        "families": [
            {
                "family": course.family.name,
                "versions": [str(version) for version in course.standing.versions],
                "obstacle": course.standing.obstacle,
                "learned": [asdict(one) for one in course.learned],
                "before": [asdict(one) for one in course.before],
                "after": [asdict(one) for one in course.after],
            }
            for course in courses
        ],
    }


def _phases(
    name: str,
    learned: Sequence[Answered],
    before: Sequence[Answered],
    after: Sequence[Answered],
) -> list[Row]:
    found = [(name, "learning", figures(learned)), (name, "before", figures(before))]
    if after:
        found.append((name, "after", figures(after, before)))
    return found


def _learned(course: Course) -> list[Answered]:
    return course.learned


def _before(course: Course) -> list[Answered]:
    return course.before


def _after(course: Course) -> list[Answered]:
    return course.after
