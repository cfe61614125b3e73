"""What lower case and sentence punctuation would lose, written so that it survives both.

"3 MW" is not "3 mW", "the US" is not "us", "!x" is not "x". Capitals that count are spelled out,
and a stop inside of a word or expression becomes a sign of its own.
"""

import re

from kernels.reuse import lexicon

_MEGA = re.compile(r"(?<![\w.])(\d[\d.,]*[ -]?)?M(Wh?|Hz|VA?|A|J|Pa|Ω|eV|N|g|[lLmst]|mol)\b")
_MILLI = re.compile(r"(?<![\w.])(\d[\d.,]*[ -]?)?m(Wh|Hz|VA|eV|W)\b")
_SPELLED = {"W": "megawatt", "Wh": "megawatt_hour", "Hz": "mhz"}
_LARGE_CALORIE = re.compile(r"(?<=\d )Cal\b")
_KELVIN = re.compile(r"(?<=\d )K\b")
# "fooBar" and "Na", but not "iPhone" and "Dr".
_INNER = re.compile(r"(?<![\w.'-])(?!(?:i|e|mac)[A-Z])[a-z]+[A-Z]\w*(?!\.\w)")
_SYMBOL = re.compile(r"(?<=[a-z] )(?!(?:Dr|Mr|Ms|St)\b)[A-Z][a-z](?![\w'.-])")
_BARE_M = re.compile(r"(?<=\d )M\b")
_FLAG = re.compile(r"(?<![\w-])-[A-Za-z]{1,6}\b|(?<=[%\\])[A-Z]\b")
_LETTER = re.compile(r"(?<=[a-z] )[B-HJ-Z](?![\w'&+-]|\.\w)")
_ALONE = re.compile(r"(?<![\w.'-])[A-Z]{2,4}(?![\w'-]|\.\w)")
_DOTTED_CAPITALS = re.compile(r"\b(?:[A-Z]\.){2,}")
# In capitals these are other words: the country, the illness, the number of a card.
_OTHER_IN_CAPITALS = (
    lexicon.ASKING
    | lexicon.PREPOSITIONS
    | lexicon.AUXILIARIES
    | lexicon.WH
    | lexicon.NEGATIONS
    | lexicon.POSSESSIVES
    | lexicon.word_set("it he she they or us co aids pin ram sat led cat act arm ace cap sim map")
    | lexicon.word_set("bit lan pet art era age net nut hat tip sad raw pie dab mad odd tag lot")
) - lexicon.word_set("an the")
_EITHER = lexicon.word_set("us it who aids pin sat act lan age art")
_ALSO_NAMES = lexicon.word_set(" ".join(lexicon.lines("also_names")))
_NAME = re.compile(r"(?<![\w.'/\\-])[A-Z][a-z]+(?![\w/\\-]|\.\w)")
# Words that a title writes small, too, are not meant.
_SMALL = re.compile(
    r"(?<![\w.'])(?!(?:an?|the|of|in|on|at|and|or|to|for|by|with|from|as|s)\b)[a-z]"
)
_STARTS = re.compile(r"(?:^|[.?!:;(\"\n] ?)\W*$")
_DATE_BESIDE = re.compile(r"\d(?:st|nd|rd|th)?(?: of)? $"), re.compile(r" \d")
_AMOUNT_BEFORE = re.compile(r"\d ?$")
_PRIVATE = 0xE000

_OPERATOR = re.compile(r"[*+=/^<>×÷|\\{}\[\]]|\d ?- ?\(|\) ?- ?\d")
_PAREN_WORDS = re.compile(r"(?:^|(?<=\s))\(([^\W\d_]{2,}[^\d()_]*)\)(?=[\s.,;:?!]|$)")
_ONE_LETTER = re.compile(r"(?:^|\W)[^\W\d]$")
# Stops that end something: before a blank or the end, not after a blank, a digit and "!".
_STOPS = re.compile(r"[.,;:?!]+")


def marked(text: str) -> str:
    """The text with the capitals and stops that count made plain; quoted text must be hidden."""
    return _with_signs(_with_capitals(text))


