"""What stands for a word where it stands: synonyms are synonyms in one sense only.

"Is it fast" asks "is it quick", but fast food is no quick food; a shop is a store, but to store is
not to shop. So a verb's synonyms hold where a verb may stand, a noun's where no verb stands and no
other noun follows, and those of most adjectives where no noun follows.
"""

from kernels.reuse import lexicon
from kernels.reuse.forms import canonical, is_participle, singular, spelled, stem


def _stems(*names: str) -> frozenset[str]:
    groups = (group for name in names for group in lexicon.groups(name))
    return frozenset(stem(word) for group in groups for word in group if " " not in word)


_VERBS, _NOUNS, _PREDICATES = _stems("verbs"), _stems("nouns_alone"), _stems("predicates")
_BEFORE_VERB = lexicon.word_set("i you we they he she it to please not never") | (
    lexicon.AUXILIARIES - lexicon.BE - lexicon.HAVE
)
_BEFORE_NOUN = lexicon.DETERMINERS | lexicon.BE | {"of", "no", "some", "any"}
_FUNCTION = (
    lexicon.PREPOSITIONS
    | lexicon.AUXILIARIES
    | lexicon.BE
    | lexicon.DETERMINERS
    | lexicon.NEGATIONS
    | lexicon.WH
    | lexicon.word_set("of and or but then i you we he she it they me him us them which what that")
    | lexicon.word_set("all both only each every also too very there here often always first")
)


def in_place(word: str, last: str, after: str, labelled: bool = False) -> str:
    """The word's canonical form, or its stem where its synonyms may have another sense.

    `last` and `after` are the words beside it; empty at a stop, at the ends and beside typed parts.
    `labelled` says that a typed part follows, which may belong to its name: "error 404".
    """
    root = stem(word)
    noun_follows = bool(after) and after not in _FUNCTION and after[0].isalpha()
    formed = word.endswith(("ing", "ed")) or (last in _BEFORE_NOUN and is_participle(word))
    if noun_follows and last and last not in _BEFORE_VERB and root != word and formed:
        return f"{root}-{'ing' if word.endswith('ing') else 'ed'}"  # boiling water, boiled water
    if root in _PREDICATES:
        return root if noun_follows or labelled else canonical(word)
    if root in _VERBS and not _may_be_verb(word, last):
        return root
    if root in _NOUNS and labelled:
        return f"{root}-no"
    if root in _NOUNS and last not in _BEFORE_VERB and not is_participle(word):
        past_follows = is_participle(after) or after in lexicon.ONLY_PAST
        return root if noun_follows and not past_follows else canonical(word)
    if root in _NOUNS:
        return root
    return canonical(word)


def _may_be_verb(word: str, last: str) -> bool:
    if is_participle(word) or word.endswith("ing"):
        return last not in lexicon.DETERMINERS
    noun = last in _BEFORE_NOUN or (last in lexicon.PREPOSITIONS and last != "to")
    return not noun


_BEFORE_PLURAL = (
    lexicon.DETERMINERS
    | lexicon.PREPOSITIONS
    | lexicon.AUXILIARIES
    | lexicon.WHAT
    | lexicon.word_set(". of and or not all many how why when where whether that extract")
)


def is_plural(word: str, last: str, owned: bool) -> bool:
    """Whether it is a noun in the plural: after "the", "are" or "Ann's", not after "who"."""
    before_noun = owned or last in _BEFORE_PLURAL or not last
    return before_noun and singular(spelled(word)) != spelled(word)
