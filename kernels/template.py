"""The form that the prompts of a family share: fixed words, and gaps of a type.

Written as text: `Convert {number1} km to {unit1}.` Braces of the prompt itself are doubled.
"""

import re
from functools import lru_cache
from typing import Any

import re2

from kernels.slots import UNITS

_CAPITAL = r"[A-ZÀ-Þ][A-Za-zÀ-ÿ'’-]*"
# What a gap of each type takes, in RE2 syntax: linear time, whatever the prompt.
PATTERNS = {
    "email": r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+",
    "url": r"https?://[^\s<>\"')\]]+",
    "date": r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4})",
    "phone": r"\+?\(?\d{2,4}\)?(?:[ -]\d{2,4}){1,4}",
    "quoted": r"(?:\"[^\"\n]{1,500}\"|“[^”\n]{1,500}”)",
    "code": r"[A-Z0-9]*[A-Z][A-Z0-9]*[-/]?\d[A-Z0-9-]*",
    "number": r"[-−]?\d+(?:,\d{3})*(?:\.\d+)?",
    "unit": rf"(?i:{UNITS})",
    "sign": r"[-−+*×/÷]",
    "name": rf"{_CAPITAL}(?: {_CAPITAL})*",
    "list": r"[^,;\n]+(?:[,;] ?[^,;\n]+)+",
    "text": r".+?",
}
MAX_TEMPLATE_CHARS = 4_000
_PIECE = re.compile(r"\{\{|\}\}|\{([a-z]+)([1-9]\d{0,2})\}|[^{}]+")
_SEPARATOR = re.compile(r",? (?:and|or|und|oder) |[,;]")
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.dot_nl = True


def slot_names(template: str) -> tuple[str, ...]:
    """The names of the gaps, in order. Raises ValueError when the text is no template."""
    names: list[str] = []
    position = 0
    for piece in _PIECE.finditer(template):
        if piece.start() != position:
            break
        position = piece.end()
        if piece.group(1):
            if piece.group(1) not in PATTERNS:
                raise ValueError(f"no such type of slot: {piece.group(1)}")
            names.append(piece.group(1) + piece.group(2))
    if position != len(template) or not template or len(template) > MAX_TEMPLATE_CHARS:
        raise ValueError("not a template: a brace that is alone, no text, or too much of it")
    if len(set(names)) != len(names):
        raise ValueError("two slots of one name")
    return tuple(names)


def escaped(text: str) -> str:
    """Fixed words of a prompt as they stand in a template."""
    return text.replace("{", "{{").replace("}", "}}")


@lru_cache(maxsize=1024)
def _pattern(template: str) -> Any:
    written: list[str] = []
    for piece in _PIECE.finditer(template):
        kind, number = piece.group(1), piece.group(2)
        if kind:
            written.append(f"(?P<{kind}{number}>{PATTERNS[kind]})")
        else:
            fixed = {"{{": "{", "}}": "}"}.get(piece.group(0), piece.group(0))
            written.append(re2.escape(fixed))
    return re2.compile("".join(written), _OPTIONS)


def match_template(template: str, prompt: str) -> dict[str, Any] | None:
    """What stands in the gaps, by name; None when the prompt has another form.

    Numbers are floats, lists are lists of strings, quoted texts come without their quotes.
    """
    texts = gap_texts(template, prompt)
    if texts is None:
        return None
    return {name: _value(name, t) for name, t in zip(slot_names(template), texts, strict=True)}


def gap_texts(template: str, prompt: str) -> list[str] | None:
    """What stands in the gaps, in order and as it is written; None when the form is another."""
    found = _pattern(template).fullmatch(prompt)
    return None if found is None else list(found.groups())


def match_any(templates: tuple[str, ...], prompt: str) -> dict[str, Any]:
    """The gaps under the first template that the prompt has the form of; empty under none."""
    for template in templates:
        if (found := match_template(template, prompt)) is not None:
            return found
    return {}


def _value(name: str, text: str) -> Any:
    if name.startswith("number"):
        return float(text.replace(",", "").replace("−", "-"))
    if name.startswith("quoted"):
        return text[1:-1]
    if name.startswith("list"):
        return [item.strip() for item in _SEPARATOR.split(text) if item.strip()]
    return text
