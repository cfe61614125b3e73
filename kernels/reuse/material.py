"""What a prompt asks, and the material that it asks about.

The material is what follows a colon or stands on further lines, what is quoted, and code. It is
compared letter by letter: in "count the words: the cat" every word counts, also "the". So is a
question about words themselves, where "big" and "large" have other letters.
"""

import re
from dataclasses import dataclass

from kernels.reuse import lexicon
from kernels.reuse.forms import canonical
from kernels.reuse.frames import only_asks, without_request
from kernels.reuse.ways import words_of
from kernels.reuse.wording import PLAIN, in_full

_CODE = re.compile(r"(?P<ticks>`+)[^`\n]+(?P=ticks)")
_QUOTES = re.compile(
    r"\"[^\"\n]+\"|(?<![\w'])'(?:[^'\n]|(?<=\w)'(?=\w))+'(?![\w'])"  # 'I don't know'
)
# A colon, but not in "10:30" or "https://".
_COLON = re.compile(r"(?<!\d):(?!//)|:(?![\d/])")
_FRAMES_AT_MOST = 3  # before so many colons there may be words that only ask: "Quick one:"
_ON_TEXT = re.compile(
    r"(?:^|\b(?:you|please|to) )(?:classify|summari[sz]e|extract|detect|label|shorten|identify"
    r"|analy[sz]e|tag|categori[sz]e|rate|grade|reply|answer|correct|fix|improve|edit|format|parse"
    r"|evaluate|simplify|rewrite|rephrase|translate|proofread)\b[^.?!:\n]{0,80}?"
    r"(?:[.?!]| --?)(?=\s+\S)",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:this|these|following|below)\b[^.?!:\n]{0,40}[.?!](?=\s+\S)", re.IGNORECASE
)
# In code, 'a' and "a" are not the same.
_CODE_SIGNS = re.compile(r"[{}\[\]\\|=<>]|\w\(|(?<!\S)!\w")


def _any_of(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{line})" for line in lexicon.lines(name)), re.IGNORECASE)


_ABOUT_WORDS, _NOT_ABOUT_WORDS = _any_of("about_words"), _any_of("not_about_words")
_THANKS = re.compile(r"\?\s(?=\S)")
_GREETING = re.compile(r"[^,.:!?\d]{2,60}[,.:!] (?=\w)")
_HERE = re.compile(r"\b(?:this|these|that|those|it|following|below)\b", re.IGNORECASE)
_FIRST = lexicon.WHAT | lexicon.WH | lexicon.AUXILIARIES | lexicon.EXPLAINING
_FUNCTION_WORDS = (
    _FIRST
    | lexicon.ASKING
    | lexicon.PREPOSITIONS
    | lexicon.word_set(
        "of for it one many much word words term define definition mean means meaning say count "
        "number times occurrence occurrences occur occurs translate explain thank not"
    )
)
_OF_CODE = lexicon.word_set(" ".join(lexicon.lines("about_code")))
_KNOWN_FIRST = (_FIRST | lexicon.word_set("translate spell define count explain write")) - {"get"}
_HIDDEN = '"{}"'


@dataclass(frozen=True)
class Prompt:
    """A prompt in two: the wording that asks, and what is compared letter by letter."""

    asks: str  # quoted text and code stand in it as "0", "1", ...
    hidden: tuple[str, ...]  # what these stand for
    literal: tuple[str, ...]  # what must agree letter by letter
    bound: bool  # whether it brings material, quoted text or code


def read(prompt: str) -> Prompt:
    """The prompt, parted."""
    text = prompt.strip("\r\n").rstrip()
    first_line = text.partition("\n")[0]
    spans = _hidden_spans(first_line)
    masked = _masked(first_line, spans)
    end = _end_of_request(masked, more=len(first_line) < len(text))
    literal = [text[end:]] if end < len(text) else []
    spans = [span for span in spans if span[1] <= end]
    hidden = tuple(_exact(text, start, stop) for start, stop in spans)
    if _is_about_words(masked[:end]):
        literal.append(_words_of(text[:end], spans, bare=not literal and not spans))
    if _CODE_SIGNS.search(text[:end]) or not _OF_CODE.isdisjoint(words_of(masked[:end].lower())):
        literal.append(" ".join(_capitals(masked[:end])))
    bound = bool(hidden) or end < len(text)
    return Prompt(_with_names(text[:end], spans), hidden, tuple(literal), bound)


