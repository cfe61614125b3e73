"""A coding agent's hook that taps what happens for KernelWeave: one file, standard library alone.

The agent runs this for each event and writes JSON to its standard input. What follows from it goes
into a spool on disk before anything else; a process of its own sends it (`POST /api/taps`), so that
the agent never waits for the network. It prints nothing and always exits with 0.

    agent -> hook: read, redact, cut -> spool (fsync) -> exit
                                          sender -> service; what it acknowledged leaves the spool

Imports stand inside functions where only some commands need them: every event is a new process,
and the agent waits for what it loads. Needs POSIX (flock), Python 3.9 or later.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

STARTED = time.monotonic()
Tap = dict[str, Any]

MOST_INPUT = 8 * 2**20  # bytes of one event
MOST_PROMPT, MOST_OUTPUT, MOST_COMMAND, MOST_TEXT = 19_900, 3_900, 3_900, 500  # characters
MOST_ITEMS, MOST_DEPTH, MOST_PARAMETERS = 30, 4, 12_000
MOST_BEGUN = 50  # calls of tools whose end is awaited, in a session
MOST_TAPS, MOST_BODY = 500, 2**19  # of one request, the latter in bytes
MOST_REPLY = 2**20  # bytes
MOST_ASIDE = 8 * 2**20  # bytes of what was refused, and of what was torn
LONGEST_PAUSE_S = 60.0
MOST_STUMBLES = 30  # over one tap, half an hour at the least
KEPT_TURNS_S = 30 * 24 * 3600.0


class Settings(NamedTuple):
    """From the environment; what is not usable there is as if it were not set."""

    url: str
    key: str
    budget_s: float
    spool: str
    spool_bytes: int


def settings_of(env: dict[str, str]) -> Settings:
    url = env.get("KERNELWEAVE_URL", "").strip().rstrip("/") or "http://127.0.0.1:8000"
    state = env.get("XDG_STATE_HOME") or os.path.join(
        env.get("HOME") or os.path.expanduser("~"), ".local", "state"
    )
    return Settings(
        url=url[: -len("/v1")] if url.endswith("/v1") else url,
        key=env.get("KERNELWEAVE_API_KEY", "").strip(),
        budget_s=_number(env.get("KERNELWEAVE_HOOK_BUDGET_MS"), 400, low=50, high=60_000) / 1000,
        spool=env.get("KERNELWEAVE_SPOOL") or os.path.join(state, "kernelweave-hook"),
        spool_bytes=int(_number(env.get("KERNELWEAVE_SPOOL_MB"), 64, low=0.01, high=1e6) * 2**20),
    )


def _number(text: str | None, default: float, *, low: float, high: float) -> float:
    try:
        number = float(text or default)
    except ValueError:
        return default
    return number if low <= number <= high else default


# What follows, up to the last "until here", is a copy of trajectories/taps/secret_*.py.
# --- How secrets look -----------------------------------------------------------------------------

KEYS = "access account auth encryption fernet hmac jwt master openai private secret shared signing"
WORDS = (
    r"passw(?:or)?ds?|passwd|passwort|kennwort|passphrase|passcode|pwd|secrets?|token|api[ _-]?key"
    r"|credentials?|session[_-]?id|cookie|client[_-]?key[_-]?data|pass|pw|"
    + "|".join(rf"{kind}[ _-]?key" for kind in [*KEYS.split(), "storage"])
)
MORE = r"(?:[_-]?(?:base|confirm(?:ation)?|repeat(?:ed)?|string|value|\d{1,4}))?"
SECRET_NAME = re.compile(
    rf"[\w.:-]{{0,60}}?(?:{WORDS.replace('|pass|pw|', '|(?<=[_-])(?:pass|pw)|')}){MORE}"
    r"|(?:proxy-)?authorization|bearer|jwt"
)
# A name, what closes its quotes, and how the value is joined to it. Of lower case: so is the text.
NAMED = re.compile(
    rf"(?P<word>{WORDS}){MORE}(?P<close>\\{{0,8}}[\"'`]?\]?)(?P<sign>"
    r"(?P<blanks>[ \t]{0,40})(?P<equals>:[ \t]{0,4}(?:str|string)[ \t]{0,4}=(?!=)|=>|:=|=(?!=)"
    r"|:(?!:)|＝|：)(?P<after>[ \t]{0,40}(?:\r?\n[ \t]{0,40}(?![\w.-]{1,80}[ \t]{0,9}[:=]))?)"
    r"|(?P<value>\s{0,4},?\s{1,40}\\{0,8}[\"']?value\\{0,8}[\"']?\s{0,4}:\s{0,4}"
    r"|,\\{0,8}[\"']value\\{0,8}[\"']\s{0,4}:\s{0,4})"
    r"|(?P<comma>,[ \t]{0,40})|(?P<is>[ \t]{1,4}is[ \t:]{1,4})|(?P<blank>[ \t]{1,40})"
    r"|(?P<tag>>)|(?P<call>\([ \t]{0,4}))"
)
IN_CALL = re.compile(
    r"(?:define|putenv|[gs]etenv|setdefault|environ\.get|put|set\w*|add\w*|append|header)"
    r"\([ \t]{0,4}\\?[\"'][\w.-]*$"
)
IN_LIST = re.compile(r"[\"']--?[\w-]*$")
OPTION = re.compile(r"(?:^|[\s\"'(\[])--?[\w-]*$")
NETRC = re.compile(r"\blogin\s+\S+\s+$")
SETTING = re.compile(r"\b(?:set|setx|setenv|export)(?:[ \t]+-\w+)?[ \t]+[\w.]*$")
SETTER = re.compile(r"(?:set|with(?!out))\w*$")
TAG = re.compile(r"<[\w:.-]*$")
LINE = re.compile(r"(?:^|\n)[ \t]*(?:- )?[\w.-]*$")

# What stands there and is none: a placeholder, a variable, a type, a call.
NOTHING = re.compile(r"(?i)\[redacted\]|\*+|\.{2,}|…|x{3,}|[-_]+|[)\]}>,;:.\\]+|none|null")
VARIABLE = re.compile(
    r"\$[A-Z_][A-Z0-9_]*|\$[a-z_]+|\$env:\w+|\$\{\w+\}|\$\{\w+:?\?[^}]*\}?|\$\([\w./-]*|\$\(.*\)"
    r"|\[+[a-z ]+\]+|<[A-Za-z][A-Za-z _.-]*>?|\{[A-Za-z_.!]*\}|%\(\w+\)[sd]|%[dqrsv]"
    r"|%[A-Z_]+%|\$?\{\{(?:.*\}\})?"
)
TYPE = re.compile(
    r"(?i)true|false|nil|undefined|yes|no|bearer|basic|str|string|secretstr|[iu]?int\d{0,3}|number"
    r"|float\d{0,2}|bool|boolean|bytes|object|any|optional|required|[A-Z]\w*<[\w<>]*"
)
MEMBER = re.compile(
    r"(?:self|this|cls|os|settings|config|process|args|options|opts|request|req|ctx|context|env"
    r"|params|data|event|app|secrets|vars?|inputs|response|resp|res|result|user|client)\.[\w.\[\]]+"
)
CALL = re.compile(r"[A-Za-z_][\w.:]*[(\[]")
SAME = re.compile(rf"(?i)(?:[a-z_][a-z_.]*[_.])?(?:{WORDS})")
PATH = re.compile(r"[/~.]|[A-Za-z]:[\\/]")
PLAIN = re.compile(r"[A-Za-z_.]{1,15}")
NO_WORD = re.compile(r"[\d$@!%^+/]|=$")
PROSE = re.compile(
    r"(?i)(?:a|an|and|are|arguments?|as|at|by|can|flags?|for|from|here|if|in|instead|into|is|it|must|not"
    r"|of|on|options?|or|parameters?|should|so|that|the|then|to|value|was|when|which|will|with)[,.:;]?"
)
STATES = re.compile(
    r"(?i)changed|empty|expired|failed|hidden|incorrect|invalid|mismatch|missing|must|none|ok|only"
    r"|optional|required|reset|string|text|the|too|unknown|unset|updated|valid|weak|wrong|yes"
)
ALGORITHM = re.compile(r"(?i)(?:sha|md|base|utf|aes|ed|hs|rs|es|x|ascii|oauth|v)-?\d[\w.-]*")

OPENS = re.compile(
    r"(?:[bfruBFRU]{1,2}(?=[\"'])|[$@](?=[\"']))?(?P<escaped>\\{0,8})(?P<quote>\"{3}|'{3}|[\"'`])"
)
TO_END = {
    '"': re.compile(r"(?:[^\"\\\n]|\\.)*"),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*"),
    "`": re.compile(r"[^`\n]*"),
}
TO_QUOTE = {quote: re.compile(rf"[^{quote}\n]*") for quote in "\"'`"}
BARE = re.compile(r"(?:[^\s\"'`&\\;,]|\\(?![nrt])|[;,](?![A-Za-z_][\w.-]{0,60}[=:]))*")
TO_TAG = re.compile(r"[^<\n]*")
PAIRS = ((")", "("), ("]", "["), ("}", "{"), (">", "<"))
TO_LINE_END = re.compile(r"[^\n]*")
NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789_.-"

KEY_BLOCK = re.compile(r"-----(?P<edge>BEGIN|END) [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
KEY_CHARACTERS = NAME_CHARACTERS[:36] + NAME_CHARACTERS[:26].upper() + "+/=\\"
ADDRESS = re.compile(r"://(?P<authority>[^\s\"'<>`/?#\\]+)")
SLASHED = re.compile(r"[/?#][^\s\"'<>`@]{1,200}(?=@)")
QUERY = re.compile(
    r"(?i)[?&](?:sig|signature|[\w-]{0,40}?(?:token|api[_-]?key|secret|password)|auth|key|x-(?:amz|goog)-(?:signature|credential))="
    r"(?P<value>[^&\s\"']+)"
)
AUTHORIZATION = re.compile(
    r"(?i)(?<![a-z])(?:proxy-)?authorization\\{0,8}[\"']?\]?[ \t]{0,9}[:=][ \t]{0,9}"
    r"(?P<open>\\{0,8}[\"'])?(?:(?P<scheme>(?:bearer|basic|token|bot|apikey)[ \t]{1,9})"
    r"|(?P<long>(?:digest|negotiate|oauth|hmac|signature|aws4-hmac-sha256)[ \t]{1,9}))?"
)
CREDENTIALS = re.compile(r"[^\s\"'`,;\\]*")
COOKIE = re.compile(r"(?i)(?<![\w-])(?:set-)?cookie:[ \t]{0,9}(?=[\w.-]{1,100}=)")
COOKIES = re.compile(r"[^\"'\n\\]*")
BEARER = re.compile(
    r"(?i)(?<![\w-])(?P<scheme>bearer|basic)[ \t]{1,9}(?P<value>[a-z0-9+/=._~-]{8,})"
)
USER = re.compile(
    r"(?<!\S)(?P<option>-u|-u[ \t]{1,9}|--(?:proxy-)?user(?:[ \t]{1,9}|=))(?P<quote>\\?[\"']?)"
    r"(?P<name>[^\s:\"'=]{1,100}):"
)
COMMAND = re.compile(
    r"(?<![\w.-])(?P<tool>sshpass|mysql\w{0,20}|mariadb\w{0,20}|curl|zip|unzip|7za?|redis-cli"
    r"|htpasswd|openssl|(?:docker|podman|skopeo|oras|registry)[ \t]{1,9}login)(?=[ \t])"
)
COMMAND_END = re.compile(r"[\n;|]|&&")
TOOLS = [
    (tool, re.compile(rf"(?<!\S){option}"))
    for tool, option in (
        ("sshpass", r"-p[ \t]{0,9}"),
        ("login", r"-p[ \t]{0,9}"),
        ("mysql", r"-p(?=[^\s-])"),
        ("mariadb", r"-p(?=[^\s-])"),
        ("curl", r"(?:-b|--cookie)[ \t]{1,9}(?=[\"']?[\w.-]{1,100}=)"),
        ("zip", r"-P[ \t]{0,9}"),
        ("unzip", r"-P[ \t]{0,9}"),
        ("7z", r"-p(?=[^\s-])"),
        ("redis-cli", r"-a[ \t]{1,9}"),
        ("htpasswd", r"-\w{0,8}b\w{0,8}[ \t]+\S+[ \t]+\S+[ \t]+"),
        ("openssl", r"-pass(?:in|out)?[ \t]{1,9}pass:"),
    )
]
FORMS = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<sure>(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"
    r"|whsec_[A-Za-z0-9+/=]{16,}|gh[opsru]_[A-Za-z0-9]{20,}|github_pat_\w{20,}"
    r"|gl(?:pat|sa|dt|rt|cbt|ptt)[-_][\w-]{16,}|GR1348941[\w-]{16,}|xox[a-z]-[\w-]{10,}"
    r"|xapp-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}(?!\w)|AIza[\w-]{30,}|ya29\.[\w-]{16,}"
    r"|GOCSPX-[\w-]{20,}|1//0[\w-]{20,}|pypi-[\w-]{20,}|do[opr]_v1_[a-f0-9]{40,}"
    r"|SG\.[\w-]{10,40}\.[\w-]{20,}|\d{8,10}:[\w-]{35}(?![\w-])|(?:gsk|hf|npm)_[A-Za-z0-9]{20,}"
    r"|hv[bsr]\.[\w-]{20,}|dckr_(?:pat|oat)_[\w-]{16,}|shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{20,}|NRAK-[A-Z0-9]{20,}|dapi[a-f0-9]{32}|lin_api_\w{20,}"
    r"|ntn_[A-Za-z0-9]{20,}|figd_[\w-]{20,}|ATATT[\w=-]{20,}|lsv2_(?:pt|sk)_\w{20,}"
    r"|sq0(?:atp|csp|idp)-[\w-]{20,}|key-[a-f0-9]{32}(?!\w)|SK[a-f0-9]{32}(?!\w)"
    r"|[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{27,38}(?![\w-])"
    r"|(?<=discord\.com/api/webhooks/)\d{10,25}/[\w-]{30,}"
    r"|(?<=discordapp\.com/api/webhooks/)\d{10,25}/[\w-]{30,}"
    r"|(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{20,}"
    r"|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{5,})"
    r"|(?:sk|pk|rk|kw)[-_][\w-]{16,}|r8_[A-Za-z0-9]{20,}|(?:xai|pplx)-[A-Za-z0-9]{20,}"
    r"|secret_[A-Za-z0-9]{30,})"
)
# --- How secrets look: until here -----------------------------------------------------------------


# --- Where a value ends ---------------------------------------------------------------------------

Span = tuple[int, int]


def value_at(text: str, at: int) -> tuple[Span, str]:
    """Where a value stands that begins here, and its quotes. Open ones run to the line's end."""
    opening = OPENS.match(text, at)
    if opening is None:
        return (at, at + _length(text[at : ends(BARE, text, at)])), ""
    quote, start = opening["quote"], opening.end()
    if len(quote) == 3:
        end = text.find(quote, start)
        return (start, end if end >= 0 else ends(TO_LINE_END, text, start)), quote
    escapes = len(opening["escaped"])
    if not escapes:
        return (start, ends(TO_END[quote], text, start)), quote
    end = start
    while True:
        end = ends(TO_QUOTE[quote], text, end)
        closing = escapes_before(text, end, escapes + 1)
        if closing <= escapes or text[end : end + 1] != quote:
            return (start, max(start, end - closing)), quote
        end += 1


