"""Whether a prompt asks for the same again as the one before it.

It does if it says so and no more ("try again", "once more"), if it is the same text but for case,
punctuation and courtesy, if a comparison of questions found them the same, or if its embedding is
near and it names the same numbers and things in the same order. The last takes some prompts that
differ in one word ("ascending", "descending") for the same; how many, the bench says.
What only moves the work along ("continue", "yes") asks for nothing again, however often it is said.
"""

import re

NEAR = 0.96  # cosine, set on the development pairs of `manage.py bench corrections`

_AGAIN = re.compile(
    r"(?:(?:can|could|would) you )?(?:(?:try|do|run|answer|write) (?:(?:it|that|this) )?"
    r"(?:again|over|once more)|redo(?: (?:it|that|this))?|again|retry|regenerate|once more"
    r"|one more time|start over|another try)"
)
_MOVES_ON = frozenset(
    (
        "",
        *("continue", "go on", "go ahead", "proceed", "keep going", "next", "do it", "yes", "yep"),
        *("y", "ok", "okay", "sure", "no", "n", "thanks", "thank you", "commit", "commit it", "go"),
        *("commit and push", "push", "run the tests", "hello", "hi", "1", "2", "3", "a", "b"),
    )
)
_COURTESY = re.compile(r"\b(?:please|kindly|again|thanks|thank you)\b")
_THING = re.compile(
    r"\"[^\"]+\"|`[^`]+`"  # quoted
    r"|\d+(?:[.,:/-]\d+)*"  # numbers, dates
    r"|\b\w+(?:[./:@-]\w+)+|\b\w+_\w+|\b[a-z]+[A-Z]\w*"  # paths, addresses, identifiers
    r"|(?<![.!?:]\s)(?<!^)\b[A-Z]\w*"  # names: capitals inside a sentence
)


def asks_again(prompt: str, before: str, *, cosine: float, same_question: bool = False) -> bool:
    """`cosine` is that of the two prompts' embeddings; `same_question` what is known otherwise."""
    words, words_before = _plain(prompt), _plain(before)
    if _AGAIN.fullmatch(" ".join(re.findall(r"[\w']+", _courteous(prompt)))):
        return True
    if words in _MOVES_ON:
        return False
    if same_question or words == words_before:
        return True
    return cosine >= NEAR and _things(prompt) == _things(before)


def _courteous(text: str) -> str:
    return re.sub(r"\b(?:please|kindly|thanks|thank you)\b", " ", text.casefold())


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", _COURTESY.sub(" ", text.casefold())))


def _things(text: str) -> tuple[str, ...]:
    """In order: "from A to B" is not "from B to A"."""
    return tuple(found.group().casefold() for found in _THING.finditer(text))
