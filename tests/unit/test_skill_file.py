"""What is read of a SKILL.md, and what is said of one that cannot be read."""

import pytest

from kernels.skills.skill_file import MOST_ITEM_CHARS, MOST_ITEMS, BadSkillFile, read_skill
from tests.skill_rows import DEPLOY

HEAD = "---\nname: a-skill\ndescription: Does things.\n---\n"


def test_front_matter_and_sections_become_parts() -> None:
    skill = read_skill(DEPLOY.encode())
    assert skill.name == "deploy-service"
    assert skill.description == "Deploys a service to production and watches the rollout."
    assert skill.steps == ("Build the container image.", "Roll it out region by region.")
    assert skill.gotchas == ("Never deploy while a database migration is running.",)
    assert skill.triggers == ("ship it",)
    assert skill.patterns == (r"\bship\s+it\b", "deploy(ing)? .*prod(uction)?")
    assert next(skill.texts()) == (
        "intent",
        "deploy service: Deploys a service to production and watches the rollout.",
    )


@pytest.mark.parametrize(
    ("body", "part", "texts"),
    [
        ("## Common mistakes\n\nForgetting the tag.", "gotchas", ("Forgetting the tag.",)),
        ("## When to use\n- fix the *build*", "triggers", ("fix the build",)),
        ("## Overview\nFor `make` and\nfriends.", "intent", ("For make and friends.",)),
        ("## Workflow\n### Tag it\nUse git.", "steps", ("Tag it", "Use git.")),
        ("## Workflow\n### Pitfalls\nUse git.", "gotchas", ("Use git.",)),
        ("## Background\n1. Tag it.\n2. Push it.", "steps", ("Tag it.", "Push it.")),
        ("## Background\nWhat is not asked for.", "intent", ()),
        ("## Steps\n```sh\nmake tag\n```\n- Tag it.", "steps", ("Tag it.",)),
        ("## Steps\n- Tag it.\n- Tag it.", "steps", ("Tag it.",)),
    ],
)
def test_headings_say_what_a_section_is(body: str, part: str, texts: tuple[str, ...]) -> None:
    assert getattr(read_skill((HEAD + body).encode()), part) == texts


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("# No front matter", 1, "front matter is missing"),
        ("", 1, "front matter is missing"),
        ("---\nname: a\ndescription: b\n", 1, "no end"),
        ("---\nname: a\ndescription: [unclosed\n---\n", 3, "no YAML"),
        ("---\n- a\n---\n", 2, "no name and description"),
        ("---\nname: a\n---\n", 2, "no description"),
        ("---\nname:\ndescription: b\n---\n", 2, "name is empty"),
        ("---\nname: a\nname: b\ndescription: c\n---\n", 3, "name is there twice"),
        ("---\nname: a\ndescription:\n  - b\n---\n", 4, "description is no text"),
        (
            "---\nname: a\ndescription: b\npatterns:\n - ok\n - (open\n---\n",
            6,
            "no RE2 pattern: missing )",
        ),
        ("---\nname: a\ndescription: b\npatterns: x*\n---\n", 4, "found in every prompt"),
        ("---\nname: a\ndescription: b\npatterns: (?=x)\n---\n", 4, "no RE2 pattern"),
        (f"---\nname: a\ndescription: b\n---\n{'x' * 300_000}", 1, "more than 256 kB"),
        ("---\nname: a\n\0---\n", 3, "NUL"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(BadSkillFile) as refused:
        read_skill(text.encode())
    assert says in refused.value.detail
    assert refused.value.line == line


def test_what_is_no_utf8_is_refused_with_its_line() -> None:
    with pytest.raises(BadSkillFile) as refused:
        read_skill(b"---\nname: \xff\n---\n")
    assert (refused.value.line, refused.value.detail) == (2, "this is no UTF-8")


@pytest.mark.parametrize("front", ["[" * 100_000, "{a: " * 30_000, "a: &a [*a]\nname: b"])
def test_hostile_front_matter_is_refused(front: str) -> None:
    with pytest.raises(BadSkillFile):
        read_skill(f"---\n{front}\n---\n".encode())


def test_windows_line_ends_and_a_byte_order_mark_change_nothing_that_is_read() -> None:
    plain = read_skill(DEPLOY.encode())
    other = read_skill(b"\xef\xbb\xbf" + DEPLOY.replace("\n", "\r\n").encode())
    assert (other.steps, other.patterns, other.text) == (plain.steps, plain.patterns, plain.text)


def test_what_is_too_much_is_left_out_and_counted() -> None:
    steps = "\n".join(f"- Step {number} {'x' * 1000}" for number in range(MOST_ITEMS + 5))
    skill = read_skill(f"{HEAD}## Steps\n{steps}".encode())
    assert (len(skill.steps), skill.left_out) == (MOST_ITEMS, 5)
    assert max(map(len, skill.steps)) == MOST_ITEM_CHARS
