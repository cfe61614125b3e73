"""Words around a question that only ask: greetings, politeness, fillers.

The ways are lists of regular expressions in `words/frames_*.txt`. They work on lower case text with
contractions spelled out, a sentence at a time, from its start and from its end inwards.
"""

import re

from kernels.reuse.lexicon import lines

_PARTS = {
    "apart": r"(?=\s*[,.:;!?-])",  # a word that asks nothing only if it stands by itself
    "after": r"(?:(?<=[,.;!?-] )|^)",
    "thanks": r"(?:many thanks|thanks|thank you)"
    r"(?: (?:very much|so much|a lot|a million|in advance|again|for your help))*",
    "if_ok": r"if (?:(?:that|it|this) (?:is|would be|works)|you) ?(?:are |would )?(?:not |all )?"
    r"(?:okay|ok|alright|all right|possible|fine|can|could|do not mind|mind|wish|like"
    r"|too much (?:trouble|to ask)|have (?:a (?:moment|minute|second)|time))(?: with you)?"
    r"|if possible",
    "doer": r"(?:you|someone|somebody|anyone|anybody|one of you|any of you)",
    "know": r"(?:know|find out|learn|understand|see|hear|ask(?: you)?(?: to| for)?|get|have"
    r"|tell me|let me know|be told|figure out)",
    "then": r"(?: (?:be (?:so (?:kind|good|nice) as to|so kind to|kind enough to|able to"
    r"|willing to)"
    r"|mind|manage to|have (?:any|an) idea|know|happen to know|go ahead and|take a moment to"
    r"|(?:telling|letting|showing|reminding|giving) (?:me|us)(?: know)?"
    r"|please|kindly|think you could|help me(?: to| out)?(?: (?:with|in)(?= [a-z]+ing\b))?"
    r"|(?:tell|let|remind|inform) (?:me|us)(?: know)?|(?:show|explain to|clarify for) (?:me|us)"
    r"(?= (?:how|what|which|why|where|when|who|whether)\b)))*",
}


def _any_of(name: str) -> str:
    found = "|".join(lines(name))
    for part, pattern in _PARTS.items():
        found = found.replace(f"{{{part}}}", pattern)
    return found


_GAP = r"[\s,.:;!?-]*"
_BEFORE = re.compile(rf"{_GAP}(?:{_any_of('frames_start')})(?![\w'-]){_GAP}")
_REQUEST = re.compile(
    rf"{_GAP}(?:{_any_of('frames_request')})(?![\w'])"
    r"(?:\s+(?:that|about(?= (?:how|what|why|where|when|who|which)))\b)?\s*"
)
# "How, by the way, do I": between commas.
_ASIDE = re.compile(rf"(?:{_any_of('frames_start')}){_GAP}")
# "Now sort the list", but not "now who has it".
_NOW = re.compile(r"now,? (?!who|what|is\b|are\b|how|where|when|why|do\b|does\b|the\b)(?=[a-z])")
_AFTER = re.compile(rf"(?:(?<=[\s,;.-])|^)(?:{_any_of('frames_end')})[\s.!?,:)-]*$")
_ENDINGS = re.compile(r"[a-z]+(?=\W*$)")
_LAST = frozenset(re.findall(r"[a-z]+", " ".join((*lines("frames_end"), *_PARTS.values()))))
_ASKED = re.compile(r"know|wonder|tell|curious|find out|see|ask|sure|hear|learn|idea")
_SENTENCES = re.compile(r"(?<=[.?!;:\n])\s+|(?<=,) ")
_EMPHASIS = re.compile(
    r"\b(what|how|why|who|where|when)"
    r" (?:on earth|the heck|the hell|in the world|exactly|precisely|actually)\b"
)


def unframed(text: str) -> str:
    """The text without what only asks."""
    return _left_of(text) or text


def only_asks(text: str) -> bool:
    """Whether nothing of the text is left without its frames: "quick one:"."""
    return not _left_of(text)


def without_request(text: str) -> str:
    """The text without the words at its start that only ask for something: "could you"."""
    while (
        match := re.match(r"(?:please|kindly),? ", text) or _REQUEST.match(text)
    ) and match.end():
        text = text[match.end() :].lstrip(", ")
    return text


def _left_of(text: str) -> str:
    found: list[str] = []
    after_comma = False
    for part in _SENTENCES.split(_EMPHASIS.sub(r"\1", text)):
        left = _without(part, after_comma and bool(found))
        if left.strip(" ,.:;!?-"):
            found.append(left)
        after_comma = part.endswith(",")
    return " ".join(found)


def _without(part: str, after_comma: bool) -> str:
    asked = False
    while match := _opening(part, after_comma):
        asked = asked or bool(_ASKED.search(match.group()))
        part = part[match.end() :]
    if asked and part.startswith("if "):
        part = f"whether {part[3:]}"
    while (last := _ENDINGS.search(part)) and last.group() in _LAST:
        match = _AFTER.search(part)
        if match is None:
            break
        stop = re.search(r"[.!?]", match.group())
        part = part[: match.start()].rstrip(" ,;.-") + (stop.group() if stop else "")
    return part


def _opening(part: str, after_comma: bool) -> re.Match[str] | None:
    match = _REQUEST.match(part)
    if match is None and not after_comma:
        match = _BEFORE.match(part) or _NOW.match(part)
    elif match is None:
        match = _ASIDE.fullmatch(part)
    return match if match and match.end() else None
