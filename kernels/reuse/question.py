"""When two questions are provably the same one (row X4).

A prompt is parted into its material, which is compared letter by letter, and what it asks: typed
parts (numbers with units, dates, quoted text, codes), content words in canonical form, how it asks,
its tense, its negations, what may and what must be.
Two prompts are the same question only if all of that is equal. Nothing is guessed from similarity:
a word that differs and is no listed synonym prevents reuse.

Not covered: material that nothing marks ("classify I loved it"), irony, context from earlier turns,
languages other than English (they are compared word by word, so they are reused only when they
hardly differ).
"""

import re
from collections import Counter
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import chain, pairwise

from kernels.reuse import lexicon
from kernels.reuse.anew import asks_anew
from kernels.reuse.forms import canonical
from kernels.reuse.material import read
from kernels.reuse.names import lost, mean_the_same, names_in
from kernels.reuse.parts import parts
from kernels.reuse.tense import tense_of
from kernels.reuse.tokens import Token, tokens
from kernels.reuse.ways import words_of
from kernels.reuse.wording import PLAIN, plain_wording
from kernels.spec import digest_of

# One higher with each change of the rules: what older rules took for the same is not reused.
RULES = 3


@dataclass(frozen=True)
class Question:
    """What a prompt asks, in canonical form."""

    kind: str  # what | who | when | ... | how many | yes or no
    tense: str  # past, perfect, future, going on, as often as they are said; else present
    negations: int
    modality: tuple[str, ...]  # can, must, should, would, might: sorted
    typed: tuple[str, ...]  # numbers with units, dates, quoted text, codes: sorted
    core: tuple[str, ...]  # words and typed parts outside of phrases, in order
    phrases: tuple[tuple[str, ...], ...]  # preposition and what follows it
    literal: tuple[str, ...]  # what must agree letter by letter: the material, words asked about
    timeless: bool  # asked again, it has the same answer

    @property
    def digest(self) -> str:
        """SHA-256 (hex); equal for the same question."""
        return digest_of({"rules": RULES, **asdict(self)})

    def differences(self, other: "Question") -> list[str]:
        """What keeps the two from being the same question; empty when they are."""
        found = []
        if self.typed != other.typed:
            found.append(f"numbers, dates or names of things: {_shown(self.typed, other.typed)}")
        if self.negations != other.negations:
            found.append("negation")
        if self.modality != other.modality:
            found.append(f"what can or must be: {_shown(self.modality, other.modality)}")
        if self.tense != other.tense:
            found.append(f"tense: {self.tense} / {other.tense}")
        if self.kind != other.kind:
            found.append(f"kind of question: {self.kind} / {other.kind}")
        if self.core != other.core:
            found.append(f"words: {_shown(self.core, other.core)}")
        if self.phrases != other.phrases:
            mine, others = (tuple(" ".join(p) for p in q.phrases) for q in (self, other))
            found.append(f"phrases: {_shown(mine, others)}")
        if self.literal != other.literal:
            found.append("text that must agree letter by letter")
        return found


def _shown(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    left, right = Counter(one) - Counter(other), Counter(other) - Counter(one)
    if not left and not right:
        return "in another order"
    return f"{' '.join(left.elements()) or 'nothing'} / {' '.join(right.elements()) or 'nothing'}"


@lru_cache(maxsize=4096)
def question(prompt: str) -> Question:
    """What the prompt asks."""
    asked = read(prompt)
    wording = plain_wording(asked.asks, asked.hidden)
    found = _conditions(tokens(wording))
    words = [token.text for token in found if token.type == "word"]
    kind, tense = _kind(found), tense_of(found)
    core, phrases = parts(found, kind, tense)
    kind, tense, core = _one_way_to_ask(kind, tense, core)
    typed = tuple(sorted(token.text for token in found if token.type == "typed"))
    return Question(
        kind,
        tense,
        sum(word in lexicon.NEGATIONS for word in words),
        tuple(sorted(word for word in words if word in lexicon.MODALS)),
        typed,
        tuple(core),
        tuple(phrases),
        (*asked.literal, *_by_letters(asked.asks, (*core, *typed, *chain(*phrases)))),
        timeless=lexicon.DEICTIC.isdisjoint((*words, *words_of(prompt.lower())))
        and not asks_anew(wording, asked.asks, asked.bound),
    )


def _by_letters(asks: str, forms: tuple[str, ...]) -> tuple[str, ...]:
    """The names that the forms do not tell; all words where two names count as one elsewhere."""
    names = names_in(asks.translate(PLAIN))
    left = lost(names, {part for form in forms for part in form.split()})
    return (*left, asks.lower()) if mean_the_same(left) else left


def _kind(found: list[Token]) -> str:
    words = [token.text for token in found if token.type == "word"]
    text = " ".join(words)
    for kind in lexicon.KINDS:
        if re.search(rf"\b{kind}\b", text):
            return kind
    for position, token in enumerate(found):
        if token.text in lexicon.WH and not _is_relative(found, position):
            return "who" if token.text in ("whom", "whose") else token.text
    begins = [
        token.text for last, token in pairwise((Token("stop", "."), *found)) if last.type == "stop"
    ]
    asks = "whether" in words or any(word in lexicon.AUXILIARIES for word in begins)
    return "yes or no" if asks else "what"


def _is_relative(found: list[Token], position: int) -> bool:
    """Whether "who" asks nothing: "customers who have paid"."""
    if found[position].text not in ("who", "whom", "whose") or position == 0:
        return False
    last, after = found[position - 1], found[position + 1 : position + 2]
    if last.type == "typed":
        return False  # "in 2019 who won it"
    fronted = found[0].text in lexicon.PREPOSITIONS and position < 6
    if fronted and after and after[0].text in lexicon.AUXILIARIES:
        return False  # "in our wiki who can create pages"
    return last.type != "stop" and last.text not in _BEFORE_WH


def _conditions(found: list[Token]) -> list[Token]:
    """ "When it rains" is a condition, "when does it rain" is a question."""
    return [
        Token("word", "if") if token.text == "when" and _is_condition(found, position) else token
        for position, token in enumerate(found)
    ]


def _is_condition(found: list[Token], position: int) -> bool:
    rest = found[position + 1 :]
    if not rest or rest[0].type == "stop" or rest[0].text in lexicon.AUXILIARIES:
        return False
    last = found[position - 1] if position else None
    if last is None or last.type == "stop":
        return any(token.text == "," for token in rest)
    return last.text not in _BEFORE_WHEN


def _one_way_to_ask(kind: str, tense: str, core: list[str]) -> tuple[str, str, list[str]]:
    """ "Who is the author of it" asks who wrote it."""
    if kind == "who" and tense == "present" and len(core) > 1 and core[-1] in _AGENTS:
        return kind, "past", [_AGENTS[core[-1]], *core[:-1]]
    return kind, tense, core


_BEFORE_WH = lexicon.PREPOSITIONS | lexicon.EXPLAINING | lexicon.ASKING
_BEFORE_WHEN = lexicon.PREPOSITIONS | lexicon.EXPLAINING | {"and", "or", "whether", "is"}
_AGENTS = {canonical(noun): canonical(verb) for noun, verb in lexicon.AGENTS.items()}
