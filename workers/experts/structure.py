"""The form that a prompt asks for, held to the answer: counts, words to use or leave out, parts."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workers.experts.said_words import SPELLED, sentences
from workers.experts.word_lists import words

MOST_CHARS = 4_000  # of a prompt; what asks for a form stands at its beginning
ABOUT = 0.2  # how far a number of words may be off that was not asked for exactly

_SMALL = {word: n for word, n in SPELLED.items() if n}
_COUNT = rf"(?P<count>\d{{1,5}}|{'|'.join(_SMALL)})"
_BOUND = (
    r"(?P<bound>exactly|at least|at most|no more than|no fewer than|no less than"
    r"|fewer than|less than"
    r"|more than|under|over|up to|about|around|approximately|roughly|minimum of|maximum of)?"
)
_UNITS = {
    "words": r"words?",
    "sentences": r"sentences?",
    "lines": r"lines?",
    "paragraphs": r"paragraphs?",
    "stanzas": r"stanzas?|verses?",
    "items": r"bullet points?|bullets?|(?:list )?items?|ideas?|reasons?|tips?|names?|suggestions?"
    r"|arguments?|slogans?|titles?|headlines?|taglines?|points?",
}
_COUNTED = {
    unit: re.compile(rf"\b{_BOUND}\s*\b{_COUNT}[- ](?:[a-z]+ )?(?:{names})\b", re.IGNORECASE)
    for unit, names in _UNITS.items()
}
_VERBS = (
    "write|give|list|name|suggest|compose|make|create|draft|describe|explain|summari[sz]e|provide|tell"
    "|propose|think of|come up with|brainstorm|limit|keep|answer|invent|produce|find"
)
_LINKS = "in|with|using|use|of|be|have|has|contains?"  # enough before a measure of text
_ASKS = re.compile(rf"\b(?:{_VERBS})\b[^.?!\n]*\Z", re.IGNORECASE)
_MEASURES = re.compile(rf"\b(?:{_VERBS}|{_LINKS})\b[^.?!\n]*\Z", re.IGNORECASE)
# What stands behind it is the text to work on, and may count things of its own.
_MATERIAL = re.compile(r":\s*(?=\S.{20})", re.DOTALL)
_KINDS = (("haiku", 3), ("limerick", 5), ("sonnet", 14), ("couplet", 2), ("quatrain", 4))
_KIND = re.compile(
    r"\b(?:write|compose|create|give)\b[^.?!\n]*?\ban? (?:[\w-]+ ){0,2}?(\w+)\b", re.IGNORECASE
)
_QUOTED_WORD = r"[\"'“‘]?[\w-]+[\"'”’]?"
_LISTED = rf"(?P<listed>{_QUOTED_WORD}(?:(?:, and |, or |, | and | or ){_QUOTED_WORD})*)"
_INCLUDE = re.compile(
    r"\b(?:include|including|contain(?:s|ing)?|use|using|mention(?:s|ing)?|with) (?:all of )?the"
    rf" (?:following )?(?:rhyme |key)?words?:? {_LISTED}",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:without|not|n't|never|avoid)\s\Z", re.IGNORECASE)
_EXCLUDE = re.compile(
    r"\b(?:without|do not use|don't use|avoid|never use|not using|without using) (?:using )?the"
    rf" (?:following )?words?:? {_LISTED}",
    re.IGNORECASE,
)
_LETTER = re.compile(r"\b(?:without|avoid)(?: using)? the letter [\"'“‘]?([a-z])\b", re.IGNORECASE)
_RHYME = re.compile(
    rf"\b(?:rhyme|rhyming|rhymes)(?: words| with)? (?:the words? )?{_LISTED}", re.IGNORECASE
)
_SECTIONS = re.compile(
    r"\b(?:sections?|headings?|parts)(?: (?:named|called|titled|for|on))?:? "
    r"(?P<listed>[\"'“‘]?[\w ]+?[\"'”’]?(?:(?:, and |, "
    r"| and )[\"'“‘]?[\w ]+?[\"'”’]?)+)(?=[.?!:\n]|\Z)",
    re.IGNORECASE,
)
_SIDES = (("pros", "cons"), ("advantages", "disadvantages"), ("strengths", "weaknesses"))
_TITLED = re.compile(
    r"\b(?:with|give it|add|and|include) a (?:short |fitting )?title\b", re.IGNORECASE
)
_TITLE = re.compile(
    r"^\s*(?:#+ .+|\*\*.+\*\*|title: ?.+|[\"“].+[\"”]|[A-Z][^.!?\n]{0,70})\s*$", re.IGNORECASE
)
_EDGE = re.compile(
    r"\b(?P<edge>start|begin|end)(?:s|ing)? (?:it |each answer |the \w+ )?with (?:the"
    r" (?:words?|phrase|sentence) )?"
    r"[\"“](?P<said>[^\"”]{1,120})[\"”]",
    re.IGNORECASE,
)
_ITEM = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.):])\s+\S", re.MULTILINE)
_STOP = words("the a an and or in of to it is i you we")


@dataclass(frozen=True)
class Form:
    """One thing asked of the form, and whether an answer has it."""

    asked: str
    held: bool


def forms(prompt: str, answer: str) -> list[Form]:
    """What the prompt asks of the form, as far as it can be read; often nothing."""
    plain = prompt[:MOST_CHARS].replace("’", "'")
    found = [*_counts(plain, answer), *_words(plain, answer), *_parts(plain, answer)]
    return list({form.asked: form for form in found}.values())


def _counts(prompt: str, answer: str) -> Iterator[Form]:
    asked = _MATERIAL.split(prompt)[0]
    for unit, pattern in _COUNTED.items():
        asking = _ASKS if unit == "items" else _MEASURES
        for found in pattern.finditer(asked):
            if not asking.search(asked[: found.start()]):
                continue
            wanted = _number(found["count"])
            held = _fits(COUNTS[unit](answer), wanted, (found["bound"] or "").lower(), unit)
            yield Form(found.group().strip(), held)
    kind = {word.lower() for word in _KIND.findall(prompt)}
    for name, lines in _KINDS:
        if name in kind:
            yield Form(f"{name}: {lines} lines", _lines(answer) in (lines, lines + 1))  # a title


def _fits(count: int, wanted: int, bound: str, unit: str) -> bool:
    if bound in ("at least", "no fewer than", "no less than", "minimum of"):
        return count >= wanted
    if bound in ("at most", "no more than", "up to", "maximum of"):
        return count <= wanted
    if bound in ("fewer than", "less than", "under"):
        return count < wanted
    if bound in ("more than", "over"):
        return count > wanted
    if bound == "exactly" or (unit != "words" and not bound):
        return count == wanted
    return abs(count - wanted) <= max(ABOUT * wanted, 1)


def _words(prompt: str, answer: str) -> Iterator[Form]:
    low = answer.lower()
    for found in _INCLUDE.finditer(prompt):
        if _DENIED.search(prompt[: found.start()]):
            continue
        for word in _listed(found["listed"]):
            yield Form(f"the word {word}", _has(low, word))
    for found in _EXCLUDE.finditer(prompt):
        for word in _listed(found["listed"]):
            yield Form(f"not the word {word}", not _has(low, word))
    for found in _LETTER.finditer(prompt):
        yield Form(f"no letter {found[1]}", found[1].lower() not in low)
    for found in _RHYME.finditer(prompt):
        ends = {
            re.sub(r"\W+\Z", "", line).split(" ")[-1].lower()
            for line in answer.splitlines()
            if line
        }
        quoted = [
            w
            for w in _listed(found["listed"])
            if f'"{w}"' in prompt.lower() or f"'{w}'" in prompt.lower()
        ]
        for word in quoted:
            yield Form(f"a line that rhymes with {word}", any(_rhymes(end, word) for end in ends))
    for found in _EDGE.finditer(prompt):
        said, bare = found["said"].lower().rstrip(".!?"), low.strip().strip('"“”*').rstrip(".!?")
        at_end = found["edge"].lower() == "end"
        held = bare.endswith(said) if at_end else bare.startswith(said)
        yield Form(f"{found['edge'].lower()} with {found['said']}", held)


def _parts(prompt: str, answer: str) -> Iterator[Form]:
    low = answer.lower()
    for sides in _SIDES:
        if re.search(rf"\b{sides[0]} and {sides[1]}\b", prompt, re.IGNORECASE):
            yield Form(f"{sides[0]} and {sides[1]}", all(_has(low, side) for side in sides))
    for found in _SECTIONS.finditer(prompt):
        for name in _listed(found["listed"]):
            heading = rf"(?m)^[ \t#*\d.)]*{re.escape(name)}\b"
            yield Form(f"a section {name}", bool(re.search(heading, low)))
    if _TITLED.search(prompt):
        first = answer.strip().partition("\n")[0]
        yield Form("a title", bool(_TITLE.match(first)) and "\n" in answer.strip())


def _lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


def _items(text: str) -> int:
    return len(_ITEM.findall(text)) or _lines(text)


def _paragraphs(text: str) -> int:
    return len([part for part in re.split(r"\n\s*\n", text.strip()) if part.strip()])


COUNTS: dict[str, Callable[[str], int]] = {
    "words": lambda text: len(re.findall(r"\b[\w'’-]+\b", text)),
    "sentences": lambda text: len(sentences(text)),
    "lines": _lines,
    "paragraphs": _paragraphs,
    "stanzas": _paragraphs,
    "items": _items,
}


def _number(text: str) -> int:
    return _SMALL[text.lower()] if text.lower() in _SMALL else int(text)


def _listed(text: str) -> list[str]:
    pieces = re.split(r", and |, or |, | and | or ", text)
    bare = (piece.strip().strip("\"'“”‘’.").lower() for piece in pieces)
    return [word for word in bare if word and word not in _STOP]


def _has(low: str, word: str) -> bool:
    return bool(re.search(rf"\b{re.escape(word)}", low))


def _rhymes(one: str, other: str) -> bool:
    """By spelling, from the last vowel on: it misses those that only sound alike."""
    ending = re.search(r"[aeiouy]+[^aeiouy]*\Z", other)
    return one != other and bool(ending) and one.endswith(ending.group() if ending else other)