def ends(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def escapes_before(text: str, end: int, most: int) -> int:
    count = 0
    while count < most and text[end - count - 1] == "\\":
        count += 1
    return count


def _length(bare: str) -> int:
    """Of a value without quotes, less what belongs to the sentence or the code around it."""
    end = len(bare.rstrip("\\"))
    unopened = {close: bare.count(close, 0, end) - bare.count(o, 0, end) for close, o in PAIRS}
    while end and (bare[end - 1] in ",;:" or unopened.get(bare[end - 1], 0) > 0):
        if bare[end - 1] in unopened:
            unopened[bare[end - 1]] -= 1
        end -= 1
    return end


# --- Where a value ends: until here ---------------------------------------------------------------


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


# --- What leaves this machine: without secrets, within bounds -------------------------------------


def redacted(text: str) -> str:
    """Without what has the form of a key or token, or is named as a secret.

    Not covered: a secret that has no form of its own and that nothing names.
    """
    return without_secrets(text)[0]


def clean(text: str, most: int) -> str:
    """Redacted, and of what is longer than `most` the beginning and the end, with how much is cut.

    Of a long text only those ends are read, up to a blank, with as much around them: half a secret
    would not be known for one.
    """
    if len(text) <= 4 * most:
        head = tail = redacted(_writable(text))
        more = len(head) - most
    else:
        head, tail = text[: 2 * most], text[-2 * most :]
        last = max(head.rfind(" ", most), head.rfind("\n", most))
        first = re.search(r"\s", tail[:most])
        head = redacted(_writable(head[:last] if last > 0 else head))
        tail = redacted(_writable(tail[first.start() :] if first else tail))
        more = len(text) - most
    if more <= 0:
        return head
    begun = most // 3
    return f"{head[:begun]}\n[cut: {more} characters]\n{tail[begun - most :]}"


def _writable(text: str) -> str:
    """Without what no database takes: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


# Of these parameters only the length is told.
CONTENTS = re.compile(
    r"contents?|file_text|insert_text|new_source|patch|diff|structuredPatch|originalFile"
    r"|(?:old|new)_(?:string|str|text)|(?:old|new)String"
)
COMMANDS = re.compile(r"command|cmd|script")
FILE_TOOLS = re.compile(r"Read|Write|Edit|MultiEdit|NotebookRead|NotebookEdit")


def key_parameters(given: Any) -> dict[str, Any]:
    """What a tool was asked: paths and commands, no contents of files, all within bounds."""
    found = _kept(given if isinstance(given, dict) else {"input": given}, "", 0)
    if len(json.dumps(found)) <= MOST_PARAMETERS:
        return dict(found)
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _kept(value: Any, name: str, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and not CONTENTS.fullmatch(name):
        return clean(value, MOST_COMMAND if COMMANDS.fullmatch(name) else MOST_TEXT)
    if isinstance(value, (int, float)):
        return value if -(2**53) < value < 2**53 else str(value)[:MOST_TEXT]
    if not value or depth >= MOST_DEPTH or CONTENTS.fullmatch(name):
        return _left_out(value) if value else value
    note = f"[left out: {len(value) - MOST_ITEMS} items]"
    if isinstance(value, list):
        items = [_kept_item(value, at, depth + 1) for at in range(min(len(value), MOST_ITEMS))]
        return [*items, note] if len(value) > MOST_ITEMS else items
    names = list(value)[:MOST_ITEMS]
    secret = secret_properties({each: value[each] for each in names})
    found = {
        _line(each, 100): _hidden(value[each])
        if each in secret
        else _kept(value[each], each, depth + 1)
        for each in names
    }
    return {**found, "...": note} if len(value) > MOST_ITEMS else found


def _kept_item(items: list[Any], at: int, depth: int) -> Any:
    """Of a list: what follows an option that is named as a secret is one."""
    item = items[at]
    if follows_a_name(items, at):
        return _hidden(item)
    if isinstance(item, str) and len(item) <= 4 * MOST_TEXT:
        return clean(without_secrets_in_argument(items, at)[0], MOST_TEXT)
    return _kept(item, "", depth)


def _hidden(value: Any) -> Any:
    return value if isinstance(value, bool) or value in (None, "") else MARK


def _left_out(value: Any) -> str:
    size = len(value) if isinstance(value, str) else len(json.dumps(value))
    return f"[left out: {size} characters]"


# --- What was heard -------------------------------------------------------------------------------


class Heard(NamedTuple):
    """An event of any agent. `fields` are the tap's own; `call` names a tool's call.

    `kind`: start, prompt, before, tool, stop, end, or "" for what is of no use. `where`: the agent
    and its directory.
    """

    kind: str
    session: str
    where: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    call: str = ""


def heard_of(payload: dict[str, Any]) -> Heard:
    """Of Claude Code's payloads (`hook_event_name`) or of the generic form (`event`)."""
    return _of_claude(payload) if "hook_event_name" in payload else _of_any(payload)


def _of_claude(payload: dict[str, Any]) -> Heard:
    name, session = _text(payload["hook_event_name"]), _session(payload.get("session_id"))
    where = {"agent": "claude-code", "cwd": _line(payload.get("cwd"), 1000)}
    if name == "UserPromptSubmit":
        prompt = _text(payload.get("prompt"))
        skill = re.match(r"/([A-Za-z0-9][\w:-]{0,80})(?!\S)", prompt)
        fields = {"prompt": clean(prompt, MOST_PROMPT), **({"skill": skill[1]} if skill else {})}
        return Heard("prompt", session, where, fields)
    if name in ("PreToolUse", "PostToolUse", "PostToolUseFailure"):
        return _of_claude_tool(payload, name, session, where)
    if name in ("Stop", "StopFailure"):
        said = _said({"output": clean(_text(payload.get("last_assistant_message")), MOST_PROMPT)})
        return Heard("stop", session, where, {**said, **({"ok": False} if name != "Stop" else {})})
    return Heard({"SessionStart": "start", "SessionEnd": "end"}.get(name, ""), session, where)


def _of_claude_tool(
    payload: dict[str, Any], name: str, session: str, where: dict[str, Any]
) -> Heard:
    tool, asked = _line(payload.get("tool_name"), 200) or "unknown", payload.get("tool_input")
    call = _line(payload.get("tool_use_id"), 200) or _fingerprint(tool, json.dumps(asked))
    if name == "PreToolUse":
        return Heard("before", session, where, {}, call)
    ok, error, output = outcome(tool, payload.get("tool_response"))
    if name == "PostToolUseFailure":
        ok, error = False, clean(_text(payload.get("error")), MOST_OUTPUT)
    fields = {"tool": tool, "parameters": key_parameters(asked or {}), "ok": ok}
    fields.update({**_said({"error": error, "output": output}), **_duration(payload)})
    return Heard("tool", session, where, fields, call)


def outcome(tool: str, response: Any) -> tuple[bool, str, str]:
    """Whether a tool that ended did what it was asked, its error, and its output within bounds."""
    said = response if isinstance(response, dict) else {}
    codes = [said.get(name) for name in ("exit_code", "exitCode", "returncode")]
    failed = (
        any(said.get(name) is True for name in ("is_error", "isError", "interrupted"))
        or said.get("success") is False
        or any(isinstance(code, int) and code != 0 for code in codes)
    )
    error = _text(said.get("error") or said.get("stderr")) if failed else ""
    if FILE_TOOLS.fullmatch(tool):
        output = _left_out(response) if response else ""
    else:
        output = clean(_output(response), MOST_OUTPUT)
    return not failed, clean(error, MOST_OUTPUT), output


def _output(response: Any) -> str:
    if isinstance(response, list):
        return "\n".join(_output(item) for item in response[:MOST_ITEMS])
    if not isinstance(response, dict):
        return _text(response)
    if "stdout" in response:
        parts = (_text(response["stdout"]), _text(response.get("stderr")))
        return "\n".join(part for part in parts if part)
    for name in ("content", "text", "output", "result", "message"):
        if response.get(name):
            return _output(response[name])
    if isinstance(response.get("filenames"), list):
        return "\n".join(map(_text, response["filenames"][:200]))
    return json.dumps(key_parameters(response)) if response else ""


_OF_ANY = {
    "session_start": "start",
    "prompt": "prompt",
    "tool": "tool",
    "stop": "stop",
    "session_end": "end",
}


def _of_any(payload: dict[str, Any]) -> Heard:
    kind, session = _OF_ANY.get(_text(payload.get("event")), ""), _session(payload.get("session"))
    where = {"agent": _line(payload.get("agent"), 60), "cwd": _line(payload.get("cwd"), 1000)}
    fields: dict[str, Any] = {}
    if kind == "prompt":
        skill = _said({"skill": _line(payload.get("skill"), 200)})
        fields = {"prompt": clean(_text(payload.get("prompt")), MOST_PROMPT), **skill}
    elif kind == "tool":
        said = {name: clean(_text(payload.get(name)), MOST_OUTPUT) for name in ("error", "output")}
        asked = key_parameters(payload.get("parameters") or {})
        fields = {"tool": _line(payload.get("tool"), 200) or "unknown", "parameters": asked}
        fields.update({**_said(said), **_flags(payload, "ok"), **_duration(payload)})
    elif kind == "stop":
        output = clean(_text(payload.get("output")), MOST_PROMPT)
        fields = _said({"output": output, "model": _line(payload.get("model"), 200)})
        fields.update(_flags(payload, "ok", "build_succeeded"))
        fields.update(_counts(payload, "prompt_tokens", "completion_tokens"))
    return Heard(kind, session, _said(where), fields)


def _session(named: Any) -> str:
    return _line(named, 200) or "unnamed"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def _line(value: Any, most: int) -> str:
    """A name or a path: short, or its beginning."""
    return redacted(_writable(_text(value)[: 4 * most]))[:most]


def _flags(payload: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: payload[name] for name in names if isinstance(payload.get(name), bool)}


def _said(fields: dict[str, str]) -> dict[str, Any]:
    return {name: text for name, text in fields.items() if text}


def _counts(payload: dict[str, Any], *names: str) -> dict[str, int]:
    given = {name: payload.get(name) for name in names}
    return {
        name: count
        for name, count in given.items()
        if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 2**31
    }


def _duration(payload: dict[str, Any]) -> dict[str, float]:
    ms = payload.get("duration_ms")
    if isinstance(ms, (int, float)) and not isinstance(ms, bool) and 0 <= ms <= 1e9:
        return {"duration_ms": ms}
    return {}


def payload_of(raw: bytes) -> dict[str, Any] | None:
    """The JSON object, or of one that is too long or broken off what its beginning says."""
    try:
        whole = json.loads(raw) if len(raw) <= MOST_INPUT else None
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict):
        return whole
    begun = raw[:65_536].decode("utf-8", "replace").lstrip()
    if not begun.startswith("{"):
        return None
    names = "session_id|hook_event_name|tool_name|tool_use_id|cwd|event|session|tool"
    pairs = re.findall(rf'"({names})"\s*:\s*"([^"\\]{{0,1000}})"', begun)
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    note = "[left out: an event that is no whole JSON, or a longer one than is read]"
    return {**found, "tool_input": {"note": note}, "parameters": {"note": note}} if found else None


