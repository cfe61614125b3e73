"""A prompt's text in plain wording: lower case, nothing abbreviated, one phrase for one meaning."""

import re

from kernels.reuse import lexicon
from kernels.reuse.forms import singular, stem
from kernels.reuse.frames import unframed
from kernels.reuse.marks import marked
from kernels.reuse.ways import one_way

PLAIN = str.maketrans("’‘“”«»–—−×", '\'\'""""---*')
# "Mb" and "MB" differ in their case alone, "2M rows" and "2 m" too.
_BITS = re.compile(r"(\d\s*)([KMGTkmgt]i?[bB](?:ps|/s)|[KMGT]b)\b")
_BITS_ALONE = re.compile(r"(?<![\w.'-])([KMGT]i?[bB])(?![\w'-])")
_MILLIONS = re.compile(r"(?<=\d)M\b(?!/)")
_THOUSANDS = re.compile(r"(?<=\d)[kK]\b(?!/)")
# "Table A", but not "a table": the letter is a name.
_LETTER_A = re.compile(r"(?<=[a-z] )A\b(?!['-])|(?<=\bIs )A\b(?= [a-z])")
# "Order 9917's", "cleanup.sh's".
_OWNED = re.compile(r"(?<![\w'.-])(?=[\w.-]*?[\d_.])([\w.-]+)'s\b")
_DASH = re.compile(r"(?<=[a-z?!.,\"\d]) - (?=[a-z]{2})")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}")
_GLUED = re.compile(
    r"(?<![\w.-])(\d+(?:[.,]\d+)*)(?!(?:st|nd|rd|th)\b)(km/h|[a-zµ°%€$£][a-z]{0,2}[²³]?)(?![\w-])"
)
_TIMES = re.compile(r"(?<=\d) ?x ?(?=\d)")
_HALVES = (
    (re.compile(r"\b(?:a )?half (?:a|an) (?=[a-z])"), "0.5 "),
    (re.compile(r"\b(?:1/2|one half) (?=[a-z])"), "0.5 "),
    (re.compile(r"\b(\d+) and a half\b"), r"\1.5"),
)
_NUMBERS = {
    **{word: value for word, value in lexicon.NUMBER_WORDS.items() if value > 1},
    **lexicon.TENS,
}
_ANY_NUMBER = "|".join((*lexicon.NUMBER_WORDS, *lexicon.TENS, *lexicon.SCALES))
_ARITHMETIC = re.compile(r"\b(?:multiply|multiplied|divided?|times|plus|minus|subtract|add)\b")
# A number of one word; longer ones are read by the tokens.
_ONE_WORD = re.compile(
    rf"(?<![\w.-])(?<!\bhundred )(?<!\bthousand )(?<!\band )({'|'.join(_NUMBERS)})\b"
    rf"(?![ -](?:{_ANY_NUMBER}|and a|thirds?|quarters?|fifths?)\b)(?![\w'-])"
)
_WORD_HALF = re.compile(r"\b([a-z]+) and a half\b")
_LEADING_POINT = re.compile(r"(?<![\d\w])\.(?=\d)")
_HYPHENED = re.compile(r"(?<=\d)-(?=[a-z]{3})")
_ORDINAL = re.compile(r"\b(\d{1,3})(?:st|nd|rd|th)\b")
_TIME = re.compile(r"\b(\d{1,2})(?::(\d{2}))? ?([ap])\.?m\b\.?")
_NAMES = "|".join(sorted(lexicon.MONTHS, key=len, reverse=True))
_DAY_MONTH = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_NAMES})\b,? ?(?P<year>\d{{4}})?"
)
_MONTH_DAY = re.compile(
    rf"\b(?P<month>{_NAMES}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b,? ?(?P<year>\d{{4}})?"
)
_HIDDEN = re.compile(r'"(\d+)"')
_PIECES = re.compile(r"[^\W\d_]+(?:['.-][^\W\d_]+)*|[\s\S]")


