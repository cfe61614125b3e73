"""When what a question speaks of happens: past, perfect, future, going on, or left open.

"Who read it" may be past or present. Such forms are kept as they are written, unless an auxiliary
before them decides ("did they read it").
"""

from kernels.reuse import lexicon
from kernels.reuse.forms import NOT_VERBS, is_participle
from kernels.reuse.tokens import Token

_CLAUSES = lexicon.word_set(". who that which if because while and but")
_SUBJECTS = lexicon.word_set("i you we they he she it")
_BEFORE_NOUN = lexicon.DETERMINERS | lexicon.PREPOSITIONS | {"of", "one", "no", "some", "any"}
_OPEN = lexicon.SAME_PAST | {f"{verb}s" for verb in lexicon.SAME_PAST}
_NOT_GOING_ON = lexicon.PREPOSITIONS | {"missing", "interesting", "exciting", "boring", "amazing"}


def tense_of(tokens: list[Token]) -> str:
    """Which verbs speak of the past or of the future, all counted; "present" if none does."""
    words = ["." if token.type == "stop" else token.text for token in tokens]
    words = [
        f"{word}'s" if token.owner else word for word, token in zip(words, tokens, strict=True)
    ]
    auxiliary = ""
    found = ["future" for word in words if word in lexicon.FUTURE]
    for before, last, word in zip(["", "", *words], ["", *words], words, strict=False):
        if word in _CLAUSES:
            auxiliary = ""
        if word in lexicon.PAST or word in lexicon.ONLY_PAST:
            found.append("past")
        elif is_participle(word) and last != "been":
            said_of = last in _SUBJECTS and before not in lexicon.AUXILIARIES
            if auxiliary in lexicon.HAVE:
                found.append("perfect")
            elif said_of or not (auxiliary or last in lexicon.DETERMINERS):
                found.append("past")
        elif word in lexicon.BASE_PARTICIPLES and auxiliary in lexicon.HAVE:
            found.append("perfect")
        elif _is_going_on(word, last, auxiliary):
            found.append("going on")
        elif not auxiliary and word in _OPEN and _may_be_past(before, last):
            found.append(word)
        if word in lexicon.AUXILIARIES or word in lexicon.BE:
            auxiliary = auxiliary if word == "been" and auxiliary in lexicon.HAVE else word
    return " ".join(sorted(found)) or "present"


def _is_going_on(word: str, last: str, auxiliary: str) -> bool:
    is_form = len(word) > 5 and word.endswith("ing") and word not in NOT_VERBS | _NOT_GOING_ON
    after_be = auxiliary in lexicon.BE or auxiliary in lexicon.HAVE
    return word == "being" or (is_form and after_be and not _before_noun(last))


def _may_be_past(before: str, last: str) -> bool:
    """Not a noun, no request, and no "to read", "how I read"."""
    asked_how = before == "how" and last in _SUBJECTS
    return not _before_noun(last) and last not in ("", ".", "to", "please") and not asked_how


def _before_noun(last: str) -> bool:
    return last in _BEFORE_NOUN or last.endswith("'s")
