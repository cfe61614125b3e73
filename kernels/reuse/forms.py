"""One form for a word: "organising", "organizes" and "organized" are the same."""

import re
from functools import lru_cache

from kernels.reuse import lexicon

_RULES = (
    (re.compile(r"(?<=[a-z]{3})is(?=(?:e|ed|es|ing|ation|ations|er|ers)$)"), "iz"),
    (re.compile(r"(?<=[a-z]{2})ys(?=(?:e|ed|ing|er|ers)$)"), "yz"),
    (re.compile(r"(?<=[a-z]{3})our(?=(?:s|ed|ing|able|al|ful|less|hood|ites?|er|ers)?$)"), "or"),
    (re.compile(r"(?<=[a-z]{2})logue(?=s?$)"), "log"),
)


def spelled(word: str) -> str:
    """The American spelling."""
    if word in lexicon.SPELLING:
        return lexicon.SPELLING[word]
    if word.endswith("s") and word[:-1] in lexicon.SPELLING:
        return f"{lexicon.SPELLING[word[:-1]]}s"
    if len(word) > 5:
        for pattern, ending in _RULES:
            word = pattern.sub(ending, word)
    return word


def singular(word: str) -> str:
    if word in lexicon.PLURALS:
        return lexicon.PLURALS[word]
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


# Nouns that are no form of a verb.
NOT_VERBS = lexicon.word_set(
    "meaning building meeting wedding evening morning ceiling string spring thing nothing "
    "something anything everything king ring wing bed red hundred speed feed seed deed "
    "weed"
)


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """The same for "convert", "converts", "converting" and "converted"."""
    word = singular(spelled(lexicon.IRREGULAR.get(word, word)))
    if word in NOT_VERBS:
        return word
    if len(word) > 4 and word.endswith("ied"):
        word = f"{word[:-3]}y"
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                return word[:-1]  # "planned" is of "plan"
            if f"{word}e" in lexicon.FINAL_E:
                return f"{word}e"  # "planed" is of "plane"
            break
    if len(word) > 5 and word.endswith("ll"):
        word = word[:-1]
    keeps = len(word) <= 3 or word in lexicon.FINAL_E
    return word if keeps else word.removesuffix("e")


_CANONICAL = {
    stem(name): stem(group[0]) for group in lexicon.SYNONYMS for name in group if " " not in name
}
# Without a number beside it, a unit is a word: "in kilometres" and "in km".
_UNIT_NAMES = {
    name: f"unit:{names[0]}"
    for names in lexicon.UNITS
    for name in names
    if len(name) > 1 and name not in ("min", "sec", "second", "point", "points")
}


@lru_cache(maxsize=16_384)
def canonical(word: str) -> str:
    """What stands for the word and for its synonyms."""
    if word in _UNIT_NAMES:
        return _UNIT_NAMES[word]
    root = stem(word)
    return _CANONICAL.get(root, root)


def is_participle(word: str) -> bool:
    """Whether the word may be one: "called", "written"."""
    if word in lexicon.PARTICIPLES:
        return True
    return (
        len(word) > 4 and word.endswith("ed") and not word.endswith("eed") and word not in _NO_FORM
    )


_NO_FORM = frozenset(("compared", "based", "hundred", "united", "embed", "indeed"))