def plain_wording(prompt: str, hidden: tuple[str, ...] = ()) -> str:
    """The prompt in words that mean the same; "0", "1" ... in it stand for the hidden texts."""
    text = prompt.translate(PLAIN)
    text = _BITS.sub(lambda match: match.group(1) + _bits_or_bytes(match.group(2)), text)
    text = _BITS_ALONE.sub(lambda match: _bits_or_bytes(match.group(1)).strip(), text)
    text = marked(_LETTER_A.sub("letter_a", text))
    text = _THOUSANDS.sub(" thousand", _MILLIONS.sub(" million", text)).lower()
    text = _OWNED.sub(r"\1", text)
    text = _DOTTED.sub(lambda match: match.group().replace(".", ""), text)
    found = _dated(_reworded(unframed(in_full(text))))
    return _HIDDEN.sub(lambda match: f'"{hidden[int(match.group(1))]}"', found)


def in_full(text: str) -> str:
    """Without contractions and abbreviations."""
    found = []
    for piece in _PIECES.findall(text):
        if piece in lexicon.SHORT:
            piece = lexicon.SHORT[piece]
        elif "'" in piece:
            start, _, end = piece.rpartition("'")
            if f"'{end}" in lexicon.SUFFIXES:
                piece = f"{start} {lexicon.SUFFIXES[chr(39) + end]}"
            elif end == "t" and start.endswith("n"):
                piece = f"{start[:-1]} not"
        found.append(piece)
    text = "".join(found)
    text = _LEADING_POINT.sub("0.", text)
    text = _TIMES.sub(" by ", _GLUED.sub(r"\1 \2", text))
    text = _HYPHENED.sub(" ", text)
    for pattern, number in _HALVES:
        text = pattern.sub(number, text)
    if _ARITHMETIC.search(text):
        text = _ONE_WORD.sub(lambda match: str(_NUMBERS[match.group(1)]), text)
    text = _WORD_HALF.sub(_and_a_half, text)
    return _DASH.sub(", ", text)


def _and_a_half(match: re.Match[str]) -> str:
    number = lexicon.NUMBER_WORDS.get(match.group(1))
    return match.group() if number is None else f"{number}.5"


def _bits_or_bytes(unit: str) -> str:
    """ "Mbps" and "MB/s" in letters that survive lower case."""
    size = "byte" if "B" in unit else "bit"
    return f" {unit[:-1].rstrip('bBp/')}{size}{'ps' if unit[-1] == 's' else ''}"


def _phrases() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for group in (*lexicon.SYNONYMS, *lexicon.UNITS):
        for name in group:
            if " " in name:
                first, *rest = name.split()
                option = (*rest[:-1], stem(rest[-1])), group[0]
                found.setdefault(stem(first), []).append(option)
    for options in found.values():
        options.sort(key=lambda option: -len(option[0]))
    return found


_PHRASES = _phrases()
_UNIT_NAMES = frozenset(group[0] for group in lexicon.UNITS)
_JOINING = {
    name: group[0] for group in lexicon.groups("adverbs") for name in group if " " not in name
}


def _in_form(name: str, word: str, last: str) -> str:
    """ "turned down" says "past" as "rejected" does, and "staff members" are "employees"."""
    if " " in name or name in _UNIT_NAMES:
        return name
    if word in lexicon.IRREGULAR or word.endswith("ed"):
        return f"{name.removesuffix('e')}ed"
    return f"{name}s" if singular(last) != last and singular(name) == name else name


def _reworded(text: str) -> str:
    words = one_way(text).split(" ")
    found = []
    position = 0
    while position < len(words):
        word = words[position]
        word = _JOINING.get(word, word)
        for rest, name in _PHRASES.get(stem(word), ()):
            end = position + 1 + len(rest)
            last = words[end - 1] if end <= len(words) else ""
            bare = last.rstrip(".,;:?!")
            if bare and (*words[position + 1 : end - 1], stem(bare)) == rest:
                word = _in_form(name, word, bare) + last[len(bare) :]
                position = end - 1
                break
        found.append(word)
        position += 1
    return " ".join(found)


def _dated(text: str) -> str:
    if not any(letter.isdigit() for letter in text):
        return text
    text = _DAY_MONTH.sub(_iso_date, text)
    text = _MONTH_DAY.sub(_iso_date, text)
    text = _ORDINAL.sub(r"#\1", text)
    return _TIME.sub(_clock, text)


def _iso_date(match: re.Match[str]) -> str:
    month = lexicon.MONTHS[match["month"]]
    return f" {match['year'] or '0000'}-{month:02d}-{int(match['day']):02d} "


def _clock(match: re.Match[str]) -> str:
    hour = int(match[1]) % 12 + (12 if match[3] == "p" else 0)
    return f"{hour}:{match[2] or '00'}"
