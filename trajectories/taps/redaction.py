"""Takes secrets out of what agents send, before it is stored.

Known forms of keys and tokens, and values that are named as a secret ("password=...", a JSON
property `api_key`). Not covered: a secret without a form of its own that nothing names ("use
hunter2"), one that is encoded once more, or spread over several texts.
"""

import re
from typing import Any

MARK = "[redacted]"

_NAME = (
    r"(?:[a-z0-9]+[_-])*"
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|secret[_-]?key|auth(?:orization)?|credentials?|client[_-]?secret|cookie|session[_-]?id)"
)
_SECRET_NAME = re.compile(rf"(?i){_NAME}(?:[_-]\d+)?")
_FORMS = re.compile(
    r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,200}"
    r"|\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,200}"
    r"|\bkw-[A-Za-z0-9_-]{16,200}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,255}|\bgithub_pat_[A-Za-z0-9_]{20,255}"
    r"|\bglpat-[A-Za-z0-9_-]{16,100}"
    r"|\bxox[abprse]-[A-Za-z0-9-]{10,250}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bAIza[A-Za-z0-9_-]{30,50}"
    r"|\bya29\.[A-Za-z0-9_-]{20,500}"
    r"|\bhf_[A-Za-z0-9]{20,100}|\bnpm_[A-Za-z0-9]{20,100}|\bpypi-[A-Za-z0-9_-]{20,300}"
    r"|\bdop_v1_[a-f0-9]{40,80}|\bSG\.[A-Za-z0-9_-]{10,40}\.[A-Za-z0-9_-]{20,60}"
    r"|\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{5,1000}"
)
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY-----")
_IN_URL = re.compile(r"(?<=://)[^\s/:@]{0,200}:[^\s/@]{1,500}(?=@)")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,4000}")
_ASSIGNED = re.compile(
    rf"(?i)(?<![a-z0-9])(?P<name>[\"']?{_NAME}[\"']?\s{{0,4}}(?:=>|[:=])\s{{0,4}})"
    r"(?P<value>\"[^\"\n]{1,2000}\"|'[^'\n]{1,2000}'|[^\s\"',;&)}\]]{1,2000})"
)
_OPTION = re.compile(rf"(?i)(?<!\S)(?P<name>--?{_NAME}\s{{1,4}})(?P<value>[^\s-]\S{{0,500}})")
# What is assigned to such a name and is none: a call, a type, a placeholder, nothing at all.
_NO_SECRET = re.compile(
    r"(?i)[\"']?(?:none|null|true|false|bearer|basic|str|string|int|bool|bytes|optional\b.*|\[redacted.*"
    r"|\.{2,}|\*+|x{3,}|<[^>]*>|\$\{?\w+\}?.*|%\(?\w+.*|[\w.]+[\[(].*|)[\"']?"
)
_HINTS = re.compile(
    r"(?i)[-_ ]key|apikey|pass|pwd|secret|token|auth|credential|cookie|session|bearer|basic|://"
    r"|sk[-_]|pk[-_]|rk[-_]|kw-|gh[pousr]_|github_pat|glpat|xox|akia|asia|aiza|ya29|hf_|npm_|pypi-"
    r"|dop_v1|sg\.|eyj|private key"
)


def redacted(text: str) -> tuple[str, int]:
    """The text without its secrets, and how many were taken out."""
    if not _HINTS.search(text):
        return text, 0
    taken = 0

    def hide(match: re.Match[str]) -> str:
        nonlocal taken
        taken += 1
        return MARK

    def hide_value(match: re.Match[str]) -> str:
        nonlocal taken
        if _NO_SECRET.fullmatch(match["value"]):
            return match[0]
        taken += 1
        return match["name"] + MARK

    def hide_after(match: re.Match[str]) -> str:
        nonlocal taken
        taken += 1
        return f"{match[1]} {MARK}"

    text, taken = _without_private_keys(text)
    text = _FORMS.sub(hide, text)
    text = _IN_URL.sub(hide, text)
    text = _BEARER.sub(hide_after, text)
    text = _ASSIGNED.sub(hide_value, text)
    return _OPTION.sub(hide_value, text), taken


def _without_private_keys(text: str) -> tuple[str, int]:
    """A block that does not end goes on to the end of the text."""
    kept, at = [], 0
    while begins := _KEY_BEGINS.search(text, at):
        kept += [text[at : begins.start()], MARK]
        ends = _KEY_ENDS.search(text, begins.end())
        at = ends.end() if ends else len(text)
    return "".join([*kept, text[at:]]), len(kept) // 2


def redacted_value(value: Any) -> tuple[Any, int]:
    """The same for JSON: every text in it, keys of objects, and whole values of properties that
    are named as a secret."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, list):
        items = [redacted_value(item) for item in value]
        return [item for item, _ in items], sum(taken for _, taken in items)
    if isinstance(value, dict):
        return _redacted_object(value)
    return value, 0


def _redacted_object(value: dict[str, Any]) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    taken = 0
    for key, item in value.items():
        name, in_name = redacted(key)
        if _SECRET_NAME.fullmatch(key) and isinstance(item, str | int | float) and _is_said(item):
            found[name], in_item = MARK, 1
        else:
            found[name], in_item = redacted_value(item)
        taken += in_name + in_item
    return found, taken


def _is_said(item: str | int | float) -> bool:
    return not isinstance(item, bool) and not _NO_SECRET.fullmatch(str(item))
