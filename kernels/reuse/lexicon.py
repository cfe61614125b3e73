"""The words that questions are compared by: lists in `words/`, and the small closed classes.

All lists are closed: a word that is in none stands for itself, so what nobody thought of prevents
reuse rather than allowing it.
"""

from pathlib import Path

WORDS = Path(__file__).parent / "words"
SYNONYM_FILES = ("verbs", "nouns", "nouns_alone", "adjectives", "predicates", "adverbs")


def lines(name: str) -> list[str]:
    """The lines of one word list, without comments."""
    text = (WORDS / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def groups(name: str) -> list[tuple[str, ...]]:
    """The groups of a list; the first word of each stands for all."""
    return [tuple(word.strip() for word in line.split(", ")) for line in lines(name)]


def word_set(text: str) -> frozenset[str]:
    """The words of a text, apart by spaces."""
    return frozenset(text.split())


def _pairs(name: str, between: str = " ") -> dict[str, str]:
    return {left.strip(): right.strip() for left, right in (x.split(between) for x in lines(name))}


SYNONYMS = tuple(group for name in SYNONYM_FILES for group in groups(name))
UNITS = tuple(groups("units"))
SHORT = _pairs("short", "=")
SPELLING = _pairs("spelling")
PLURALS = _pairs("irregular_plurals")
NOMINAL = _pairs("nominal")
FINAL_E = word_set(" ".join(lines("final_e")))
SUFFIXES = {"n't": "not", "'re": "are", "'ll": "will", "'ve": "have", "'d": "would"}

_VERBS = [line.split() for line in lines("irregular_verbs")]
IRREGULAR = {form: base for base, past, part in _VERBS for form in (past, part) if form != base}
_PASTS = {past for base, past, _ in _VERBS if past != base}
PARTICIPLES = frozenset(part for _, _, part in _VERBS) - {"come", "become", "been", "run", "had"}
# Forms that say "past" by themselves, and those that do so unless "is" or "has" stands before.
ONLY_PAST = frozenset(_PASTS - PARTICIPLES) | {"ago", "yesterday", "left", "felt", "formerly"}

# Words that only ask or join. "Please tell me the capital" and "the capital" ask the same.
ASKING = word_set(
    "whether honestly please kindly thanks so actually basically really simply also any a an "
    "the this these that those there me us you i we our my of do does is are am be "
    "been being to and then exactly currently have has did was were"
)
DETERMINERS = word_set("the a an my our your their his her this these those its")
POSSESSIVES = word_set("your their his her its")
ARTICLES = word_set("a an one")
# How a request asks. "Tell me the capital", "give the capital" and "what is the capital" are one.
WHAT = word_set(
    "what which tell give show say state provide find get list name return display calculate"
)
WISHES = frozenset(("know", "want", "need", "wondering", "like"))
WH = word_set("who whom whose when where why how")
EXPLAINING = word_set("explain tell show know describe say wonder me see understand")
KINDS = ("how many", "how much", "how long", "how often", "how far", "how old")
BE = word_set("is are am was were be been being")
HAVE = frozenset(("has", "have", "had"))
AUXILIARIES = word_set(
    "is are am do does did was were can could will has have must should may might shall would had"
)
MODALS = word_set("can could may might must should shall ought would")
# Verbs whose past is their base: "who read it" may be both.
SAME_PAST = word_set(
    "bet beat bid broadcast burst bust cast cost cut fit forecast hit hurt input knit let offset "
    "output put quit read reset rid set shed shut slit spit split spread sublet thrust undercut "
    "upset wed wet recast typeset"
)
NEGATIONS = word_set("not no never without none neither nor nobody nothing")
PAST = frozenset(("was", "were", "did", "had", "ago", "yesterday"))
# Participles that are also the base of their verb.
BASE_PARTICIPLES = SAME_PAST | {
    "come",
    "become",
    "overcome",
    "run",
    "outrun",
    "been",
    "had",
    "gotten",
}
FUTURE = frozenset(("will", "shall", "tomorrow", "going", "upcoming"))
# What they mean depends on when it is said.
DEICTIC = word_set(
    "today yesterday tomorrow tonight now currently current latest recent recently newest "
    "upcoming ago last next this present presently"
)
# Before a verb, "to" is no preposition: "how to sort", "want to sort".
BEFORE_INFINITIVE = word_set("how need want able way trying order like possible have has wish used")
PREPOSITIONS = word_set(
    "using regarding if while because unless although due without in on at from to into "
    "onto by for with within between among under over above below before after during "
    "since until till per than via through against about around near toward towards as "
    "like across beyond behind versus vs despite except compared morethan lessthan atleast "
    "atmost"
)
# Their order in a list does not matter where these stand.
COMMUTATIVE = word_set("sum total add average mean median product extract compare list between")
CHANGES = word_set(
    "change growth increase decrease rise fall drop respectively matrix matrices vector cross"
)
AGENTS = {
    "author": "write",
    "inventor": "invent",
    "founder": "found",
    "painter": "paint",
    "composer": "compose",
    "discoverer": "discover",
    "designer": "design",
}
_MONTH_NAMES = (
    "january jan",
    "february feb",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sep sept",
    "october oct",
    "november nov",
    "december dec",
)
MONTHS = {
    name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()
}
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth"
ORDINALS = {word: number for number, word in enumerate(_ORDINALS.split(), start=1)}
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
NUMBER_WORDS = {word: value for value, word in enumerate(_SMALL.split())}
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
TENS = {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}
SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
SCALES["dozen"] = 12