# --- From what was heard to taps ------------------------------------------------------------------


class Turn(NamedTuple):
    """Where a session stands: its newest trajectory, and when calls began that have not ended."""

    trajectory: str = ""
    is_open: bool = False
    begun: dict[str, float] = {}


def taps_of(
    heard: Heard, turn: Turn, at: float, fresh: Callable[[], str]
) -> tuple[list[Tap], Turn | None]:
    """The taps that follow, and where the session stands then (None: it has ended).

    What a tool does after the agent stopped, with no new prompt, still belongs to the last one.
    """
    when, session = {"at": stamp(at)}, {"session": heard.session}
    closing = [{"tap": "close", "trajectory": turn.trajectory, **when}] if turn.is_open else []
    opening = {"tap": "open", **session, "source": "hook", **when, **heard.where}
    if heard.kind == "prompt":
        trajectory = fresh()
        return [*closing, {**opening, "id": trajectory, **heard.fields}], Turn(trajectory, True)
    if heard.kind == "before":
        begun = dict(list(turn.begun.items())[1 - MOST_BEGUN :])
        return [], turn._replace(begun={**begun, heard.call: at})
    if heard.kind == "tool":
        trajectory = turn.trajectory or fresh()
        opened = [] if turn.trajectory else [{**opening, "id": trajectory, "prompt": ""}]
        event = {"tap": "event", "trajectory": trajectory, "id": fresh(), **when, **heard.fields}
        begun = dict(turn.begun)
        since = begun.pop(heard.call, None)
        if since is not None:
            event.setdefault("duration_ms", round(max(0.0, at - since) * 1000, 3))
        return [*opened, event], Turn(trajectory, True, begun)
    if heard.kind == "stop":
        return [{**tap, **heard.fields} for tap in closing], Turn(turn.trajectory)
    if heard.kind == "end" and turn.trajectory:
        return [*closing, {"tap": "end", **session, **when}], None
    return [], turn


