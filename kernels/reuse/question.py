"""When two questions are provably the same one (row X4).

A prompt is reduced to what it asks: typed parts (numbers with units, dates, quoted text, codes),
content words in canonical form, how it asks, its tense and its negations. Two prompts are the
same question only if all of that is equal. Nothing is guessed from similarity: a word that differs
and is no listed synonym prevents reuse.

Not covered: irony, context from earlier turns, languages other than English (they are compared word
by word, so they are reused only when they hardly differ).
"""

import re
from collections import Counter
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import pairwise

from kernels.reuse import lexicon
from kernels.spec import digest_of

_TOKEN = re.compile(
    r"\"(?P<quoted>[^\"\n]+)\""
    r"|(?P<mark>https?://\S+?(?=[.,;:?!]?(?:\s|$))|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{1,2}:\d{2}\b"
    r"|\b(?=[\w./-]*\d)(?=[\w./-]*[a-z_])[a-z0-9_]+(?:[-._/][a-z0-9_]+)*\b"
    r"|\b[a-z0-9_-]+(?:\.[a-z0-9_]+)+\b|\b\w+_\w+\b)"
    r"|(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"|(?P<word>[^\W\d_]+(?:['-][^\W\d_]+)*(?:(?<=s)')?)"
    r"|(?P<ordinal>#\d+)"
    r"|(?P<sign>[$€£%°+*×÷=<>≤≥^/#&@-])"
    r"|(?P<stop>[.,;:?!()\n])"
)
_GLUED = re.compile(r"(?<![\w.-])(\d+(?:[.,]\d+)*)(km/h|[a-z°%€$£]{1,3})(?![\w-])")


@dataclass(frozen=True)
class Question:
    """What a prompt asks, in canonical form."""

    kind: str  # what | who | when | ... | how many | yes or no
    tense: str  # past | present | future
    negations: int
    typed: tuple[str, ...]  # numbers with units, dates, quoted text, codes: sorted
    core: tuple[str, ...]  # words and typed parts outside of phrases, in order
    phrases: tuple[tuple[str, ...], ...]  # preposition and what follows it; sorted

    timeless: bool  # nothing in it means another thing tomorrow

    @property
    def digest(self) -> str:
        """SHA-256 (hex); equal for the same question."""
        return digest_of(asdict(self))

    def differences(self, other: "Question") -> list[str]:
        """What keeps the two from being the same question; empty when they are."""
        found = []
        if self.typed != other.typed:
            found.append(f"numbers, dates or names of things: {_shown(self.typed, other.typed)}")
        if self.negations != other.negations:
            found.append("negation")
        if self.tense != other.tense:
            found.append(f"tense: {self.tense} / {other.tense}")
        if self.kind != other.kind:
            found.append(f"kind of question: {self.kind} / {other.kind}")
        if self.core != other.core:
            found.append(f"words: {_shown(self.core, other.core)}")
        if self.phrases != other.phrases:
            mine, others = (tuple(" ".join(p) for p in q.phrases) for q in (self, other))
            found.append(f"phrases: {_shown(mine, others)}")
        return found


def _shown(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    left, right = Counter(one) - Counter(other), Counter(other) - Counter(one)
    if not left and not right:
        return "in another order"
    return f"{' '.join(left.elements()) or 'nothing'} / {' '.join(right.elements()) or 'nothing'}"


@lru_cache(maxsize=4096)
def question(prompt: str) -> Question:
    """What the prompt asks."""
    tokens = _numbers_with_units(_tokens(_FRAMES.sub(" ", _spelled_out(prompt))))
    kind = _kind(tokens)
    words = [token.text for token in tokens if token.type == "word"]
    core, phrases = _parts(tokens)
    typed = sorted(token.text for token in tokens if token.type == "typed")
    return Question(
        kind,
        _tense(words),
        sum(word in lexicon.NEGATIONS for word in words),
        tuple(typed),
        tuple(core),
        tuple(sorted(phrases)),
        timeless=not lexicon.DEICTIC.intersection(words),
    )


@dataclass(frozen=True)
class _Token:
    type: str  # word | typed | stop
    text: str
    owner: bool = False  # "customer's"


def _spelled_out(prompt: str) -> str:
    text = prompt.translate(str.maketrans("’‘“”–—−", "''\"\"---"))
    text = _BITS.sub(lambda match: match.group(1) + _bits_or_bytes(match.group(2)), text).lower()
    text = _SPOKEN_QUOTES.sub(r'"\1"', text)
    text = _DASH.sub(", ", text)
    text = _DOTTED.sub(lambda match: match.group().replace(".", ""), text)
    text = _GLUED.sub(r"\1 \2", text)
    for pattern, full in _REPLACED:
        text = pattern.sub(full, text)
    text = _DAY_MONTH.sub(_iso_date, text)
    text = _MONTH_DAY.sub(_iso_date, text)
    text = _ORDINAL.sub(r"#\1", text)
    return _TIME.sub(_clock, text)


# "Mb" and "MB" differ in their case alone.
_BITS = re.compile(r"(\d\s*)([KMGTkmgt]i?[bB](?:ps|/s)|[KMGT]b)\b")
_SPOKEN_QUOTES = re.compile(r"(?<![\w'])'([^'\n]{1,100})'(?![\w'])")
_DASH = re.compile(r"(?<=[a-z?!.,]) - ")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}")
_ORDINAL = re.compile(r"\b(\d{1,3})(?:st|nd|rd|th)\b")
_TIME = re.compile(r"\b(\d{1,2})(?::(\d{2}))? ?([ap])\.?m\b\.?")
_NAMES = "|".join(sorted(lexicon.MONTHS, key=len, reverse=True))
_DAY_MONTH = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_NAMES})\b,? ?(?P<year>\d{{4}})?"
)
_MONTH_DAY = re.compile(
    rf"\b(?P<month>{_NAMES}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b,? ?(?P<year>\d{{4}})?"
)


