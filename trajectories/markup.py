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


def text_block(text: str) -> SafeString:
    """Text as it is, line breaks kept; very long text is cut and says so."""
    if len(text) > MAX_SHOWN_CHARS:
        text = f"{text[:MAX_SHOWN_CHARS]}\n… {len(text):,} characters in all"
    return format_html(
        '<pre class="text-xs" style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>', text
    )


def json_block(value: Any) -> SafeString:
    """JSON, indented, in the order it was stored in."""
    return text_block(json.dumps(value, indent=2, ensure_ascii=False))


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


def brief(text: str, limit: int = 120) -> str:
    """The first characters of a text, on one line."""
    flat = " ".join(text[: limit * 4].split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"
