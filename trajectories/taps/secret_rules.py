"""What is held to be a secret in a text; the hook has a copy of it.

Known forms of keys and tokens, headers, credentials in addresses and commands, and values that are
named as a secret ("password=...", a JSON property `apiKey`). All of it takes time in proportion to
the text. Not covered: a secret without a form of its own that nothing names ("use hunter2"), one of
letters alone that is named in passing ("token: abcdef", "password = abcdef"), one that is encoded
once more, or spread over several texts.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from trajectories.taps.secret_patterns import (
    ADDRESS,
    ALGORITHM,
    AUTHORIZATION,
    BEARER,
    CALL,
    COMMAND,
    COMMAND_END,
    COOKIE,
    COOKIES,
    CREDENTIALS,
    FORMS,
    IN_CALL,
    IN_LIST,
    KEY_BLOCK,
    KEY_CHARACTERS,
    LINE,
    MEMBER,
    NAME_CHARACTERS,
    NAMED,
    NETRC,
    NO_WORD,
    NOTHING,
    OPTION,
    PATH,
    PLAIN,
    PROSE,
    QUERY,
    SAME,
    SECRET_NAME,
    SETTER,
    SETTING,
    SLASHED,
    STATES,
    TAG,
    TO_LINE_END,
    TO_QUOTE,
    TO_TAG,
    TOOLS,
    TYPE,
    USER,
    VARIABLE,
)
from trajectories.taps.secret_values import Span, ends, escapes_before, value_at

# --- What is a secret -----------------------------------------------------------------------------

MARK = "[redacted]"


def without_secrets(text: str) -> tuple[str, int]:
    """The text with a mark for each secret, and how many were taken out."""
    text, taken = _without_private_keys(text)
    for pattern, secret in _RULES:
        text, more = _without(text, pattern, secret)
        taken += more
    return text, taken


def names_a_secret(name: str) -> bool:
    """Whether a property or an option of this name holds one."""
    return len(name) <= 120 and SECRET_NAME.fullmatch(_folded(name)) is not None


def secret_properties(value: dict[str, Any]) -> set[str]:
    """Those named so, and the value in {"name": "DB_PASSWORD", "value": ...}."""
    labels = [each for key, each in value.items() if key.lower() in ("name", "key", "header")]
    labelled = any(isinstance(each, str) and names_a_secret(each) for each in labels)
    found = {key for key in value if names_a_secret(key) or (labelled and key.lower() == "value")}
    return {key for key in found if not _is_directory(key, value[key])}


def follows_a_name(items: Sequence[Any], at: int) -> bool:
    """Whether this item of a list is what the one before names: an option, a header."""
    name = items[at - 1] if at else None
    if not isinstance(name, str) or len(name) > 120:
        return False
    header = len(items) == 2 and (re.search("[_-]|^(?i:authorization|cookie)$", name) is not None)
    return (header or name.startswith("-")) and names_a_secret(name.lstrip("-"))


def without_secrets_in_argument(items: Sequence[Any], at: int) -> tuple[str, int]:
    """A text of a list, read behind the program and the option before it."""
    said = [*items[: min(2, at)], *items[max(2, at - 1) : at]]
    before = " ".join(each for each in said if isinstance(each, str))
    if at and len(before) <= 300 and "-" in (items[at][:1], str(items[at - 1])[:1]):
        text, taken = without_secrets(f"{before} {items[at]}")
        if taken and text.startswith(f"{before} "):
            return text[len(before) + 1 :], taken
    return without_secrets(items[at])


def _folded(text: str) -> str:
    """Of lower case and the same length."""
    return text.replace("\u0130", "i").lower()


def _without(
    text: str, pattern: re.Pattern[str], secret: Callable[[re.Match[str], str], Span | None]
) -> tuple[str, int]:
    """Hides what `secret` says of each match. Never reads again what it has hidden."""
    kept: list[str] = []
    at = read = 0
    searched = _folded(text) if pattern is NAMED else text
    while match := pattern.search(searched, read):
        span = secret(match, text)
        if span is None or span[0] == span[1]:
            read = max(match.end(), read + 1)
        else:
            kept += [text[at : span[0]], MARK]
            at = read = span[1]
    return "".join([*kept, text[at:]]), len(kept) // 2


def _without_private_keys(text: str) -> tuple[str, int]:
    """A block that does not end goes on to the end of the text; of one whose beginning was cut
    off, the lines before its end belong to it.
    """
    kept, at, begun = [], 0, -1
    for match in KEY_BLOCK.finditer(text):
        if match["edge"] == "BEGIN":
            begun = match.start() if begun < 0 else begun
        else:
            start = begun if begun >= 0 else _key_before(text, at, match.start())
            kept += [text[at:start], MARK]
            at, begun = match.end(), -1
    if begun >= 0:
        kept += [text[at:begun], MARK]
        at = len(text)
    return "".join([*kept, text[at:]]), len(kept) // 2


def _key_before(text: str, least: int, end: int) -> int:
    """Where the lines of a key begin that ends here."""
    start = end
    while start > least:
        line = max(text.rfind("\n", least, start - 1) + 1, least)
        lines = text[line:start].rstrip()
        words = lines.rstrip(KEY_CHARACTERS)
        if len(lines) - len(words) < (4 if start == end else 16):
            break
        start = line + len(words)
        if words:
            break
    return start


def _named_secret(match: re.Match[str], text: str) -> Span | None:
    """PASSWORD=..., "password": "...", --password ..., <password>...</password>."""
    before = match.string[max(0, match.start() - 80) : match.start()]
    if match["tag"]:
        end = ends(TO_TAG, text, match.end())
        closed = TAG.search(before) and text.startswith("</", end)
        return (match.end(), end) if closed and _may_be(text[match.end() : end]) else None
    if not match["equals"] and not match["value"] and not _is_joined(match, before):
        return None
    if match["word"] in ("pass", "pw") and not _is_pass(match, before):
        return None
    in_quotes = match["close"].strip("\\]") != ""
    if "\n" in match["sign"] and match["equals"] == ":" and not in_quotes:
        return None
    span, quote = value_at(text, match.end())
    value = text[slice(*span)]
    if not value or NOTHING.fullmatch(value):
        return None
    if len(value) > 200 or match["value"]:
        return span
    if quote:
        return span if in_quotes or _may_be(value) else None
    if match["comma"] or match["call"]:
        return None
    name = before[len(before.rstrip(NAME_CHARACTERS)) :] + match["word"]
    return span if _is_bare_secret(match, text, name, span) else None


def _is_pass(match: re.Match[str], before: str) -> bool:
    """DB_PASS, --pass, or PASS=... alone; not a compass, and not how many tests pass."""
    alone = match["sign"] == "=" and not before.endswith(tuple(NAME_CHARACTERS))
    return before[-1:] in ("_", "-") or alone


def _is_joined(match: re.Match[str], before: str) -> bool:
    """Whether a name and its value belong together without a sign of equality."""
    if match["comma"]:
        quoted = match["close"][-1:] in ("'", '"')
        return quoted and bool(IN_CALL.search(before) or IN_LIST.search(before))
    if match["call"]:
        return SETTER.search(before) is not None
    if match["blank"]:
        option = OPTION.search(before) or NETRC.search(before) or SETTING.search(before)
        return option is not None
    return match["is"] is not None


def _may_be(value: str) -> bool:
    return bool(value) and not NOTHING.fullmatch(value) and not VARIABLE.fullmatch(value)


def _is_bare_secret(match: re.Match[str], text: str, name: str, span: Span) -> bool:
    """Of a value without quotes, which may be a word of a sentence, a type or a variable, too."""
    value = text[slice(*span)]
    before = match.string[max(0, match.start() - 80) : match.start()]
    is_env = match["sign"] in ("=", "＝")
    if VARIABLE.fullmatch(value) or _is_directory(name, value):
        return False
    if match["is"]:
        mixed = all(re.search(one, value) for one in (r"\d", "[A-Za-z]"))
        return mixed and len(value) >= 6 and not ALGORITHM.fullmatch(value)
    if match["blank"]:
        if OPTION.search(before) or NETRC.search(before):
            return value[0] != "-" and not PROSE.fullmatch(value)
        return len(value) >= 6 and re.search(r"\d", value) is not None
    if TYPE.fullmatch(value) or MEMBER.fullmatch(value):
        return False
    if _is_variable_of_that_name(name, value):
        return False
    upper = is_env and text[match.start() : match.start("close")].isupper()
    if not upper and _is_call(text, span):
        return False
    if value.isdigit() and (match["word"] in ("pass", "pw") or (not is_env and len(value) <= 3)):
        return False
    if is_env:
        return upper or not PLAIN.fullmatch(value) or match["word"][:4] in ("pass", "pwd", "pw")
    if value[0] in "([{":
        return False
    return NO_WORD.search(value) is not None or _is_setting(match, before, text, span)


def _is_variable_of_that_name(name: str, value: str) -> bool:
    """password=password, token=auth_token"""
    return SAME.fullmatch(value) is not None and (
        value == name.lower() or "_" in value or "." in value
    )


def _is_call(text: str, span: Span) -> bool:
    """A call or an index, whole or going on behind a blank."""
    value = text[slice(*span)]
    if not CALL.match(value):
        return False
    opened = sum(map(value.count, "([{")) - sum(map(value.count, ")]}"))
    if value[-1] in "([{":
        return True
    if opened <= 0:
        return value[-1] in ")]"
    line = text[span[1] : span[1] + 200].split("\n", 1)[0]
    return any(close in line for close in ")]")


def _is_setting(match: re.Match[str], before: str, text: str, span: Span) -> bool:
    """A line of its own of a file of settings: `password: correcthorse`."""
    if not match["word"].startswith(("pass", "pwd")) or match["equals"] != ":":
        return False
    value = text[slice(*span)]
    ends = text[span[1] : span[1] + 2].strip(" \r")[:1] in ("", "\n")
    plain = value.isalpha() and value.islower() and len(value) >= 6
    return bool(ends and plain and LINE.search(before)) and not STATES.fullmatch(value)


def _is_directory(name: str, value: Any) -> bool:
    """PWD=/home/dev"""
    return name.lower().endswith("pwd") and isinstance(value, str) and bool(PATH.match(value))


def _authorization(match: re.Match[str], text: str) -> Span | None:
    start, quote = match.end(), (match["open"] or "")[-1:]
    if quote:
        end = ends(TO_QUOTE[quote], text, start)
        end -= escapes_before(text, end, 8)
    elif match["long"]:
        end = ends(TO_LINE_END, text, start)
    else:
        end = ends(CREDENTIALS, text, start)
    value = text[start:end]
    if not _may_be(value) or TYPE.fullmatch(value) or SAME.fullmatch(value):
        return None
    if not quote and not match["scheme"] and _is_call(text, (start, end)):
        return None
    told = quote or match["scheme"] or match["long"] or len(value) >= 16
    return (start, end) if told or NO_WORD.search(value) else None


def _cookies(match: re.Match[str], text: str) -> Span | None:
    return match.end(), ends(COOKIES, text, match.end())


def _bearer(match: re.Match[str], text: str) -> Span | None:
    value, basic = match["value"], match["scheme"].lower() == "basic"
    if basic:
        mixed = all(re.search(one, value) for one in ("[a-z]", "[A-Z]", r"\d"))
        plain = re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", value) is not None
        told = plain and (mixed or value[-1] == "=")
    else:
        told = re.search(r"[\d=]", value) is not None or len(value) >= 24
    return match.span("value") if told else None


def _in_address(match: re.Match[str], text: str) -> Span | None:
    """https://name:password@host, https://token@host."""
    authority, start = match["authority"], match.start("authority")
    user, at, _ = authority.rpartition("@")
    if at:
        name, colon, password = user.partition(":")
        told = _may_be(password) if colon else len(name) >= 16 and re.search(r"\d", name)
        return (start, start + len(user)) if told and user != MARK else None
    name, colon, password = authority.partition(":")
    if colon and password and not password.isdigit() and name.isalnum() and name != "localhost":
        rest = SLASHED.match(text, match.end())
        return (start, rest.end()) if rest else None
    return None


