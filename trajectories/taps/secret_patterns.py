"""How secrets look, and the names that hold one; the hook has a copy of all below the import.

Each pattern takes time in proportion to the text it is searched in: what repeats without a bound is
one class of characters, and what follows it is none of them.
"""

import re

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
