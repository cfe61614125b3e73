"""Takes secrets out of what agents send, before it is stored.

Known forms of keys and tokens, headers, credentials in addresses and commands, and values that are
named as a secret ("password=...", a JSON property `apiKey`). Every pattern is linear in the text.
Not covered: a secret without a form of its own that nothing names ("use hunter2"), a password of
letters alone behind a colon or behind blanks ("password: correcthorse"), one that is encoded once
more, or spread over several texts.
"""

import re
from collections.abc import Callable
from typing import Any

MARK = "[redacted]"

_SECRET = (
    r"(?:passw(?:or)?ds?|passwd|passphrase|passcode|pgpassword|pwd|secrets?|token|api[_-]?key"
    r"|(?:access|private|secret|account|encryption|signing|auth|master|openai)[_-]?key"
    r"|client[_-]?key[_-]?data|secret[_-]?key[_-]?base|credentials?|session[_-]?id|cookie)"
)
# What stands before it in the same name: db_password, dbPassword, :_authToken.
_NAME = rf"(?<![\w-])[\w-]{{0,60}}?{_SECRET}(?:[_-]?\d{{1,4}})?"
_SECRET_NAME = re.compile(rf"[\w.:-]{{0,60}}?{_SECRET}(?:[_-]?\d{{1,4}})?", re.IGNORECASE)
_FORMS = re.compile(
    r"\b(?:sk|pk|rk|kw)-(?=[\w-]{0,200}?\d[\w-]{0,200}?\d)[A-Za-z0-9_-]{16,200}"
    r"|\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,200}|\bwhsec_[A-Za-z0-9+/=]{16,200}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,255}|\bgithub_pat_[A-Za-z0-9_]{20,255}"
    r"|\bgl(?:pat|sa)[-_][A-Za-z0-9_-]{16,100}"
    r"|\bxox[a-z]-[A-Za-z0-9-]{10,250}|\bxapp-[A-Za-z0-9-]{10,250}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bAIza[A-Za-z0-9_-]{30,50}"
    r"|\bya29\.[A-Za-z0-9_-]{20,500}"
    r"|\bhf_[A-Za-z0-9]{20,100}|\bnpm_[A-Za-z0-9]{20,100}|\bpypi-[A-Za-z0-9_-]{20,300}"
    r"|\bdop_v1_[a-f0-9]{40,80}|\bSG\.[A-Za-z0-9_-]{10,40}\.[A-Za-z0-9_-]{20,60}"
    r"|\b\d{8,10}:[A-Za-z0-9_-]{35}\b"
    r"|(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{20,100}"
    r"|\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{5,1000}"
)
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_IN_URL = re.compile(r"(?<=://)[^\s/:@]{0,200}:[^\s/]{1,500}(?=@)")
_IN_QUERY = re.compile(
    r"(?<=[?&])(?P<name>(?:sig|signature|access_token|auth|key)=)(?P<value>[^&\s\"']+)"
)
_HEADERS = re.compile(
    r"(?i)(?P<name>\b(?:proxy-)?authorization\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?"
    r"(?:(?:bearer|basic|token|apikey|digest|negotiate)\s{1,4})?)(?P<value>[^\s\"',;\\]{4,4000})"
    r"|(?P<cookie>\b(?:set-)?cookie\\?[\"']?\s{0,4}:\s{0,4}\\?[\"']?)(?P<jar>[^\"'\n\\]{1,4000})"
)
_BEARER = re.compile(
    r"(?i)\b(?P<name>(?:bearer|basic)\s{1,4})"
    r"(?P<value>(?=[^\s]{0,4000}?[\d=])[A-Za-z0-9+/=._~-]{8,4000})"
)
_QUOTED = (
    r"\\\"[^\"\n]{1,2000}\"|\"(?:[^\"\\\n]|\\.){1,2000}\""
    r"|'{3}[^'\n]{1,2000}'{3}|'[^'\n]{1,2000}'"
)
_ASSIGNED = re.compile(
    rf"(?P<name>{_NAME}\\?[\"']?(?P<sign>\s{{0,4}}(?::=|=>|=(?!=)|:(?!:))\s{{0,4}}))"
    rf"(?P<value>{_QUOTED}|[^\s\"'&)}}\]\\]{{1,2000}})",
    re.IGNORECASE,
)
_OPTION = re.compile(
    rf"(?i)(?<!\S)(?P<name>--?[\w-]{{0,60}}?{_SECRET}\s{{1,4}})(?P<value>[^\s-]\S{{0,500}})"
    r"|(?<!\S)(?P<user>(?:-u|--user)\s{1,4}[^\s:]{1,100}:)(?P<of>\S{1,500})"
    r"|(?P<tool>\b(?:sshpass|(?:docker|podman) login)\b[^\n]{0,200}?\s-p\s{0,4})"
    r"(?P<given>\S{1,500})"
)
# What is assigned to such a name and is none: a call, a variable, a type, a placeholder.
_NO_SECRET = re.compile(
    r"(?i)[\"']?(?:none|null|true|false|bearer|basic|str|string|int|bool|bytes|optional\b.*"
    r"|\[redacted.*|\.{2,}|\*+|x{3,}|<[^>]*>|\$\{\w+\}?.*|\$\(.*|\$[A-Z_]+|%\(?\w+.*|\{\{.*"
    r"|[A-Za-z_][\w.]*[\[(].*|)[\"']?"
)
_HINTS = re.compile(
    r"(?i)key|pass|pwd|secret|token|auth|credential|cookie|session|bearer|basic|://|[?&]sig"
    r"|sk[-_]|pk[-_]|rk[-_]|kw-|gh[pousr]_|github_pat|glpat|glsa|xox|xapp|akia|asia|aiza|ya29|hf_"
    r"|npm_|pypi-|dop_v1|sg\.|eyj|whsec|slack|login|\d:|-u |--user"
)


