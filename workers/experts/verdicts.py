"""Whether an answer to a question of yes or no is read in full: a word behind "yes" may deny it."""

import re

from workers.experts.answer_keys import plain_low, verdict_in

MOST_CHARS = 300

_SIGNS = re.compile(r"[\s.,;:!()\-–—\"“”*_]+")
_FILLING = frozenset(
    [
        *("a", "an", "the", "so", "that", "this", "it", "he", "she", "they", "we", "you", "indeed"),
        *("is", "are", "was", "were", "be", "does", "do", "did", "can", "follow", "follows"),
        *("conclude", "concluded", "logically", "therefore", "thus", "hence", "then"),
    ]
)
_PRONOUNS = frozenset(["it", "he", "she", "they"])
_FOLLOWING = frozenset(["follow", "follows", "conclude", "concluded"])
_AGREEING = (["true"], ["correct"], ["right"], ["valid"])
_DENYING = frozenset(
    [
        *("not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "cannot", "without"),
        *("false", "wrong", "untrue", "incorrect", "invalid", "lie", "doubt", "hardly", "unless"),
    ]
)
_OF_SEVERAL = frozenset(["all", "some", "no", "every", "each", "any", "most", "not"])


def verdict_said(answer: str, question: str) -> str:
    """`yes`, `no` or `unknown`, where the answer says that and nothing else; otherwise empty.

    Behind yes it may say the question's own words again ("yes, he is a mammal"), behind no the
    same with one "not".
    """
    low = plain_low(answer)
    found = verdict_in(low)
    if len(answer) > MOST_CHARS or found is None:
        return ""
    verdict, match = found
    rest = _words(low[match.end() :])
    if not rest:
        return verdict
    if verdict == "unknown":
        return ""
    said, asked = _without_filling(rest), _without_filling(_words(plain_low(question).rstrip(" ?")))
    if verdict == "yes":
        return "yes" if said in _AGREEING or _repeats(said, asked, rest) else ""
    if "not" not in match.group():  # which has said that it does not follow
        if said.count("not") != 1:
            return ""
        said.remove("not")
    if not said or said in _AGREEING:
        return "no"
    follows = bool(_FOLLOWING & {*rest, *_words(match.group())})
    asks_so = bool(_FOLLOWING & set(_words(plain_low(question))))
    if follows != asks_so or (not follows and _OF_SEVERAL & set(asked)):
        return ""  # that it does not follow is less than that it is not so
    return "no" if _repeats(said, asked, rest) else ""


def takes_back(answer: str) -> bool:
    """Whether it begins with yes and goes on with a denial."""
    low = plain_low(answer)
    found = verdict_in(low)
    if found is None or found[0] != "yes":
        return False
    return bool(_DENYING & set(_words(low[found[1].end() :])))


def _repeats(said: list[str], asked: list[str], rest: list[str]) -> bool:
    """All the words of the question, or behind a pronoun the last of them."""
    if not said or said == asked:
        return True
    return bool(_PRONOUNS & set(rest)) and said == asked[-len(said) :]


def _words(low: str) -> list[str]:
    plain = re.sub(r"n't\b", " not", low).replace("cannot", "can not")
    return [word for word in _SIGNS.split(plain) if word]


def _without_filling(found: list[str]) -> list[str]:
    return [word for word in found if word not in _FILLING]
