"""Prompts with another right answer each time: something random or new, the state of the world.

A stored answer would be the old password, the joke told before, yesterday's weather. The lists are
`words/anew.txt` (anywhere in what a prompt asks) and `words/anew_requests.txt` (in requests, not in
questions). A request to make something that no material and no code binds is one of them.
"""

import re

from kernels.reuse import lexicon
from kernels.reuse.frames import unframed
from kernels.reuse.wording import PLAIN, in_full


def _any_of(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{line})" for line in lexicon.lines(name)))


_ANYWHERE, _IN_REQUESTS = _any_of("anew"), _any_of("anew_requests")
_OF_CODE = lexicon.word_set(" ".join(lexicon.lines("about_code")))
_QUESTION = re.compile(
    r"(?:who|whom|whose|what|which|when|where|why|how(?! about\b)|is|are|was|were|am|does|did|has"
    r"|do (?!you\b)|must|should|will|would|can (?!i have\b|i get\b)|may (?!i have\b)|could"
    r"|whether)\b"
)
_FRONTED = re.compile(rf"(?:{'|'.join(sorted(lexicon.PREPOSITIONS))})\b.*? {_QUESTION.pattern}")
_MAKING = re.compile(
    r"(?:^|[.,;:!?] )(?:write|compose|invent|generate|draft|create|make|come up with"
    r"|think (?:of|up)|propose|suggest|recommend|produce|design|draw|paint|sketch|devise|plan"
    r"|build|develop|formulate)\b"
    r"(?! sure\b)"
)

# With material, words like "different" and "name" mostly belong to what is done with it.
_AGAIN = re.compile(r"\banother\b|\bonce more\b|\bregenerate\b|\bretry\b|\belse\b|\bcreative\w*")


def asks_anew(wording: str, raw: str, bound: bool) -> bool:
    """Whether the answer should be another when it is asked again.

    `wording` is the plain wording of what is asked, `raw` the same in the words of the prompt, and
    `bound` says whether the prompt brings material.
    """
    raw = in_full(raw.lower().translate(PLAIN))
    if _ANYWHERE.search(wording) or _ANYWHERE.search(unframed(raw)):
        return True
    if _QUESTION.match(wording) or _FRONTED.match(wording):
        return False
    if bound:
        return bool(_AGAIN.search(wording))
    if _IN_REQUESTS.search(wording) or _IN_REQUESTS.search(raw):
        return True
    of_code = not _OF_CODE.isdisjoint(re.findall(r"[a-z]+", wording))
    return bool(_MAKING.search(wording)) and not of_code