def _with_capitals(text: str) -> str:
    text = _DOTTED_CAPITALS.sub(lambda match: match.group().replace(".", ""), text)
    text = _MEGA.sub(_mega, _LARGE_CALORIE.sub("kcal", text))
    text = _MILLI.sub(r"\1 milli\2", text).replace("milliW", "milliwatt")
    text = _FLAG.sub(_capital_letters, _BARE_M.sub("capital_m", text))
    text = _INNER.sub(_capital_letters, _KELVIN.sub("kelvin", text))
    if not any(letter.islower() for letter in text):
        return _ALONE.sub(_in_capitals, text)
    text = _LETTER.sub(_capital_letters, text)
    text = _ALONE.sub(_capital, text)
    in_title = not _SMALL.search(text) and len(_NAME.findall(text)) > 2
    if not in_title:
        text = _SYMBOL.sub(_capital_letters, text)
    return _NAME.sub(lambda match: _name(match, in_title), text)


def _in_capitals(match: re.Match[str]) -> str:
    """Where all is in capitals, "US" may be either word."""
    word = match.group()
    return f"either_{word}" if word.lower() in _EITHER else word


def _name(match: re.Match[str], in_title: bool) -> str:
    """ "Turkey" within a sentence is a country; at its start, or in a title, it may be a bird."""
    word, text = match.group(), match.string
    if word.lower() not in _ALSO_NAMES:
        return word
    before, after = text[: match.start()], text[match.end() :]
    if _DATE_BESIDE[0].search(before[-8:]) or _DATE_BESIDE[1].match(after):
        return word
    starts = bool(_STARTS.search(before[-4:]))
    if starts and word.lower() in lexicon.AUXILIARIES:
        return word
    return f"either_{word}" if starts or in_title else f"name_{word}"


def _mega(match: re.Match[str]) -> str:
    number, unit = match.group(1) or "", match.group(2)
    return f"{number} {_SPELLED.get(unit, f'mega{unit}')}"


def _capital_letters(match: re.Match[str]) -> str:
    """ "-iV" is not "-iv"."""
    return re.sub(r"[A-Z]", lambda letter: f"capital_{letter.group()}", match.group())


def _capital(match: re.Match[str]) -> str:
    word, text = match.group(), match.string
    after = text[match.end() : match.end() + 8].lower()
    if word.lower() not in _OTHER_IN_CAPITALS or after.startswith((" dollar", " $")):
        return word
    before = text[max(0, match.start() - 4) : match.start()]
    if word in ("AM", "PM") and _AMOUNT_BEFORE.search(before):
        return word  # a time of day
    return f"capitals_{word}"


def _with_signs(text: str) -> str:
    if not _OPERATOR.search(text):
        text = _PAREN_WORDS.sub(_parted, text)
    text = re.sub(r"[()]", lambda match: _sign(match.group()), text)
    text = text.replace("\x01", "(").replace("\x02", ")")
    return _STOPS.sub(_stops, text)


def _parted(match: re.Match[str]) -> str:
    """Parentheses around words alone only part them."""
    return f"\x01{match.group(1)}\x02"


def _stops(match: re.Match[str]) -> str:
    text, stops = match.string, match.group()
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    at_end = not text[match.end() :].strip()
    plain = (not after or after.isspace() or after in '")') and before and not before.isspace()
    if stops[0] == "!" and (before.isdigit() or before == chr(_PRIVATE + ord(")"))):
        plain = False  # 5! is 120
    elif at_end and set(stops) <= set(".?!"):
        plain = True
    if stops == ";" and _ONE_LETTER.search(text[max(0, match.start() - 2) : match.start()]):
        plain = False  # "x; y" is code
    elif set(stops) == {"."} and not (before.strip() or at_end or after.isdigit()):
        return "".join(map(_sign, stops))  # ".a", "cd .."
    elif (stops == "," and after and after in f"{_sign(')')}]") or (".." in stops and not plain):
        return "".join(map(_sign, stops))
    if plain or set(stops) <= set(".,") or (stops in ":" and before.isdigit() and after.isdigit()):
        return stops
    if stops == ":" and text[match.end() : match.end() + 2] == "//":
        return stops
    return "".join(map(_sign, stops))


def _sign(letter: str) -> str:
    return chr(_PRIVATE + ord(letter))


def shown(letter: str) -> str:
    """A sign as it is read: the mark of "!" is "'!'"."""
    code = ord(letter) - _PRIVATE
    return f"'{chr(code)}'" if 0 < code < 128 else letter