def stamp(at: float) -> str:
    """RFC 3339, in UTC, to the millisecond."""
    ms = round(at * 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"


def uuid_of(sixteen: bytes) -> str:
    """A UUID (version 4) of these bytes."""
    number = int.from_bytes(sixteen, "big") & ~(0xF << 76) & ~(0x3 << 62) | 4 << 76 | 2 << 62
    hexed = f"{number:032x}"
    return "-".join((hexed[:8], hexed[8:12], hexed[12:16], hexed[16:20], hexed[20:]))


def fresh_id() -> str:
    return uuid_of(os.urandom(16))


def _fingerprint(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()[:40]


# --- The spool ------------------------------------------------------------------------------------


class Line(NamedTuple):
    """A tap of the spool, and where in its segment the next one begins."""

    tap: Tap
    end: int


class Batch(NamedTuple):
    """What is to be sent next, of one segment."""

    segment: str
    lines: list[Line]


@contextmanager
def held(path: str, until: float) -> Iterator[bool]:
    """Holds the lock, or says False when it is not to be had until then (monotonic seconds)."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        got = _locked(handle)
        while not got and time.monotonic() < until:
            time.sleep(0.002)
            got = _locked(handle)
        yield got
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Spool:
    """Taps on disk, in segments that are only appended to: `taps-NUMBER.jsonl`, the oldest first.

    How far a segment was sent stands beside it (`.sent`). Whoever appends, makes or removes a
    segment holds `spool.lock`; whoever sends holds `sender.lock`. When the spool is full, the
    oldest segment goes, and `dropped.json` counts its taps.
    """

    def __init__(self, directory: str, most_bytes: int) -> None:
        self._directory, self._most = directory, most_bytes
        os.makedirs(os.path.join(directory, "sessions"), mode=0o700, exist_ok=True)
        found = os.stat(directory)
        if found.st_uid != os.getuid():
            raise PermissionError(f"{directory} is another user's")
        if found.st_mode & 0o077:
            os.chmod(directory, 0o700)

    def path(self, name: str) -> str:
        return os.path.join(self._directory, name)

    def hear(self, heard: Heard, *, at: float, until: float) -> list[Tap]:
        """Stores what follows from it, and where its session stands then."""
        with held(self.path("spool.lock"), until) as locked:
            turn = self._turn(heard.session)
            taps, after = taps_of(heard, turn, at, fresh_id)
            if taps:
                self._append(taps) if locked else self._append_apart(taps)
            if after != turn:
                self._keep_turn(heard.session, after)
        return taps

    def append(self, taps: list[Tap]) -> None:
        with held(self.path("spool.lock"), time.monotonic() + 30) as locked:
            self._append(taps) if locked else self._append_apart(taps)

    def _append(self, taps: list[Tap]) -> None:
        handle = os.open(
            self.path(self._current()), os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            try:
                _write(handle, b"\n" * torn + _as_lines(taps))
            except OSError:
                os.ftruncate(handle, size)
                raise
            os.fsync(handle)
        finally:
            os.close(handle)
        if not size:
            self._sync_directory()

    def _append_apart(self, taps: list[Tap]) -> None:
        """Without the lock, which somebody holds for too long: as a new segment, all at once."""
        apart = self.path(f".apart-{os.getpid()}-{time.time_ns()}")
        handle = os.open(apart, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _write(handle, _as_lines(taps))
            os.fsync(handle)
        finally:
            os.close(handle)
        self._publish(apart)

    def _publish(self, apart: str) -> None:
        done = False
        while not done:
            with suppress(FileExistsError):  # Somebody else's new segment: take the next number.
                os.link(apart, self.path(self._new_name(self.segments())))
                done = True
        os.unlink(apart)
        self._sync_directory()

    def _current(self) -> str:
        """The newest segment, or the name of a new one when it is full."""
        segments = self.segments()
        most = max(4096, self._most // 64)
        if segments and os.stat(self.path(segments[-1])).st_size < most:
            return segments[-1]
        sizes = [os.stat(self.path(segment)).st_size for segment in segments]
        while segments and sum(sizes) > self._most:
            self._drop(segments.pop(0))
            sizes.pop(0)
        return self._new_name(segments)

    def _new_name(self, segments: list[str]) -> str:
        last = int(segments[-1][len("taps-") : -len(".jsonl")]) if segments else 0
        return f"taps-{max(time.time_ns(), last + 1):020d}.jsonl"

    def _drop(self, segment: str) -> None:
        with open(self.path(segment), "rb") as file:
            file.seek(self._sent(segment))
            lost = file.read().count(b"\n")
        known = self.note("dropped").get("taps", 0)
        self.keep_note("dropped", {"taps": known + lost, "at": stamp(time.time())})
        self._remove(segment)

    def _remove(self, segment: str) -> None:
        os.unlink(self.path(segment))
        _unlink(self._sent_path(segment))

    def _sync_directory(self) -> None:
        handle = os.open(self._directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def segments(self) -> list[str]:
        return sorted(
            name
            for name in os.listdir(self._directory)
            if name.startswith("taps-") and name.endswith(".jsonl")
        )

    def next_batch(self, most_taps: int) -> Batch | None:
        """What to send next. What was torn is set aside, segments that are through are removed."""
        for segment in self.segments():
            while True:
                lines, torn, end = self._read(segment, self._sent(segment), most_taps)
                if lines:
                    return Batch(segment, lines)
                if not end:
                    break
                self._set_aside_torn(torn)
                self._keep_sent(segment, end)
            self._remove_finished(segment)
        return None

    def _read(self, segment: str, offset: int, most_taps: int) -> tuple[list[Line], bytes, int]:
        """Taps up to what is torn; with that, and where it ends (0: nothing is torn)."""
        try:
            with open(self.path(segment), "rb") as file:
                file.seek(offset)
                read = file.read(MOST_BODY)
        except FileNotFoundError:
            return [], b"", 0
        if len(read) < MOST_BODY or b"\n" in read:
            read = read[: read.rfind(b"\n") + 1]
        lines: list[Line] = []
        for raw in read.splitlines(keepends=True):
            tap = _tap(raw)
            if tap is None:
                return lines, raw, offset + len(raw)
            offset += len(raw)
            lines.append(Line(tap, offset))
            if len(lines) == most_taps:
                break
        return lines, b"", 0

    def _remove_finished(self, segment: str) -> None:
        with held(self.path("spool.lock"), time.monotonic() + 5) as locked:
            if not locked or segment not in self.segments():
                return
            with open(self.path(segment), "rb") as file:
                file.seek(self._sent(segment))
                rest = file.read()
            if b"\n" in rest:
                return
            # With the lock held nobody is writing: what has no end by now was torn.
            self._set_aside_torn(rest)
            self._remove(segment)

    def settle(self, batch: Batch, results: list[Any]) -> int:
        """Lets go of what was acknowledged, in order; returns how many were stored or refused."""
        known = ("stored", "refused")
        statuses = [each.get("status") if isinstance(each, dict) else None for each in results]
        final = next((i for i, each in enumerate(statuses) if each not in known), len(statuses))
        refused = [
            {"at": stamp(time.time()), "detail": clean(_text(result.get("detail")), MOST_TEXT)}
            | {"tap": line.tap}
            for line, result in zip(batch.lines[:final], results)
            if result["status"] == "refused"
        ]
        self._set_aside("refused.jsonl", _as_lines(refused))
        if final:
            self._keep_sent(batch.segment, batch.lines[final - 1].end)
        return final

    def _set_aside_torn(self, raw: bytes) -> None:
        if raw.strip():
            self._set_aside("torn.jsonl", _as_lines([{"torn": raw.decode("utf-8", "replace")}]))

    def _set_aside(self, name: str, lines: bytes) -> None:
        if not lines:
            return
        path = self.path(name)
        if os.path.exists(path) and os.stat(path).st_size > MOST_ASIDE:
            os.replace(path, f"{path}.old")
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _write(handle, lines)
        finally:
            os.close(handle)

    def _sent_path(self, segment: str) -> str:
        return self.path(segment[: -len("jsonl")] + "sent")

    def _sent(self, segment: str) -> int:
        """Up to where a segment was sent. Segments only grow, and no name is used twice."""
        try:
            with open(self._sent_path(segment), encoding="ascii") as file:
                return int(file.read())
        except (FileNotFoundError, ValueError):
            return 0

    def _keep_sent(self, segment: str, offset: int) -> None:
        self._replace(self._sent_path(segment), str(offset))

    def _turn_path(self, session: str) -> str:
        return self.path(os.path.join("sessions", f"{_fingerprint(session)}.json"))

    def _turn(self, session: str) -> Turn:
        known = _read_object(self._turn_path(session))
        try:
            begun = {str(call): float(at) for call, at in known.get("begun", {}).items()}
            return Turn(str(known["trajectory"]), bool(known["open"]), begun)
        except (KeyError, TypeError, ValueError, AttributeError):
            return Turn()

    def _keep_turn(self, session: str, turn: Turn | None) -> None:
        if turn is None:
            _unlink(self._turn_path(session))
            return
        known = {"trajectory": turn.trajectory, "open": turn.is_open, "begun": turn.begun}
        self._replace(self._turn_path(session), json.dumps(known))

    def note(self, name: str) -> dict[str, Any]:
        return _read_object(self.path(f"{name}.json"))

    def keep_note(self, name: str, note: dict[str, Any]) -> None:
        self._replace(self.path(f"{name}.json"), json.dumps(note))

    def _replace(self, path: str, text: str) -> None:
        apart = f"{path}.{os.getpid()}.tmp"
        with open(os.open(apart, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        os.replace(apart, path)

    def tidy(self) -> None:
        """Takes care of what processes and sessions that ended early have left behind."""
        names = set(os.listdir(self._directory))
        sessions = [os.path.join("sessions", name) for name in os.listdir(self.path("sessions"))]
        for name in [*names, *sessions]:
            path = self.path(name)
            with suppress(FileNotFoundError):
                age_s = time.time() - os.stat(path).st_mtime
                if name.startswith(".apart-") and age_s > LONGEST_PAUSE_S:
                    self._publish(path)
                orphan = name.endswith(".sent") and f"{name[:-5]}.jsonl" not in names
                old = (name.endswith(".tmp") or name in sessions) and age_s > KEPT_TURNS_S
                if orphan or old:
                    os.unlink(path)

    def waiting(self) -> list[Tap]:
        """All taps that were not acknowledged, the oldest first."""
        found: list[Tap] = []
        for segment in self.segments():
            with suppress(FileNotFoundError), open(self.path(segment), "rb") as file:
                file.seek(self._sent(segment))
                found += [tap for raw in file if (tap := _tap(raw)) is not None]
        return found

    def count_aside(self, name: str) -> int:
        count = 0
        for path in (self.path(name), self.path(f"{name}.old")):
            if os.path.exists(path):
                with open(path, "rb") as file:
                    count += sum(1 for _ in file)
        return count


def _tap(raw: bytes) -> Tap | None:
    try:
        tap = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return tap if isinstance(tap, dict) and isinstance(tap.get("tap"), str) else None


def _as_lines(values: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(value) + "\n" for value in values).encode("ascii")


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _read_object(path: str) -> dict[str, Any]:
    """The JSON object of a file; nothing of one that is missing or was torn."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


# --- Sending --------------------------------------------------------------------------------------


class Failure(Exception):
    """The service did not take what was sent; it stays in the spool."""


class Rejected(Failure):
    """The service read the request and will never take it."""


class Stumbled(Failure):
    """The service failed on the request itself, not for want of one of its parts."""


Post = Callable[[list[Tap]], list[Any]]


def post_to(settings: Settings, limit_s: float) -> Post:
    """What posts taps and returns the service's results, one for each.

    It answers within `limit_s`, whatever the service does: names are looked up, and bytes awaited,
    in a thread that is left behind when the time is up.
    """
    from threading import Thread

    def post(taps: list[Tap]) -> list[Any]:
        answers: list[list[Any] | Exception] = []

        def exchange() -> None:
            try:
                answers.append(_results(_exchange(settings, {"taps": taps}, limit_s), len(taps)))
            except Exception as error:
                answers.append(error)

        thread = Thread(target=exchange, daemon=True)
        thread.start()
        thread.join(limit_s)
        if not answers:
            raise Failure(f"no whole answer within {limit_s:g} s")
        answer = answers[0]
        if isinstance(answer, Failure):
            raise answer
        if isinstance(answer, Exception):
            raise Failure(f"{type(answer).__name__}: {answer}") from answer
        return answer

    return post


def _exchange(settings: Settings, body: dict[str, Any], limit_s: float) -> bytes:
    """The body of a reply with status 200. Follows no redirect: the key is for this service."""
    from http.client import HTTPConnection, HTTPSConnection
    from urllib.parse import urlsplit

    address = urlsplit(settings.url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise Failure(f"KERNELWEAVE_URL is no address: {settings.url[:200]}")
    if not (settings.key.isascii() and settings.key.isprintable()):
        raise Failure("KERNELWEAVE_API_KEY cannot be sent")
    made = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = made(address.hostname, address.port, timeout=2 * limit_s)  # `post` is sooner.
    headers = {"Authorization": f"Bearer {settings.key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", f"{address.path}/api/taps", json.dumps(body), headers)
        reply = connection.getresponse()
        read = reply.read(MOST_REPLY)
    finally:
        connection.close()
    if reply.status != 200:
        said = clean(" ".join(read[:2000].decode("utf-8", "replace").split()), 300)
        kinds = {400: Rejected, 413: Rejected, 422: Rejected, 500: Stumbled}
        raise kinds.get(reply.status, Failure)(f"{reply.status} {reply.reason}: {said}")
    return read


def _results(reply: bytes, count: int) -> list[Any]:
    try:
        results = json.loads(reply)["results"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise Failure("what answers there is not KernelWeave") from error
    if not isinstance(results, list) or len(results) != count:
        raise Failure("the reply has not one result for each tap")
    return results


def drain(spool: Spool, post: Post, tell: Callable[[int], None] = lambda sent: None) -> int:
    """Sends until nothing waits; returns how many taps that were.

    Raises Failure, with all that was not acknowledged still there.

    A request that is rejected is sent in halves, down to the tap that is at fault. That is given
    up, if the service answers for another tap, one of no kind, as it should: what rejects whatever
    it is sent must not empty the spool. One that the service stumbles over is tried again first,
    each time that something is sent.
    """
    most, sent = MOST_TAPS, 0
    while batch := spool.next_batch(most):
        try:
            results = post([line.tap for line in batch.lines])
        except (Rejected, Stumbled) as error:
            if len(batch.lines) > 1:
                most = len(batch.lines) // 2
                continue
            post([{"tap": "none"}])
            if isinstance(error, Stumbled) and _stumbles(spool, batch.lines[0].tap) < MOST_STUMBLES:
                raise
            results = [{"status": "refused", "detail": str(error)}]
        most = MOST_TAPS
        settled = spool.settle(batch, results)
        sent += settled
        tell(settled)
        if settled < len(results):
            raise Failure(f"an unknown result: {clean(_text(results[settled]), 200)}")
    return sent


def _stumbles(spool: Spool, tap: Tap) -> int:
    """Counts how often the service has stumbled over this tap, now included."""
    mark = _fingerprint(json.dumps(tap, sort_keys=True))
    known = spool.note("stumbled")
    before = known.get("count") if known.get("tap") == mark else 0
    count = int(_number(_text(before), 0, low=0, high=1e6)) + 1
    spool.keep_note("stumbled", {"tap": mark, "count": count})
    return count


def may_send(spool: Spool, settings: Settings) -> bool:
    """Whether a sender is worth starting: something may wait, and nothing speaks against it."""
    pause = _number(_text(spool.note("sender").get("until")), 0.0, low=0.0, high=1e12) - time.time()
    if not settings.key or 0 < pause <= LONGEST_PAUSE_S or not spool.segments():
        return False
    with held(spool.path("sender.lock"), 0.0) as free:
        return free


def send(spool: Spool, settings: Settings, limit_s: float) -> None:
    """Sends what waits, unless another process is at it; after a failure none tries for a while.

    Raises Failure.
    """
    sent = 1
    while sent and spool.segments():  # Again: who appended meanwhile has left it to this process.
        with held(spool.path("sender.lock"), 0.0) as mine:
            if not mine:
                return
            try:
                spool.tidy()
                sent = drain(spool, post_to(settings, limit_s))
            except Exception as error:
                _note_failure(spool, str(error) or type(error).__name__)
                raise
            _note_success(spool)


def _note_failure(spool: Spool, error: str) -> None:
    failures = int(_number(_text(spool.note("sender").get("failures")), 0, low=0, high=1e6)) + 1
    pause_s = min(LONGEST_PAUSE_S, 2.0 ** min(failures, 10))
    now = time.time()
    note = {"failures": failures, "until": now + pause_s, "error": error, "at": stamp(now)}
    spool.keep_note("sender", note)


def _note_success(spool: Spool) -> None:
    known = spool.note("sender")
    if known.get("failures"):
        spool.keep_note("sender", {**known, "failures": 0, "until": 0})


# --- As a hook ------------------------------------------------------------------------------------


def run_hook(arguments: list[str]) -> None:
    """Hears one event. Never returns, prints nothing, and exits with 0 within the budget.

    What goes wrong is noted in the spool (`status` shows it).
    """
    spool: Spool | None = None
    told = "nothing heard"
    try:
        settings = settings_of(dict(os.environ))
        ends = STARTED + settings.budget_s
        signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
        signal.setitimer(signal.ITIMER_REAL, max(0.001, ends - time.monotonic()))
        os.umask(0o077)
        raw = read_input(until=STARTED + settings.budget_s * 0.6)
        spool = Spool(settings.spool, settings.spool_bytes)
        payload = payload_of(raw)
        if payload is None:
            raise ValueError(f"{len(raw)} bytes that are no event")
        heard = heard_of(payload)
        lock_until = STARTED + settings.budget_s * 0.8
        taps = spool.hear(heard, at=time.time(), until=lock_until) if heard.kind else []
        told = f"{heard.kind or 'no such event'}: {len(taps)} taps"
        if (taps or heard.kind == "start") and may_send(spool, settings):
            sender = start_sender()
            if heard.kind == "end":
                _await(sender, until=ends - 0.02)
    except BaseException as error:
        told = f"{type(error).__name__}: {error}"
        with suppress(OSError):
            if spool:
                spool.keep_note("hook", {"error": told[:500], "at": stamp(time.time())})
    finally:
        with suppress(BaseException):
            if "--verbose" in arguments:
                os.write(2, f"kernelweave-hook: {' '.join(told.split())[:300]}\n".encode())
        os._exit(0)


def read_input(*, until: float) -> bytes:
    """Standard input up to its end, or what came of it until then (monotonic seconds).

    Of more than is read the rest is taken, and left: who writes must not fail on a closed pipe.
    """
    read: list[bytes] = []
    size = 0
    while (left := until - time.monotonic()) > 0:
        try:
            if not select.select([0], [], [], left)[0]:
                break
            piece = os.read(0, 2**18)
        except (OSError, ValueError):  # There is none.
            break
        if not piece:
            break
        if size <= MOST_INPUT:
            read.append(piece)
        size += len(piece)
    return b"".join(read)


def own_command(*arguments: str) -> list[str]:
    """What runs this file with its bytecode kept, which Python does for imported modules alone."""
    folder, name = os.path.split(os.path.abspath(__file__))
    python, module = [sys.executable, "-I", "-S"], name[: -len(".py")]
    if not module.isidentifier():
        return [*python, os.path.join(folder, name), *arguments]
    program = f"import sys; sys.path.insert(0, {folder!r}); from {module} import main; main()"
    return [*python, "-c", program, *arguments]


def start_sender() -> int:
    """A process of its own, in a session of its own, that holds nothing of the agent's open."""
    command = own_command("send")
    nowhere = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in (0, 1, 2)]
    try:
        return os.posix_spawn(command[0], command, os.environ, file_actions=nowhere, setsid=True)
    except NotImplementedError:
        return os.posix_spawn(command[0], command, os.environ, file_actions=nowhere)


def _await(process: int, *, until: float) -> None:
    """When a session ends, so may the machine: what can still be sent in time is."""
    while os.waitpid(process, os.WNOHANG)[0] == 0 and time.monotonic() < until:
        time.sleep(0.005)


def run_sender() -> None:
    """What `start_sender` starts. Never returns."""
    os.closerange(3, 256)
    os.umask(0o077)
    with suppress(PermissionError):  # It is the first of its session already.
        os.setsid()
    os.chdir("/")
    settings = settings_of(dict(os.environ))
    with suppress(Exception):  # `send` has noted it.
        send(Spool(settings.spool, settings.spool_bytes), settings, limit_s=10.0)
    os._exit(0)


# --- Commands for people --------------------------------------------------------------------------


def run_flush(spool: Spool, settings: Settings) -> int:
    """Sends all that waits, now, and says how far it is."""
    if not settings.key:
        return _complain("KERNELWEAVE_API_KEY is not set.")
    total, sent = len(spool.waiting()), 0

    def tell(more: int) -> None:
        nonlocal sent
        sent += more
        print(f"\r{sent} of {max(total, sent)} sent", end="", flush=True)

    with held(spool.path("sender.lock"), time.monotonic() + 30) as mine:
        if not mine:
            return _complain("Another process is sending; try again.")
        try:
            spool.tidy()
            drain(spool, post_to(settings, limit_s=30.0), tell)
        except Failure as error:
            _note_failure(spool, str(error))
            print("\n" * bool(sent), end="", flush=True)
            return _complain(f"{len(spool.waiting())} wait: {error}")
        _note_success(spool)
    print("\n" if sent else "Nothing waits.\n", end="", flush=True)
    return 0


def run_status(spool: Spool, settings: Settings, *, as_json: bool) -> int:
    """What waits, what was refused, and the last error."""
    waiting = spool.waiting()
    sender, hook = spool.note("sender"), spool.note("hook")
    found = {
        "url": settings.url,
        "key": "set" if settings.key else "not set",
        "spool": settings.spool,
        "waiting": len(waiting),
        "oldest": waiting[0].get("at") if waiting else None,
        "refused": spool.count_aside("refused.jsonl"),
        "torn": spool.count_aside("torn.jsonl"),
        "dropped": spool.note("dropped").get("taps", 0),
        "failures": sender.get("failures", 0),
        "last error": f"{sender['at']} {sender['error']}" if sender.get("error") else None,
        "last hook error": f"{hook['at']} {hook['error']}" if hook.get("error") else None,
    }
    print(json.dumps(found) if as_json else "\n".join(f"{k}: {v}" for k, v in found.items()))
    return 0


def run_replay(spool: Spool, settings: Settings, *, file: str, own_times: bool) -> int:
    """Taps a recorded session, as if it ended now or at its own times, and sends it.

    At its own times the same file always gives the same taps, which the service keeps once.
    """
    with open(file, "rb") as recorded:
        content = recorded.read()
    raw_lines, seed, counted = content.splitlines(), hashlib.sha256(content).hexdigest(), 0

    def same_id() -> str:
        nonlocal counted
        counted += 1
        return uuid_of(hashlib.sha256(f"{seed} {counted}".encode()).digest()[:16])

    fresh = same_id if own_times else fresh_id
    payloads = [payload_of(raw) if raw.strip() else {} for raw in raw_lines]
    if None in payloads:
        return _complain(f"{file}, line {payloads.index(None) + 1}: no JSON object")
    heard = [(heard_of(one), _recorded_at(one)) for one in payloads if one is not None]
    now = time.time()
    latest = max((at for _, at in heard if at is not None), default=now)
    shift = 0.0 if own_times else now - latest
    turns: dict[str, Turn] = {}
    taps: list[Tap] = []
    for each, at in heard:
        moment = (latest if at is None else at) + shift
        more, after = taps_of(each, turns.get(each.session, Turn()), moment, fresh)
        turns[each.session] = after or Turn()
        taps += more
    if taps:
        spool.append(taps)
    print(f"{len(taps)} taps of {len(raw_lines)} lines")
    return run_flush(spool, settings)


def _recorded_at(payload: dict[str, Any]) -> float | None:
    from datetime import datetime

    text = _text(payload.get("recorded_at") or payload.get("at"))
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None


HOOKED = {
    "SessionStart": None,
    "UserPromptSubmit": None,
    "PostToolUse": "*",
    "PostToolUseFailure": "*",
    "Stop": None,
    "StopFailure": None,
    "SessionEnd": None,
}


def with_hooks(settings: dict[str, Any], command: str, *, timing: bool) -> dict[str, Any]:
    """Claude Code's settings with this hook beside all that is there; the same if it is there.

    Another copy of the hook gives way to this one.

    Raises ValueError where its settings have another shape than hooks have.
    """
    hooks = settings.get("hooks", {})
    if not isinstance(hooks, dict):
        raise ValueError('"hooks" is no object')
    added = dict(hooks)
    for event, matcher in {**({"PreToolUse": "*"} if timing else {}), **HOOKED}.items():
        groups = hooks.get(event, [])
        if not isinstance(groups, list):
            raise ValueError(f'"hooks.{event}" is no list')
        added[event] = [_with_command(group, command) for group in groups]
        known = [hook for group in groups for hook in _hooks_of(group)]
        if all(_own_words(hook) is None for hook in known):
            ours = {"hooks": [{"type": "command", "command": command, "timeout": 5}]}
            added[event].append({"matcher": matcher, **ours} if matcher else ours)
    return {**settings, "hooks": added}


def _with_command(group: Any, command: str) -> Any:
    """The group with this command in place of another of the hook, behind its variables."""
    import shlex

    known = _hooks_of(group)
    hooks = []
    for hook in known:
        before = _own_words(hook)
        said = [shlex.quote(word) if "=" not in word else _assigned(word) for word in before or []]
        hooks.append(hook if before is None else {**hook, "command": " ".join([*said, command])})
    return {**group, "hooks": hooks} if hooks != known else group


def _assigned(word: str) -> str:
    import shlex

    name, _, value = word.partition("=")
    return f"{name}={shlex.quote(value)}"


def _hooks_of(group: Any) -> list[Any]:
    hooks = group.get("hooks") if isinstance(group, dict) else None
    return hooks if isinstance(hooks, list) else []


def _own_words(hook: Any) -> list[str] | None:
    """What stands before the hook's program in a command, as variables; None if it runs another."""
    import shlex

    said = hook.get("command") if isinstance(hook, dict) else None
    try:
        words = shlex.split(said) if isinstance(said, str) else []
    except ValueError:
        return None
    at = 0
    while at < len(words) and re.fullmatch(r"[A-Za-z_]\w*=.*|env|exec|nice|nohup", words[at], re.S):
        at += 1
    return words[:at] if _is_own(words[at:]) else None


def _is_own(words: list[str]) -> bool:
    """Whether this runs the hook: by its name, by its file, or as a module of Python."""
    if words and re.fullmatch(r"python[\d.]*", os.path.basename(words[0])):
        words = words[1:]
        while words and words[0].startswith("-") and words[0] not in ("-c", "-m"):
            words = words[1:]
        if words[:1] == ["-c"]:
            return bool(words[1:]) and "from kernelweave_hook import" in words[1]
        words = words[1:] if words[:1] == ["-m"] else words
    names = ("kernelweave-hook", "kernelweave_hook", "kernelweave_hook.py")
    return bool(words) and os.path.basename(words[0]) in (*names, os.path.basename(__file__))


def run_install(*, file: str, write: bool, timing: bool) -> int:
    """Prints what belongs into Claude Code's settings, or merges it into them."""
    import shlex

    command = shlex.join(own_command("hook"))
    if not write:
        print(_as_settings(with_hooks({}, command, timing=timing)), end="")
        return 0
    path = os.path.realpath(os.path.expanduser(file))
    try:
        known = _known_settings(path)
        found = with_hooks(known, command, timing=timing)
    except ValueError as error:
        return _complain(f"{path} is left as it is: {error}")
    if found == known:
        print(f"{path} has the hook already.")
    else:
        _replace_keeping_mode(path, _as_settings(found))
        print(f"wrote {path}")
    return 0


def _known_settings(path: str) -> dict[str, Any]:
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        known = json.loads(file.read().strip() or "{}")
    if not isinstance(known, dict):
        raise ValueError("it holds no JSON object")
    return known


def _as_settings(settings: dict[str, Any]) -> str:
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"


def _replace_keeping_mode(path: str, text: str) -> None:
    import shutil

    os.makedirs(os.path.dirname(path), exist_ok=True)
    apart = f"{path}.{os.getpid()}.tmp"
    with open(apart, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if os.path.exists(path):
        shutil.copymode(path, apart)
    os.replace(apart, path)


def _complain(line: str) -> int:
    print(line, file=sys.stderr)
    return 1


def main() -> None:
    """Exits with 0 as a hook, else with 0 or 1: agents take 2 for an order to stop."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["send"]:
        run_sender()
    if arguments[:1] in ([], ["hook"], ["--verbose"]):
        run_hook(arguments)
    try:
        code = _run_command(arguments)
    except OSError as error:
        code = _complain(str(error))
    sys.exit(code)


def _run_command(arguments: list[str]) -> int:
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="kernelweave-hook", description=(__doc__ or "").split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    hook = commands.add_parser("hook", help="hear one event from standard input (the default)")
    hook.add_argument("--verbose", action="store_true", help="say on stderr what was heard")
    commands.add_parser("flush", help="send all that waits, now")
    status = commands.add_parser("status", help="what waits, what was refused, the last error")
    status.add_argument("--json", action="store_true", help="as one JSON object")
    install = commands.add_parser("install", help="print Claude Code's settings with this hook")
    install.add_argument("--write", action="store_true", help="write them instead")
    install.add_argument("--settings", default="~/.claude/settings.json", metavar="FILE")
    install.add_argument(
        "--timing", action="store_true", help="hook PreToolUse too, where tools tell no duration"
    )
    replay = commands.add_parser("replay", help="tap a recorded session and send it")
    replay.add_argument("file", metavar="FILE", help="hook payloads as JSON lines")
    replay.add_argument("--times", action="store_true", help="at the times that are recorded in it")
    try:
        parsed = parser.parse_args(arguments)
    except SystemExit as ended:
        return 1 if ended.code else 0
    if parsed.command == "install":
        return run_install(file=parsed.settings, write=parsed.write, timing=parsed.timing)
    os.umask(0o077)
    settings = settings_of(dict(os.environ))
    spool = Spool(settings.spool, settings.spool_bytes)
    if parsed.command == "flush":
        return run_flush(spool, settings)
    if parsed.command == "status":
        return run_status(spool, settings, as_json=parsed.json)
    return run_replay(spool, settings, file=parsed.file, own_times=parsed.times)


if __name__ == "__main__":
    main()
