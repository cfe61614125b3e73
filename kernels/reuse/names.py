"""Words of a request that are names or are mentioned, and so must agree letter by letter.

"Who sang Help" is not "who sang assist", and "what does find do in Linux" is not "what does locate
do": a name has no synonyms. A word counts as a name when it has a capital inside a sentence, when
it is written in capitals, and where its place says so (`words/mentions.txt`: behind "called",
before "command", between "does" and "do"). So is a term that is one name (`words/terms.txt`:
"child process"). Names used like words, in small letters and in no such place, are not seen.
"""

import re
from collections.abc import Collection

from kernels.reuse import lexicon
from kernels.reuse.forms import canonical, singular, spelled, stem


def _listed(name: str) -> frozenset[str]:
    return lexicon.word_set(" ".join(lexicon.lines(name)))


_SMALL = (
    lexicon.ASKING
    | lexicon.PREPOSITIONS
    | lexicon.AUXILIARIES
    | lexicon.WH
    | lexicon.WISHES
    | lexicon.NEGATIONS
    | lexicon.POSSESSIVES
    | lexicon.DETERMINERS
    | lexicon.word_set("of for it he she they him them one and or but not if that which what there")
    | lexicon.word_set("all any some every each many much more most other another no only")
)
_WORD = r"[a-z]+(?:-[a-z]+)*"
_FOLLOWS = "in on with from to for when as at by and or if inside under after before without"
_PARTS = {
    "bare": rf"(?!(?:{'|'.join(sorted(_SMALL))})(?![\w'-])){_WORD}(?![\w'-])",
    "words": rf"(?!(?:the|an?|this|that|these|those|my|your|our|their|his|her|its)\b){_WORD}"
    rf"(?: {_WORD}){{0,3}}?",
    "word": _WORD,
    "title": rf"{_WORD}(?: {_WORD}){{0,5}}",
    "follows": "|".join(_FOLLOWS.split()),
    "tools": "|".join(map(re.escape, sorted(_listed("tools"), key=len, reverse=True))),
    "kinds": "|".join(sorted(_listed("kinds_of_names"), key=len, reverse=True)),
}


def _patterns() -> list[re.Pattern[str]]:
    found = []
    for line in lexicon.lines("mentions"):
        for part, meaning in _PARTS.items():
            line = line.replace(f"{{{part}}}", meaning)
        found.append(re.compile(line))
    terms = (term for line in lexicon.lines("terms") for term in line.split(", "))
    any_term = "|".join(rf"{re.escape(term)}(?:e?s)?" for term in terms).replace("\\ ", "[ -]")
    return [*found, re.compile(rf"\b(?P<name>{any_term})\b")]


_MENTIONS = _patterns()
_ANY_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_SENTENCE_STARTS = re.compile(r"(?:^|[.?!:;(\n])[\s(]*$")
_NUMERIC = re.compile(r"\d|\bconvert|\bhow (?:many|much|long|far|tall|high|old)\b")
# What is written in capitals where it is no name.
_ACRONYMS = lexicon.word_set(
    "tv pc cv atm hr ceo os ui gpu cpu url db hq it us usa uk eu am pm faq id asap fyi btw pls plz"
)
_SWAPPED = frozenset(
    word
    for group in (*lexicon.SYNONYMS, *lexicon.groups("near"))
    for name in group
    for word in (stem(name), name)
    if " " not in name
)
_GREETINGS = lexicon.word_set("ok okay hi hey hello dear thanks please kindly sorry so well")
_UNITS = frozenset(name for group in lexicon.UNITS for name in group)
_OPENS_A_NAME = frozenset(
    stem(name)
    for part in ("nouns", "nouns_alone", "adjectives", "predicates", "near")
    for group in lexicon.groups(part)
    for name in group
) - frozenset(stem(name) for group in lexicon.groups("verbs") for name in group)


def names_in(asks: str) -> tuple[str, ...]:
    """The names in what a prompt asks, in small letters, in their order."""
    words = list(_ANY_WORD.finditer(asks))
    named = _by_capitals(asks, words) | _by_place(asks.lower(), words)
    found = (_plain(match.group()) for place, match in enumerate(words) if place in named)
    return tuple(name for name in found if len(name) > 1)


def lost(names: tuple[str, ...], seen: Collection[str]) -> tuple[str, ...]:
    """The names whose letters the forms `seen` of a question do not tell.

    Those that have synonyms, that were left out, and that stand in the plural, in the past, or in
    another spelling.
    """
    shown = frozenset(form.removeprefix("name_").removeprefix("either_") for form in seen)
    found = []
    for name in names:
        if name.replace("-", "") not in shown or "-" not in name:
            found += [part for part in name.split("-") if not _is_told(part, shown)]
    return tuple(found)


def mean_the_same(names: tuple[str, ...]) -> bool:
    """Whether two of the names are one word elsewhere: their forms cannot tell their places."""
    different = set(names)
    return len({canonical(name) for name in different}) < len(different)


def _is_told(name: str, shown: frozenset[str]) -> bool:
    if name in _SWAPPED or stem(name) in _SWAPPED:
        return False
    if name in shown or canonical(name) == f"unit:{name}":
        return True
    root = stem(name)
    if name in (root, f"{root}e"):
        return root in shown
    one = singular(spelled(name))
    return one in (root, f"{root}e") and one != name and f"{root}+" in shown


def _plain(word: str) -> str:
    return word.lower().removesuffix("'s").removesuffix("'")


def _by_capitals(asks: str, words: list[re.Match[str]]) -> set[int]:
    texts = [match.group() for match in words]
    if not any(text.upper() != text for text in texts):
        return set()  # capitals throughout say no more than none
    # In a title only words that are no function words may be names.
    in_title = not any(
        text[0].islower() and text not in _SMALL for text in texts if text[0].isalpha()
    )
    starts = [bool(_SENTENCE_STARTS.search(asks[: match.start()][-8:])) for match in words]
    large = [_is_large(text) for text in texts]
    numeric = bool(_NUMERIC.search(asks.lower()))
    found = set()
    for place, text in enumerate(texts):
        word = _plain(text)
        if not large[place] or text == "I" or text.startswith(("I'", "I’")):
            continue
        beside_number = asks[: words[place].start()].rstrip()[-1:].isdigit()
        if word in lexicon.MONTHS or beside_number or (numeric and word in _UNITS):
            continue
        before = (
            place > 0 and large[place - 1] and not (starts[place - 1] or _owns(texts[place - 1]))
        )
        after = place + 1 < len(words) and large[place + 1] and not starts[place + 1]
        in_capitals = len(word) > 1 and text.removesuffix("'s").isupper()
        if in_capitals and word in _ACRONYMS and (in_title or not (before or after)):
            continue
        if in_title and word in _SMALL:
            continue
        if starts[place] and not (in_capitals and not in_title and word not in _SMALL | _GREETINGS):
            opens = after and stem(word) in _OPENS_A_NAME and texts[place + 1].lower() != "i"
            if not opens:
                continue
        found.add(place)
    return found


def _owns(text: str) -> bool:
    return text.endswith(("'s", "s'"))


def _is_large(text: str) -> bool:
    return text[0].isupper()


def _by_place(asks: str, words: list[re.Match[str]]) -> set[int]:
    found = set()
    for pattern in _MENTIONS:
        for match in pattern.finditer(asks):
            start, end = match.span("name")
            for place, word in enumerate(words):
                inside = start <= word.start() and word.end() <= end
                if inside and _plain(word.group()) not in _SMALL:
                    found.add(place)
    return found
