"""How recorded values look in the admin."""

import json
from datetime import datetime
from typing import Any, Literal

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

Tone = Literal["", "info", "success", "warning", "danger", "primary"]

MAX_SHOWN_CHARS = 10_000


def badge(text: str, tone: Tone = "") -> SafeString:
    """A small coloured label."""
    return SafeString(render_to_string("unfold/helpers/label.html", {"text": text, "type": tone}))


def verdict(passed: bool | None) -> SafeString:
    """Passed, failed, or neither."""
    if passed is None:
        return badge("unchecked")
    return badge("passed", "success") if passed else badge("failed", "danger")


def text_block(text: str, *, whole: str = "", most: int = MAX_SHOWN_CHARS) -> SafeString:
    """Text as it is, line breaks kept; longer than `most` it is cut and says so.

    `whole` is the address of all of it, which stands below what was cut.
    """
    shown = text
    if len(text) > most:
        shown = f"{text[:most]}\n… {len(text):,} characters in all"
    block = format_html(
        '<pre class="text-xs" style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>',
        shown,
    )
    if shown is text or not whole:
        return block
    return format_html("{}<p>{}</p>", block, link(whole, "The whole text"))


def json_block(value: Any, *, whole: str = "", most: int = MAX_SHOWN_CHARS) -> SafeString:
    """JSON, indented, in the order it was stored in; cut as a text is."""
    return text_block(json.dumps(value, indent=2, ensure_ascii=False), whole=whole, most=most)


def table(headers: list[str], rows: list[list[Any]]) -> SafeString:
    """A table of texts and markup; texts are escaped."""
    return SafeString(
        render_to_string(
            "unfold/components/table.html", {"table": {"headers": headers, "rows": rows}}
        )
    )


def link(url: str, text: str) -> SafeString:
    return format_html('<a class="text-link" href="{}">{}</a>', url, text)


def moment(at: datetime, *, seconds: bool = False) -> str:
    """In the zone of who looks, which is said."""
    return date_format(timezone.localtime(at), "Y-m-d H:i:s T" if seconds else "Y-m-d H:i T")


def lasting(ms: float) -> str:
    """A duration as people read it."""
    if ms < 10:
        return f"{ms:.2g} ms"
    if ms < 10_000:
        return f"{ms:,.0f} ms"
    return f"{ms / 1e3:,.1f} s" if ms < 600_000 else f"{ms / 60_000:,.0f} min"


def folded(summary: str, content: str, *, opened: bool = False) -> SafeString:
    """Content that opens on a click or a key; texts are escaped, markup is kept."""
    state = SafeString(" open") if opened else ""
    return format_html(
        '<details{}><summary style="cursor: pointer">{}</summary>{}</details>',
        state,
        summary,
        content,
    )


def brief(text: str, limit: int = 120) -> str:
    """The first characters of a text, on one line."""
    flat = " ".join(text[: limit * 4].split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"
