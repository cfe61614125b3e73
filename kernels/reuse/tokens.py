"""The tokens of plain wording: words, stops, and typed parts (numbers with units, dates, codes)."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from kernels.reuse import lexicon
from kernels.reuse.marks import shown

_TOKEN = re.compile(
    r"\"(?P<quoted>[^\"\n]+)\""
    r"|(?P<mark>https?://\S+?(?=[.,;:?!]?(?:\s|$))|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{1,2}:\d{2}\b"
    r"|\b[a-z]{1,5}/[a-z](?![\w/])"
    r"|\b(?=[\w./-]*\d)(?=[\w./-]*[a-z_])[a-z0-9_]+(?:[-._/][a-z0-9_]+)*\b"
    r"|\b(?=[\w.-]*[a-z_-])[a-z0-9_-]+(?:\.[a-z0-9_]+)+\b|\b\d+(?:\.\d+){2,}\b|\b\w+_\w+\b)"
    r"|(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"|(?P<word>[^\W\d_]+(?:['-][^\W\d_]+)*(?:(?<=s)')?)"
    r"|(?P<ordinal>#\d+)"
    r"|(?P<sign>[$€£¥%°+*×÷=<>≤≥^/#&@-])"
    r"|(?P<stop>[.,;:?!()\n])"
    r"|(?P<other>\S)"  # brackets, emoji: whatever they are, they count
)


@dataclass(frozen=True)
class Token:
    type: str  # word | typed | sign | number | stop
    text: str
    owner: bool = False  # "customer's"


def tokens(text: str) -> list[Token]:
    """The tokens, numbers joined with their units and lists in one order where none matters."""
    return _sorted_lists(_numbers_with_units(_split(text)))


def _split(text: str) -> list[Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind, piece = match.lastgroup, match.group()
        if kind == "quoted":
            found.append(Token("typed", piece))  # compared letter by letter
        elif kind == "mark":
            found.append(Token("word" if piece in _UNITS else "typed", piece.rstrip(".")))
        elif kind == "number":
            found.append(Token("number", piece.replace(",", "")))
        elif kind == "other":
            found.append(Token("typed", shown(piece)))
        elif kind == "ordinal":
            found.append(Token("typed", piece))
        elif kind in ("sign", "stop"):
            found.append(Token(str(kind), piece))
        elif piece.endswith(("'s", "s'")):
            *before, last = _compound(piece.removesuffix("'s").removesuffix("'"))
            found += [*(Token("word", part) for part in before), Token("word", last, owner=True)]
        else:
            found += [Token("word", part) for part in _compound(piece)]
    return found


_PREFIXES = lexicon.word_set("e pre re non co sub multi un")


def _compound(word: str) -> list[str]:
    if "-" not in word:
        return [word.strip("'")]
    parts = [part for part in word.strip("'").split("-") if part]
    if len(parts) > 1 and parts[0] in _PREFIXES:
        return ["".join(parts)]
    if word in ("wi-fi", "check-box", "time-stamp"):
        return ["".join(parts)]
    return parts


_UNITS = {name: names[0] for names in lexicon.UNITS for name in names}
_LONGEST_UNIT = max(len(name.split()) for name in _UNITS)
_BEFORE = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy", "eur": "eur", "usd": "usd", "chf": "chf"}


def _numbers_with_units(tokens: list[Token]) -> list[Token]:
    """Numbers, also in words, become one typed part with the unit beside them."""
    found: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "word" and token.text in lexicon.ORDINALS:
            found.append(Token("typed", f"#{lexicon.ORDINALS[token.text]}"))
            position += 1
            continue
        value, after = _number_at(tokens, position)
        if value is None:
            # A sign between numbers is what is done with them.
            found.append(replace(token, type="typed") if token.type == "sign" else token)
            position += 1
            continue
        unit, end = _unit_at(tokens, after)
        if not unit and found and found[-1].text in _BEFORE:
            unit = _BEFORE[found.pop().text]
        plain = _plain(value)
        if token.type == "number" and after == position + 1:
            # 007 is the name of something; 3.10 without a unit may be a version.
            version = token.text.endswith("0") and "." in token.text and not unit
            plain = token.text if version or _LEADING_ZERO.match(token.text) else plain
        found.append(Token("typed", f"{plain} {unit}".strip()))
        position = end
    return found


_LEADING_ZERO = re.compile(r"0\d")


def _plain(value: Decimal) -> str:
    """All digits, but no zeros at the end of a fraction."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number_at(tokens: list[Token], position: int) -> tuple[Decimal | None, int]:
    token = tokens[position]
    if token.type == "number":
        after = position + 1
        if after < len(tokens) and tokens[after].text in lexicon.SCALES:
            return Decimal(token.text) * lexicon.SCALES[tokens[after].text], after + 1
        return Decimal(token.text), after
    following = tokens[position + 1 : position + 2]
    if token.text == "a" and following and following[0].text in lexicon.SCALES:
        return Decimal(lexicon.SCALES[following[0].text]), position + 2
    return _number_in_words(tokens, position)