def _bits_or_bytes(unit: str) -> str:
    """ "Mbps" and "MB/s" in letters that survive lower case."""
    size = "byte" if "B" in unit else "bit"
    return f" {unit[0]}{size}{'ps' if len(unit) > 2 else ''}"


def _iso_date(match: re.Match[str]) -> str:
    month = lexicon.MONTHS[match["month"]]
    return f" {match['year'] or '0000'}-{month:02d}-{int(match['day']):02d} "


def _clock(match: re.Match[str]) -> str:
    hour = int(match[1]) % 12 + (12 if match[3] == "p" else 0)
    return f"{hour}:{match[2] or '00'}"


def _replacements() -> list[tuple[re.Pattern[str], str]]:
    short = [(rf"\b{re.escape(word)}\b", full) for word, full in lexicon.CONTRACTIONS.items()]
    short += [(rf"(?<=[a-z]){re.escape(end)}\b", full) for end, full in lexicon.SUFFIXES]
    long = [
        (rf"\b{re.escape(name)}\b", names[0])
        for names in lexicon.SYNONYMS
        for name in names
        if " " in name
    ]
    return [(re.compile(pattern), full) for pattern, full in (*short, *long)]


_REPLACED = _replacements()


_FRAMES = re.compile(
    r"\b(?:" + "|".join(sorted(map(re.escape, lexicon.FRAMES), key=len, reverse=True)) + r")\b"
)


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind, piece = match.lastgroup, match.group()
        if kind == "quoted":
            found.append(_Token("typed", f'"{match.group("quoted").strip()}"'))
        elif kind == "mark":
            found.append(_Token("typed", piece.rstrip(".")))
        elif kind == "number":
            found.append(_Token("number", f"{float(piece.replace(',', '')):.12g}"))
        elif kind == "ordinal":
            found.append(_Token("typed", piece))
        elif kind == "sign":
            found.append(_Token("sign", piece))
        elif kind == "stop":
            found.append(_Token("stop", piece))
        elif piece.endswith("'s"):
            found.append(_Token("word", piece[:-2], owner=True))
        elif piece.endswith("s'"):
            found.append(_Token("word", piece[:-1], owner=True))
        else:
            found += [_Token("word", part) for part in _compound(piece)]
    return found


def _compound(word: str) -> list[str]:
    parts = [part for part in word.strip("'").split("-") if part]
    if len(parts) > 1 and parts[0] in ("e", "pre", "re", "non", "co", "sub", "multi"):
        return ["".join(parts)]
    return parts


_UNITS = {name: names[0] for names in lexicon.UNITS for name in names}
_LONGEST_UNIT = max(len(name.split()) for name in _UNITS)
_BEFORE = {"$": "usd", "€": "eur", "£": "gbp"}


