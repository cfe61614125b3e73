"""Words that say that the answer before was wrong: "no, I meant ...", "try again", "you forgot".

They count only where one of the first `CLAUSES` clauses begins, and never in quoted text or code,
which are what a prompt is about. English alone; irony is not noticed. `phrases.txt` lists them.
"""

import re
from pathlib import Path

CLAUSES = 4
READ = 4000  # characters
SHOWN = 60
DEFINITION = re.compile(r"(\w+) = (.+)")


def _read(file: Path) -> list[str]:
    names: dict[str, str] = {}
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        for name, meaning in names.items():
            line = line.replace(f"<{name}>", meaning)
        if defined := DEFINITION.fullmatch(line):
            names[defined[1]] = defined[2]
        else:
            found.append(line)
    return found


_PHRASES = [re.compile(line) for line in _read(Path(__file__).with_name("phrases.txt"))]
_ASKED_FOR = re.compile(
    r"\b(?:not what (?:i|we) (?:asked|meant|wanted|said)|i asked (?:you )?for)\b"
)

_QUOTED = re.compile(
    r"```.*?(?:```|\Z)"
    r"|`[^`\n]*`"
    r"|^[ \t]*>[^\n]*$"
    r"|\"[^\"]*\"|“[^”]*”|«[^»]*»"
    r"|(?<!\w)'[^'\n]{2,}'(?!\w)",
    re.DOTALL | re.MULTILINE,
)
_BREAK = re.compile(r"(?<=[.!?;])\s+|\n+|:\s+|\s+[-–—]\s+|,\s+(?:but|except|yet)\s+(?:that\s+)?")
# What may stand before the words that count.
_LEAD = re.compile(
    r"(?:(?:h+m+|u+h*m*|u+gh|a+r+gh|oh|ah|sorry|well|ok|okay|yes|yeah|thanks|thank you|nice|wait"
    r"|stop|hey|actually|please|but|and|so|then|no+|nope|nah)\b[\s,.!]*)*"
)
_SIGHS = re.compile(r"(?:h+m+|u+gh|a+r+gh)[\s,.!]+(?:no|nope|nah)\b")
# "no" opens a correction unless it declines, or answers what was asked.
_NO = re.compile(
    r"(?:(?:h+m+|well|u+gh|sorry|actually|wait|but|oh|stop)\b[\s,.!]*)*(?:no+|nope|nah)"
    r"(?:[,.!;:]+\s*|\s+(?=(?:no|that's|that is|it's|i|you|not|please|the|this)\b))"
)
_DECLINES = re.compile(
    r"(?:thanks?|(?:that's|that is|it's|it is|this is) (?:all|it|fine|ok|okay|good|enough|perfect"
    r"|great|correct|right)|all good|nothing|not (?:yet|necessary|needed|now|today)|go ahead"
    r"|leave it (?:like|as)|problem|worries|need|don't worry|you're right|i'm (?:good|fine|done)"
    r"|i (?:don't|do not) (?:think|need)|we're good|just (?:continue|go|commit|push))\b|$"
)
# Behind the colon of such a task stands what it is about.
_TASK = re.compile(
    r"(?:(?:please|actually|now|next|also|then|can you|could you|great|good|ok(?:ay)?|and)\b"
    r"[,.!]?\s+)*"
    r"(?:(?:add|ask|build|classify|commit|compare|create|deploy|delete|describe|draft|draw|explain"
    r"|generate|give|grade|implement|install|list|look up|merge|open|plan|push|refactor|rename|run"
    r"|show|suggest|summari[sz]e|translate|update|write|find|answer|rate|label|proofread|how|what"
    r"|who|when|which|is|are|does|do you|correct the (?:spelling|grammar|mistakes)"
    r"|here(?:'s| is| are))|(?:fix|make)(?! (?:it|that|this)\b)|rewrite(?! (?:it|that)\b))\b"
)
_AGREES = re.compile(
    r"(?:thanks?|thank you|great|perfect|good|cool|nice|yes|yep|ok(?:ay)?|sure|lgtm|looks good"
    r"|works|sounds good|hello|hi|go (?:on|ahead)|continue|you(?:'re| were| are) right|all good"
    r"|(?:no+|nope|nah),? (?:need|problem|worries|thanks|rush|more|further|all good|nothing"
    r"|that(?:'s| is| was) (?:all|fine|ok|okay|it|good)|it's (?:fine|ok|good|perfect))"
    r"|that(?:'s| is) (?:enough|fine|ok|okay|good|great|all|right|correct|not (?:bad|a problem))"
    r"|not (?:bad|sure|only|yet))\b(?!.*\bbut\b)"
)


def own_words(prompt: str) -> str:
    """What the prompt itself says, in lower case: quoted text and code are an ellipsis."""
    plain = prompt[:READ].replace("’", "'").replace("‘", "'")
    return _QUOTED.sub("…", plain).strip().lower()


def correcting_phrase(prompt: str) -> str:
    """The clause of the prompt that corrects the answer before; empty if none does."""
    words = own_words(prompt)
    if _SIGHS.match(words):
        return _shown(words)
    if (opens := _NO.match(words)) and not _DECLINES.match(words, opens.end()):
        return _shown(words)
    if _TASK.match(words):
        words = re.split(r":\s", words, maxsplit=1)[0]
    for clause in [part for part in _BREAK.split(words) if part.strip()][:CLAUSES]:
        lead = _LEAD.match(clause)
        starts = {0, lead.end() if lead else 0}
        if any(one.match(clause, at) for one in _PHRASES for at in starts):
            return _shown(clause)
        if _ASKED_FOR.search(clause):
            return _shown(clause)
    return ""


def goes_on(prompt: str) -> bool:
    """Whether it opens as a new task or as agreement does: "write ...", "how ...", "thanks"."""
    words = own_words(prompt)
    return bool(_TASK.match(words) or _AGREES.match(words))


def _shown(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"