def _capitals(asks: str) -> list[str]:
    """Words with capitals: in code, "List" and "list" are not the same."""
    found = re.findall(r"(?<![.?!] )(?<=\W)[\w.]*[A-Z]\w*", asks)
    return [word for word in found if word != "I" and word.lower() not in _OF_CODE]


def _is_about_words(asks: str) -> bool:
    """Whether words are mentioned, or two are asked about that count as one elsewhere."""
    if _ABOUT_WORDS.search(_NOT_ABOUT_WORDS.sub(" ", asks.strip(" ?.!"))):
        return True
    words = words_of(asks.lower()) - _FUNCTION_WORDS
    return any(
        one != other and canonical(one) == canonical(other)
        for one, other in re.findall(
            r"\b([a-z]+)(?= (?:or|and|vs|versus|than|from|for)(?: (?:the|a))? ([a-z]+)\b)",
            asks.lower(),
        )
        if one in words and other in words
    )


def _hidden_spans(line: str) -> list[tuple[int, int]]:
    """Where code and quoted text stand."""
    plain = line.translate(PLAIN)
    code = [match.span() for match in _CODE.finditer(plain)]
    quoted = [match.span() for match in _QUOTES.finditer(_masked(plain, code))]
    found: list[tuple[int, int]] = []
    for start, stop in sorted(code + quoted):
        if not found or start >= found[-1][1]:
            found.append((start, stop))
    return found


def _masked(line: str, spans: list[tuple[int, int]]) -> str:
    """The line with spaces where the spans are."""
    found = line.translate(PLAIN)
    for start, stop in spans:
        found = f"{found[:start]}{' ' * (stop - start)}{found[stop:]}"
    return found


def _end_of_request(masked: str, more: bool) -> int:
    """Where the material begins that stands after the request; the length if there is none."""
    ends = [match.end() for match in _POINTING.finditer(masked)][:1]
    ends += [position for position in (masked.find('"'), masked.find("`")) if position >= 0]
    work = _ON_TEXT.search(masked)
    if work and not only_asks(in_full(masked[work.end() :].lower())):
        ends.append(work.end())
    for number, match in enumerate(_COLON.finditer(masked)):
        if number == _FRAMES_AT_MOST or not only_asks(in_full(masked[: match.end()].lower())):
            ends.append(match.end())
            break
    if ends:
        return min(ends)
    # Lines without a colon before them may be anything.
    return 0 if more else len(masked)


def _exact(text: str, start: int, stop: int) -> str:
    """The text of a span; its quotes count only where there is code."""
    piece = text[start:stop]
    coded = piece.startswith("`") or _CODE_SIGNS.search(text)
    return (piece if coded else piece[1:-1]).replace('"', "\x03")


def _with_names(asks: str, spans: list[tuple[int, int]]) -> str:
    found, position = [], 0
    for number, (start, stop) in enumerate(spans):
        found += [asks[position:start], _HIDDEN.format(number)]
        position = stop
    return "".join((*found, asks[position:]))


def _words_of(asks: str, spans: list[tuple[int, int]], bare: bool) -> str:
    """The words of a question about words: all if nothing marks which of them it is about."""
    if bare:
        text = _without_courtesy(re.sub(r"\s+", " ", asks).strip()).rstrip(" .?!")
        first, space, rest = text.partition(" ")
        opening = re.sub(r"^(what|how|where|who)['’]?s$", r"\1 is", first.lower())
        known = opening.split(" ")[0] in _KNOWN_FIRST
        return f"{opening if known else first}{space}{rest}"
    words = re.findall(r"\w+(?:['-]\w+)*", in_full(_masked(asks, spans).lower()))
    return " ".join(sorted(word for word in words if word not in _FUNCTION_WORDS))


def _without_courtesy(text: str) -> str:
    """Without a greeting, "could you tell me", and thanks after a question mark."""
    thanks = _THANKS.search(text)
    if thanks and not _HERE.search(text) and only_asks(in_full(text[thanks.end() :].lower())):
        text = text[: thanks.start()]
    greeting = _GREETING.match(text)
    if greeting and not _HERE.search(text[greeting.end() :]):
        first = re.split(r"\W", text[greeting.end() :].lower(), maxsplit=1)[0]
        if first in _KNOWN_FIRST and only_asks(in_full(greeting.group().lower())):
            text = text[greeting.end() :]
    lower = text.lower()
    rest = without_request(in_full(lower))
    whole = len(lower) == len(text) and lower.endswith(rest)
    known = re.split(r"\W", rest, maxsplit=1)[0] in _KNOWN_FIRST
    return text[len(text) - len(rest) :] if whole and known and rest else text
