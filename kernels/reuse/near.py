"""When two prompts nearly ask the same question: only words that mostly mean the same differ.

Beside `kernels.reuse.question`, whose forms must be equal, this allows what is right in most places
and not in all: the words of a line of `words/near.txt`, and "they" or "people" where the other asks
in the passive. Numbers, units, dates, names, negation, direction, tense, what may and must be, the
order of the words and what must agree letter by letter are compared as strictly as there. Whether a
prompt is one of those places, a model must say before an answer is given again.
"""

from dataclasses import replace

from kernels.reuse import lexicon
from kernels.reuse.forms import canonical, stem
from kernels.reuse.question import Question

# A word stands in a question as its stem, or as what stands for its synonyms there. The first line
# that names it counts.
_SAME = {
    form: stem(group[0])
    for group in reversed(lexicon.groups("near"))
    for word in group
    for form in (canonical(word), stem(word))
}
_WHOEVER = ("they", f"{canonical('people')}+")  # whom a passive leaves out


def differences_of_meaning(one: Question, other: Question) -> list[str]:
    """What keeps a stored answer to one from being offered for the other; empty if nothing does."""
    found = (_loosely(one, doer).differences(_loosely(other, doer)) for doer in _WHOEVER)
    return min(found, key=len)


def _loosely(asked: Question, doer: str) -> Question:
    return replace(
        asked,
        core=tuple(_loose(token, doer) for token in asked.core),
        phrases=tuple(tuple(_loose(token, doer) for token in phrase) for phrase in asked.phrases),
    )


def _loose(token: str, doer: str) -> str:
    """What stands for the word here; a mark of its form ("+", "-ed", "-ing") stays."""
    if token == doer:
        return "passive"
    root, mark = token, ""
    for ending in ("+", "-ing", "-ed"):
        if token.endswith(ending):
            root, mark = token.removesuffix(ending), ending
    return _SAME.get(root, root) + mark
