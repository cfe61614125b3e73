"""What a Markdown page refers to: other files, their headings, and folders of the tree."""

import re
from dataclasses import dataclass
from pathlib import Path

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
FOLDER = re.compile(r"( *)([\w./]+/) +\S")


@dataclass(frozen=True)
class Link:
    page: Path
    target: str

    @property
    def file(self) -> Path:
        path = self.target.split("#")[0]
        return (self.page.parent / path).resolve() if path else self.page

    @property
    def heading(self) -> str:
        return self.target.partition("#")[2]


def links_of(page: Path) -> list[Link]:
    """Of the prose, to files of the checkout. Pictures are not among them."""
    prose = FENCED.sub("", page.read_text())
    return [Link(page, target) for target in LINK.findall(prose) if "://" not in target]


def anchors_of(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    prose = FENCED.sub("", page.read_text())
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(prose)
    }


def folders_of_tree(text: str) -> list[str]:
    """The folders that a tree of two levels names, as paths."""
    found, above = [], ""
    for line in text.splitlines():
        if match := FOLDER.match(line):
            indent, name = len(match[1]), match[2].rstrip("/")
            if indent == 0:
                above = name
            found.append(f"{above}/{name}" if indent == 2 else name)
    return found
