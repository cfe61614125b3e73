"""A part of a page that tells one request from top to bottom."""

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Section:
    """`name` is its anchor; `parts` are subtitles (may be empty) with their content."""

    name: str
    title: str
    parts: tuple[tuple[str, SafeString], ...]

    def with_parts(self, *more: tuple[str, SafeString]) -> "Section":
        return Section(self.name, self.title, (*self.parts, *more))


def said(sentence: str) -> SafeString:
    """A paragraph; escaped, where it is no markup."""
    return format_html('<p class="leading-relaxed mb-3">{}</p>', sentence)