def _in_query(match: re.Match[str], text: str) -> Span | None:
    return match.span("value") if _may_be(match["value"]) else None


def _of_user(match: re.Match[str], text: str) -> Span | None:
    """curl -u name:password"""
    span, _ = value_at(text, match.end())
    if match["quote"]:
        span = match.end(), ends(TO_QUOTE[match["quote"][-1]], text, match.end())
    value, name = text[slice(*span)], match["name"]
    curl = "curl" in text[max(0, match.start() - 300) : match.start()]
    group = (value.isdigit() and name.isdigit()) or (value == name and not curl)
    joined = match["option"] == "-u" and not curl
    if group or joined or value.startswith("//") or not _may_be(value):
        return None
    return span


def _of_command(match: re.Match[str], text: str) -> Span | None:
    """sshpass -p ..., mysql -p..., docker login -p ..."""
    tool = match["tool"].split()[-1].rstrip("0123456789")
    option = next((each for begin, each in TOOLS if tool.startswith(begin)), None)
    most = match.end() + 300
    end = COMMAND_END.search(text, match.end(), most)
    found = option and option.search(text, match.end(), end.start() if end else most)
    if not found:
        return None
    span, _ = value_at(text, found.end())
    value = text[slice(*span)]
    return span if _may_be(value) and value[0] != "-" else None


def _of_form(match: re.Match[str], text: str) -> Span | None:
    """Some forms begin as words do: those have digits."""
    found = match[0]
    digits = sum(map(str.isdigit, found))
    mixed = len(found) >= 40 and re.search("[a-z]", found) and re.search("[A-Z]", found)
    return match.span() if match["sure"] or digits >= 2 or mixed else None


_RULES: list[tuple[re.Pattern[str], Callable[[re.Match[str], str], Span | None]]] = [
    (ADDRESS, _in_address),
    (AUTHORIZATION, _authorization),
    (COOKIE, _cookies),
    (NAMED, _named_secret),
    (USER, _of_user),
    (COMMAND, _of_command),
    (QUERY, _in_query),
    (BEARER, _bearer),
    (FORMS, _of_form),
]
# --- What is a secret: until here -----------------------------------------------------------------