def _numbers_with_units(tokens: list[_Token]) -> list[_Token]:
    """Numbers, also in words, become one typed part with the unit beside them."""
    found: list[_Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "word" and token.text in lexicon.ORDINALS:
            found.append(_Token("typed", f"#{lexicon.ORDINALS[token.text]}"))
            position += 1
            continue
        value, after = _number_at(tokens, position)
        if value is None:
            # A sign between numbers is what is done with them.
            found.append(_Token("typed", token.text) if token.type == "sign" else token)
            position += 1
            continue
        unit, end = _unit_at(tokens, after)
        if not unit and found and found[-1].text in _BEFORE:
            unit = _BEFORE[found.pop().text]
        found.append(_Token("typed", f"{value:.12g} {unit}".strip()))
        position = end
    return found


def _number_at(tokens: list[_Token], position: int) -> tuple[float | None, int]:
    token = tokens[position]
    if token.type == "number":
        after = position + 1
        if after < len(tokens) and tokens[after].text in lexicon.SCALES:
            return float(token.text) * lexicon.SCALES[tokens[after].text], after + 1
        return float(token.text), after
    return _number_in_words(tokens, position)


def _number_in_words(tokens: list[_Token], start: int) -> tuple[float | None, int]:
    total, current, position = 0.0, 0.0, start
    while position < len(tokens) and tokens[position].type == "word":
        word = tokens[position].text
        if word in lexicon.NUMBER_WORDS:
            current += lexicon.NUMBER_WORDS[word]
        elif word in lexicon.TENS:
            current += lexicon.TENS[word]
        elif word == "hundred" and position > start:
            current *= 100
        elif word in lexicon.SCALES and position > start:
            total, current = total + current * lexicon.SCALES[word], 0.0
        else:
            break
        position += 1
    only_one = position == start + 1 and tokens[start].text == "one"
    if position == start or (only_one and not _unit_at(tokens, position)[0]):
        return None, start  # "which one" counts nothing
    return total + current, position


def _unit_at(tokens: list[_Token], position: int) -> tuple[str, int]:
    for length in range(_LONGEST_UNIT, 0, -1):
        words = tokens[position : position + length]
        name = " ".join(token.text for token in words)
        if len(words) == length and name in _UNITS:
            return _UNITS[name], position + length
    joined = "".join(token.text for token in tokens[position : position + 2])
    return (_UNITS[joined], position + 2) if joined in ("°c", "°f") else ("", position)


def _kind(tokens: list[_Token]) -> str:
    words = [token.text for token in tokens if token.type == "word"]
    text = " ".join(words)
    for kind in lexicon.KINDS:
        if re.search(rf"\b{kind}\b", text):
            return kind
    for word in words:
        if word in lexicon.WH:
            return "who" if word in ("whom", "whose") else word
    begins = [
        token.text
        for last, token in pairwise((_Token("stop", "."), *tokens))
        if last.type == "stop"
    ]
    asks = "whether" in words or any(word in lexicon.AUXILIARIES for word in begins)
    return "yes or no" if asks else "what"


def _tense(words: list[str]) -> str:
    if any(word in lexicon.FUTURE for word in words):
        return "future"
    ended = any(len(word) > 4 and word.endswith("ed") and word != "need" for word in words)
    return "past" if ended or any(word in lexicon.PAST for word in words) else "present"


def _parts(tokens: list[_Token]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Words outside of phrases in order, and the phrases: "in Berlin", "of the customer"."""
    core: list[str] = []
    phrases: list[list[str]] = []
    here = core  # where words go: outside, or into the phrase that is open
    noun = 0  # where in `here` the last noun phrase began
    before = ""
    for token in tokens:
        word = token.text
        infinitive = word == "to" and (not before or before in lexicon.BEFORE_INFINITIVE)
        before = word
        is_word = token.type == "word"
        if token.type == "stop" or word in lexicon.WH:
            here, noun = core, len(core)
        elif infinitive:
            continue
        elif is_word and (word in lexicon.PREPOSITIONS or word == "of"):
            if here is not core and len(here) == 1:
                here[0] += f" {word}"  # "than from"
            else:
                here = [word]
                phrases.append(here)
            noun = 1
        elif is_word and word in lexicon.DETERMINERS:
            noun = len(here)
            if word in ("your", "their", "his", "her"):
                here.append(word)
        elif (is_word and word in lexicon.ASKING) or (
            is_word and word in lexicon.WHAT and not core and here is core
        ):
            continue
        else:
            here.append(_canonical(word) if is_word else word)
            if token.owner:
                start = min(noun, len(here) - 1)
                phrases.append(["of", *here[start:]])
                del here[start:]
    return core, [tuple(phrase) for phrase in phrases if len(phrase) > 1]


_CANONICAL = {name: names[0] for names in lexicon.SYNONYMS for name in names}


def _canonical(word: str) -> str:
    for form in (word, _singular(word)):
        if form in _CANONICAL:
            return _stem(_CANONICAL[form])
    return _stem(word)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _stem(word: str) -> str:
    """The same for "convert", "converts", "converting" and "converted"."""
    word = _singular(word)
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    return word.removesuffix("e") if len(word) > 3 else word
