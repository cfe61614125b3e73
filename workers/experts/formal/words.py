"""Nouns in one form, sentences apart, and which words are too alike to be told apart."""

import re

_IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "people": "person", "mice": "mouse",
    "geese": "goose", "feet": "foot", "teeth": "tooth", "oxen": "ox", "wolves": "wolf",
    "knives": "knife", "leaves": "leaf", "thieves": "thief", "elves": "elf", "lives": "life",
}  # fmt: skip
_SPOKEN_TO = re.compile(
    r"\((?:answer|reply|respond|format)\b[^()]*\)|\b(?:answer|reply"
    r"|respond)(?: with)?(?: only| just)?"
    r" [\"'“]?yes[\"'”]?(?:,| or|/) ?[\"'“]?no[\"'”]?"
    r"(?:,? or [\"'“]?(?:unknown|uncertain)[\"'”]?)?\.?",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:consider (?:these|the following) (?:statements|premises|facts)"
    r"|given(?: that)?(?: the following(?: premises| statements)?)?|premises?"
    r"|statements?|suppose(?: that)?|assume(?: that)?"
    r"|here are (?:some|the) (?:facts|premises|statements))\s*(?:\d+\s*)?[:.]?\s*",
    re.IGNORECASE,
)
_MARKS = re.compile(
    r"(?:^|(?<=\s))(?:\d{1,2}[.)]|[-*•]|premise \d+:|question:|conclusion:)\s+", re.IGNORECASE
)
ALIKE = 3  # letters with which words may begin that count as different


def sentences(prompt: str) -> list[str]:
    """Without what tells how to answer, marks of lists and words that only introduce."""
    plain = _SPOKEN_TO.sub("", prompt.replace("’", "'"))
    plain = _MARKS.sub("\n", plain)
    plain = re.sub(r":\s*\n+", ": ", plain)
    found = []
    for line in re.split(r"(?<=[.?!])\s+|\n+", plain):
        said = _OPENING.sub("", line.strip()).strip()
        if said:
            found.append(said)
    return found


def singular(noun: str) -> str:
    """One form for singular and plural of an English noun, more or less."""
    *before, last = noun.lower().split()
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif re.search(r"[^aeiou]ies$", last):
        last = last[:-3] + "y"
    elif re.search(r"(?:s|x|z|ch|sh)es$", last):
        last = last[:-2]
    elif re.search(r"[^su]s$", last):
        last = last[:-1]
    return " ".join([*before, last])


def too_alike(words: set[str]) -> bool:
    """Whether two of these may be forms of one word that `singular` did not see."""
    firsts = [word.split()[-1][:ALIKE] for word in words]
    return len(set(firsts)) < len(firsts)
