"""Two texts side by side, with the words marked that differ."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

MOST_WORDS = 600  # of both; comparing takes up to the square of it
# An address or a number with its points and commas is one word.
_WORDS = re.compile(r"\s+|\w(?:[\w.,@'’/+-]*\w)?|[^\w\s]")
HIDDEN = (
    "position: absolute; width: 1px; height: 1px; overflow: hidden; "
    "clip-path: inset(50%); white-space: nowrap"
)
REMOVED = "background: rgb(220 38 38 / .22); color: inherit; text-decoration: line-through"
ADDED = "background: rgb(22 163 74 / .22); color: inherit; text-decoration: underline"
_PRE = '<pre class="text-xs" style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>'


def word_diff(before: str, after: str) -> tuple[SafeString, SafeString]:
    """Both as blocks: `<del>` marks what only the first has, `<ins>` what only the second has.

    Each mark also says so in words, for those who hear the page. Long texts come without marks.
    """
    one, other = _WORDS.findall(before), _WORDS.findall(after)
    if len(one) + len(other) > MOST_WORDS:
        return format_html(_PRE, before), format_html(_PRE, after)
    removed: list[SafeString] = []
    added: list[SafeString] = []
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        gone, new = "".join(one[i1:i2]), "".join(other[j1:j2])
        if tag == "equal":
            removed.append(format_html("{}", gone))
            added.append(format_html("{}", new))
            continue
        if gone:
            removed.append(_marked("del", REMOVED, "only before", gone))
        if new:
            added.append(_marked("ins", ADDED, "only after", new))
    return _block(removed), _block(added)


def _marked(tag: str, style: str, said: str, text: str) -> SafeString:
    return format_html(
        '<{0} style="{1}"><span style="{2}">[{3}: </span>{4}<span style="{2}">]</span></{0}>',
        SafeString(tag),
        style,
        HIDDEN,
        said,
        text,
    )


def _block(parts: Iterable[SafeString]) -> SafeString:
    return format_html(_PRE, format_html_join("", "{}", ((part,) for part in parts)))
