"""Reads a prompt as two requests that were joined, each with a text of its own.

English. The second must be announced as one more request: listed as the second of two, begun with
a word such as "Also" or "Then" and an imperative or a question, or joined by ", and" to a first
that is complete. Words of the second that may point back to the first ("translate it") refuse it.
"""

import re
from collections.abc import Iterator

REQUESTING = (  # words that begin a request, in a pattern
    "(?:add|answer|calculate|check|classify|compare|compute|convert|correct|count|create|decide|"
    "describe|detect|explain|extract|find|generate|get|give|identify|judge|label|list|look up|make|"
    "multiply|name|parse|please|propose|rank|read|return|rewrite|round|say|show|solve|sort|split|"
    "state|subtract|suggest|sum up|summari[sz]e|tell me|translate|work out|write)"
)
_MARKS = (
    "and also|and then|and|also|then also|then|next|after that|afterwards|in addition|additionally|"
    "besides|secondly|finally"
)
_THINGS = r"(?:two|both|the following|these) (?:things|tasks|requests|questions|jobs|parts)"
_LEAD = rf"(?:[^.:\n]{{0,40}}\b{_THINGS}\b[^.:\n]{{0,20}}[.:]\s*)?"
_FIRST = re.compile(rf"{_LEAD}(?:first(?: of all)?|firstly)[,:]\s+|{_LEAD}", re.IGNORECASE)
_LISTED = tuple(
    re.compile(rf"{_LEAD}{one}\s+(?=\S)", re.IGNORECASE)
    for one in (r"1[.)]", r"a\)", "[-*•]", "first:")
)
_NEXT_LISTED = tuple(
    re.compile(rf"\n\s*{two}\s+(?=\S)", re.IGNORECASE)
    for two in (r"2[.)]", r"b\)", "[-*•]", "second:")
)
_ANNOUNCED = re.compile(
    rf"(?:\n\s*|(?<=[^\w\s,;:]) +(?=[A-Z]))(?i:{_MARKS})(?P<end>:| this:|,)?\s+(?=\S)"
)
_AND = re.compile(rf", and (?:also |then )?(?=(?:{REQUESTING}|how many|what is)\b)")
_ASKS = re.compile(rf"{REQUESTING}\b|(?:how|what|which|who|when|where|is|are|does)\b[^.!]*\?", re.I)
_CONSIDERS = re.compile(r"[^.?!:\n]{3,80}:\s")  # "Consider these statements: ..."
_HEAD = re.compile(r"[^.?!:\n]*:?")
_BACK = re.compile(
    r"\b(?:it|its|them|they|their|those|the (?:results?|answers?|above|same|former|other))\b|"
    r"\b(?:this|that|these)\b(?! (?:[\w-]+ ){0,2}[\w-]+:)",
    re.IGNORECASE,
)
_HOLDS = re.compile(r"[\d\":]")


def joined_requests(prompt: str) -> list[tuple[str, str]]:
    """The ways to read a prompt as two requests that stand by themselves; mostly none."""
    text = prompt.strip()
    found = dict.fromkeys((*_listed(text), *_announced(text), *_with_and(text)))
    return [(_begun(one), _begun(other)) for one, other in found if _stand_alone(one, other)]


def _listed(text: str) -> Iterator[tuple[str, str]]:
    for first, second in zip(_LISTED, _NEXT_LISTED, strict=True):
        if begin := first.match(text):
            body = text[begin.end() :]
            for place in second.finditer(body):
                yield body[: place.start()].strip(), body[place.end() :].strip()


def _announced(text: str) -> Iterator[tuple[str, str]]:
    begin = _FIRST.match(text)
    start = begin.end() if begin else 0
    for place in _ANNOUNCED.finditer(text, start):
        second = text[place.end() :].strip()
        labelled = (place["end"] or "").endswith(":")
        if labelled or _ASKS.match(second) or _CONSIDERS.match(second):
            yield text[start : place.start()].strip(), second


def _with_and(text: str) -> Iterator[tuple[str, str]]:
    for place in _AND.finditer(text):
        first, second = text[: place.start()].strip(), text[place.end() :].strip()
        if _HOLDS.search(first) and _HOLDS.search(second):
            yield first, second


def _stand_alone(first: str, second: str) -> bool:
    """Whether both are whole: no quotation is cut, no text announced and not given."""
    head = _HEAD.match(second)
    return (
        len(first.split()) > 1
        and len(second.split()) > 1
        and not first.endswith(":")
        and first.count('"') % 2 == 0
        and not (head and _BACK.search(head[0]))
    )


def _begun(text: str) -> str:
    return text[0].upper() + text[1:]