def _number_in_words(tokens: list[Token], start: int) -> tuple[Decimal | None, int]:
    total, current, position = 0, 0, start
    while position < len(tokens) and tokens[position].type == "word":
        word = tokens[position].text
        if word in lexicon.NUMBER_WORDS:
            current += lexicon.NUMBER_WORDS[word]
        elif word in lexicon.TENS:
            current += lexicon.TENS[word]
        elif word == "hundred" and position > start:
            current *= 100
        elif word in lexicon.SCALES and position > start:
            total, current = total + current * lexicon.SCALES[word], 0
        else:
            break
        position += 1
    only_one = position == start + 1 and tokens[start].text == "one"
    if position == start or (only_one and not _unit_at(tokens, position)[0]):
        return None, start  # "which one" counts nothing
    return Decimal(total + current), position


def _unit_at(tokens: list[Token], position: int) -> tuple[str, int]:
    for length in range(_LONGEST_UNIT, 0, -1):
        words = tokens[position : position + length]
        name = " ".join(token.text for token in words)
        if len(words) == length and name in _UNITS:
            return _UNITS[name], position + length
    if tokens[position : position + 1] and tokens[position].text == "in":
        # "4 in wide" is four inches wide, "4 in Rome" is not.
        following = tokens[position + 1 : position + 2]
        if not following or following[0].type == "stop":
            return "inch", position + 1
        if following and following[0].text in ("wide", "long", "tall", "high", "deep", "thick"):
            return "inch", position + 1
    joined = "".join(token.text for token in tokens[position : position + 2])
    return (_UNITS[joined], position + 2) if joined in ("°c", "°f") else ("", position)


_OPENS = lexicon.DETERMINERS | lexicon.PREPOSITIONS | lexicon.WHAT | {"of", "add", "sum", "extract"}


def _sorted_lists(tokens: list[Token]) -> list[Token]:
    """Lists of single words or numbers in one order where their order cannot matter."""
    texts = {token.text for token in tokens}
    if not texts & lexicon.COMMUTATIVE or texts & lexicon.CHANGES:
        return tokens
    found = list(tokens)
    position = 0
    while position < len(found):
        places, end = _list_at(found, position)
        alike = len({found[place].type for place in places}) == 1
        if len(places) > 1 and alike and _stands_alone(found, position, end):
            items = sorted((found[place] for place in places), key=lambda item: item.text)
            found[position:end] = items
            end = position + len(items)
        position = max(end, position + 1)
    return found


def _list_at(tokens: list[Token], start: int) -> tuple[list[int], int]:
    """Where the items of the list stand that begins here, and where it ends."""
    places: list[int] = []
    position, joined = start, False
    while position < len(tokens):
        token = tokens[position]
        if token.type == "typed" or (token.type == "word" and token.text not in _OPENS):
            if token.text in ("and", "or") or token.owner:
                break
            places.append(position)
            position += 1
        else:
            break
        after = [token.text for token in tokens[position : position + 2]]
        if after[:1] == [","] and not joined:
            joined = after[1:] == ["and"]
            position += 2 if joined else 1
        elif after[:1] == ["and"] and not joined:
            position, joined = position + 1, True
        else:
            return (places, position) if joined else ([], start)
    return [], start


def _stands_alone(tokens: list[Token], start: int, end: int) -> bool:
    before = tokens[start - 1] if start else None
    after = tokens[end] if end < len(tokens) else None
    opened = before is None or before.type == "stop" or before.text in _OPENS
    closed = after is None or after.type == "stop" or after.text in lexicon.PREPOSITIONS
    return opened and closed
