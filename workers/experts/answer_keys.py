"""What an answer of a few words says: yes or no, an option, or its facts in any order."""

import re

YES = ("yes", "true", "valid", "correct", "it follows", "it does follow", "follows")
NO = ("no", "false", "invalid", "incorrect", "it does not follow", "does not follow", "not valid")
UNKNOWN = (
    *("unknown", "cannot be determined", "it cannot be determined", "undetermined", "uncertain"),
    *("not enough information", "we cannot tell", "cannot tell", "impossible to say"),
)
_END = r"(?=\s*(?:[.,;:!(\-–—]|$|\b(?:because|since|it|that|this|we|the conclusion|as)\b))"
VERDICTS = [
    (key, re.compile(rf"(?:{'|'.join(sorted(ways, key=len, reverse=True))}){_END}"))
    for key, ways in (("unknown", UNKNOWN), ("no", NO), ("yes", YES))
]
_OPTION = re.compile(r"(?:option\s+)?\(?([a-h])(?:\)|[.:](?=\s|$)|$)")
_SIGNS = re.compile(r"[^\w\s'→↔∧∨¬()<>=+*/^%$-]")
_FILLING = re.compile(r"\b(?:a|an|the|so|therefore|thus|hence|that|is|are)\b")


def verdict_key(answer: str) -> str:
    """`yes`, `no` or `unknown`, where an answer begins with such a word; else empty."""
    found = verdict_in(plain_low(answer))
    return found[0] if found else ""


def verdict_in(low: str) -> tuple[str, re.Match[str]] | None:
    """The verdict that a text, as `plain_low` has it, begins with, and where it stands."""
    found = ((key, pattern.match(low)) for key, pattern in VERDICTS)
    return next(((key, at) for key, at in found if at), None)


def plain_low(text: str) -> str:
    """In lower case, blanks and apostrophes of one kind, without marks around it."""
    plain = text.lower().replace("’", "'").replace("can't", "cannot")
    return " ".join(plain.split()).strip("*_\"' ")


def statement_key(answer: str) -> str:
    """Equal for answers that say the same in other order, case or punctuation."""
    verdict = verdict_key(answer)
    if verdict:
        return verdict
    low = " ".join(answer.lower().split()).strip("*_\"'. ")
    option = _OPTION.match(low)
    if option:
        return f"option {option[1]}"
    pieces = re.split(r",\s*and\s+|,|;|\s+and\s+|\n", low)
    plain = (_FILLING.sub(" ", _SIGNS.sub(" ", piece)) for piece in pieces)
    return ", ".join(sorted(" ".join(piece.split()) for piece in plain if piece.strip()))