def redacted(text: str) -> tuple[str, int]:
    """The text without its secrets, and how many were taken out."""
    if not _HINTS.search(text):
        return text, 0
    text, taken = _without_private_keys(text)

    def hide(named: str, value: str) -> Callable[[re.Match[str]], str]:
        def hidden(match: re.Match[str]) -> str:
            nonlocal taken
            if match[value] is None or not _is_secret(match, value):
                return match[0]
            taken += 1
            return match[named] + MARK

        return hidden

    def hide_all(match: re.Match[str]) -> str:
        nonlocal taken
        taken += 1
        return MARK

    text = _FORMS.sub(hide_all, text)
    text = _IN_URL.sub(hide_all, text)
    text = _IN_QUERY.sub(hide("name", "value"), text)
    text = _HEADERS.sub(hide("name", "value"), text)
    text = _HEADERS.sub(hide("cookie", "jar"), text)
    text = _BEARER.sub(hide("name", "value"), text)
    text = _ASSIGNED.sub(hide("name", "value"), text)
    for named, value in (("name", "value"), ("user", "of"), ("tool", "given")):
        text = _OPTION.sub(hide(named, value), text)
    return text, taken


def _is_secret(match: re.Match[str], group: str) -> bool:
    """Whether what stands there can be one: not a variable, a type or a word of a sentence."""
    value = match[group]
    if _NO_SECRET.fullmatch(value):
        return False
    sign = match.groupdict().get("sign")
    if sign is None or sign == "=" or value[0] in "\"'\\":
        return True  # an option, a header, PASSWORD=...; or in quotes
    return bool(re.search(r"[\d$@!%^+/]", value))


def _without_private_keys(text: str) -> tuple[str, int]:
    """A block that does not end goes on to the end of the text."""
    kept, at = [], 0
    while begins := _KEY_BEGINS.search(text, at):
        kept += [text[at : begins.start()], MARK]
        ends = _KEY_ENDS.search(text, begins.end())
        at = ends.end() if ends else len(text)
    return "".join([*kept, text[at:]]), len(kept) // 2


def redacted_value(value: Any) -> tuple[Any, int]:
    """The same for JSON: texts, names of properties, and all that is named as a secret."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, list):
        return _redacted_list(value)
    if isinstance(value, dict):
        return _redacted_object(value)
    return value, 0


def _redacted_list(value: list[Any]) -> tuple[list[Any], int]:
    """What follows an option that is named as a secret is one."""
    found, taken, named = [], 0, False
    for item in value:
        kept, gone = _hidden(item) if named else redacted_value(item)
        named = isinstance(item, str) and item[:1] == "-" and _is_name(item.lstrip("-"))
        found.append(kept)
        taken += gone
    return found, taken


def _redacted_object(value: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Also {"name": "DB_PASSWORD", "value": ...}."""
    found: dict[str, Any] = {}
    taken = 0
    label = next((value[key] for key in ("name", "key") if isinstance(value.get(key), str)), "")
    for key, item in value.items():
        name, in_name = redacted(key)
        secret = _is_name(key) or (key == "value" and _is_name(label))
        found[name], in_item = _hidden(item) if secret else redacted_value(item)
        taken += in_name + in_item
    return found, taken


def _hidden(value: Any) -> tuple[Any, int]:
    """All texts and numbers in it."""
    if isinstance(value, dict):
        items = {key: _hidden(item) for key, item in value.items()}
        return {key: kept for key, (kept, _) in items.items()}, sum(n for _, n in items.values())
    if isinstance(value, list):
        kept = [_hidden(item) for item in value]
        return [item for item, _ in kept], sum(taken for _, taken in kept)
    if isinstance(value, bool) or value is None or _NO_SECRET.fullmatch(str(value)):
        return value, 0
    return MARK, 1


def _is_name(text: str) -> bool:
    return len(text) <= 120 and _SECRET_NAME.fullmatch(text) is not None
