"""The parts of a question: its words in order, and its phrases ("in Berlin", "if it rains").

"The price of the house" and "the house's price" become "house price". A passive becomes active:
"is it covered by the plan" is "the plan covers it".
"""

from dataclasses import dataclass, field
from itertools import pairwise

from kernels.reuse import lexicon
from kernels.reuse.forms import canonical, is_participle
from kernels.reuse.phrases import in_order
from kernels.reuse.senses import in_place, is_plural
from kernels.reuse.tokens import Token

_QUANTITIES = lexicon.word_set("many much which all both any some most none several")
_WHAT = frozenset(map(canonical, lexicon.WHAT))
_CONDITIONS = frozenset(map(canonical, ("if", "because", "unless", "while", "although")))
_VERBS = lexicon.word_set(
    "extract write translate summarize remove add convert count create suggest"
)
_REQUESTS = _WHAT | frozenset(map(canonical, _VERBS))
_NEED = canonical("need")
_HOW = lexicon.word_set("many much often long far old")
_ALL = frozenset(("all", "every", "each"))
_SCOPED = lexicon.word_set("all every each only always many much everyone everything just")
_FIRST_PERSON = lexicon.word_set("i me my we us our")
_PRONOUNS = lexicon.word_set("me us you i we")
_CONTAINERS = lexicon.word_set(
    "glass cup bottle box bag can jar slice pack packet bowl plate bucket basket barrel "
    "tin tube spoon piece set group pair carton crate mug pot case"
)
_DO = frozenset(("do", "does", "did"))
_SUBORDINATE = frozenset(("if", "when", "because", "unless", "while", "although"))
_BEFORE_ANY = lexicon.word_set("there have has had got i you we are if without")
_JOINS = frozenset(("or", "but", "and"))


def parts(tokens: list[Token], kind: str, tense: str) -> tuple[list[str], list[tuple[str, ...]]]:
    """Words outside of phrases in order, and the phrases in the order that counts."""
    words = {token.text for token in tokens}
    reader = _Reader(
        kind,
        two="you" in words and not _FIRST_PERSON.isdisjoint(words),
        perfect="perfect" in tense or "been" in words,
        nested=_is_nested(tokens),
    )
    for position, token in enumerate(tokens):
        reader.read(token, tokens[position + 1] if position + 1 < len(tokens) else None)
    reader.end_clause()
    joined = reader.joined or any(token.text == "then" for token in tokens[1:])
    return reader.core, in_order(reader.phrases, reader.front, joined)


def _is_nested(tokens: list[Token]) -> bool:
    """Whether "not" may belong to either of two verbs: "did she say he is ill", "try to go"."""
    clauses: list[list[str]] = [[]]
    for token in tokens:
        if token.type == "stop" or token.text in _SUBORDINATE:
            clauses.append([])
        clauses[-1].append(token.text)
    return any("not" in clause and _has_two_verbs(clause) for clause in clauses)


def _has_two_verbs(clause: list[str]) -> bool:
    helping = [text in lexicon.AUXILIARIES or text in lexicon.BE for text in clause]
    starts = [not before and here for before, here in pairwise([False, *helping])]
    return sum(starts) > 1 or not {"to", "that"}.isdisjoint(clause)


def _word(token: Token | None) -> str:
    return token.text if token is not None and token.type == "word" else ""


def _is_label(token: Token | None) -> bool:
    """Whether it names what stands before it: "error 404", "the big five", "picture B-2"."""
    return token is not None and token.type == "typed" and token.text[0].isalnum()


@dataclass
class _Clause:
    """What decides whether a clause is passive."""

    start: int  # where in the core it begins
    be: int = -1  # where in the core "is" or "was" stood
    participle: int = -1  # where in the core the last participle stands
    agent: list[str] | None = None  # the phrase "by ..." after it


@dataclass
class _Reader:
    """Reads the tokens one by one and keeps where the next word belongs."""

    kind: str
    two: bool  # the prompt speaks of "you" and of "me"
    perfect: bool  # "have" only helps another verb
    nested: bool  # there is more than one verb that "not" may belong to
    core: list[str] = field(default_factory=list)
    phrases: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.here = self.core  # where words go: outside, or into the phrase that is open
        self.noun = -1  # where in `here` the noun phrase began; -1: not known
        self.into = -1  # where in `here` words go after "of"; -1: at the end
        self.into_start = -1
        self.clause = _Clause(0)
        self.last = ""
        self.owner = self.owned = False  # whether this word, the last word owns: "Ann's"
        self.dangling_of = False  # "whose father of": nothing follows
        self.front: list[list[str]] = []  # phrases before all other words
        self.joined = False  # "and" or "or" stands between phrases
        self.helped = False  # an auxiliary stands before in the clause
        self.by = False  # a "by" without a noun: "by whom", "designed by"

    def read(self, token: Token, after: Token | None) -> None:
        word, last = token.text, self.last
        self.last, self.owned = word, self.owner
        self.owner = token.owner
        if token.type == "stop":
            if word in "();\n.:?!" or not self._in_list(after):
                self.end_clause()
            return
        if token.type != "word":
            self._add(word, after, last)
            return
        if word in ("which", "what"):
            if last not in lexicon.PREPOSITIONS:
                self._leave_phrase()
            return
        if word in lexicon.WH:
            self._leave_phrase()
            if word in ("who", "whom") and self.core and self.kind != "who":
                self.end_clause()
        elif word == "to" and self._is_infinitive(last, after):
            pass
        elif word == "of":
            self._of(last)
        elif word in lexicon.PREPOSITIONS:
            self._preposition(word)
        elif word in ("a", "an") and after is not None and after.text[0].isdigit():
            pass  # "a 10 MB photo" is "a photo of 10 MB"
        elif word in lexicon.DETERMINERS or word == "one":
            self._determiner(word, last)
        elif word in _PRONOUNS:
            self._pronoun(word, last, after)
        elif word == "not" and after is not None and after.text in _SCOPED:
            self._put("not these")  # "not all" is not "all ... not"
        elif word == "not" and self.nested:
            self._put("not")
        elif word == "any" and last not in _BEFORE_ANY:
            self._put("any")
        elif word == "exactly" and after is not None and after.type == "typed":
            self._put("exactly")
        elif word == "not":
            self.here.insert(self.clause.start if self.here is self.core else 1, "not")
            self._shift()
        elif word in _JOINS:
            phrase_follows = after is not None and after.text in lexicon.PREPOSITIONS
            in_phrase = self.here is not self.core and len(self.phrases) > 1
            self.joined |= in_phrase or (bool(self.phrases) and phrase_follows)
            if word != "and":
                self._add(word, after, last)
            self._end_passive()
        elif word in lexicon.BE:
            if self.clause.be < 0:
                self.clause.be = len(self.core)
            self.into = self.noun = -1
        elif (
            word in _DO
            and self.core
            and (after is None or after.type == "stop" or after.text in lexicon.PREPOSITIONS)
        ):
            self._add("do", after, last)
        elif word in ("have", "do") and self.helped:
            self._add(word, after, last)  # "does it have", "what do they do"
        elif word in lexicon.HAVE and not self.perfect:
            self._add("have", after, last)
        elif word in lexicon.MODALS or word in lexicon.ASKING:
            if word in lexicon.AUXILIARIES:
                self.into = -1
                self.helped = True
        else:
            if self._is_request(word, last):
                self._leave_phrase()
            if self._only_asks(word, last) or (last == "how" and word in _HOW):
                return
            if word in _ALL and self._right_after_request():
                return  # "list all cities" lists the cities
            self._add(word, after, last)

    def _is_infinitive(self, last: str, after: Token | None) -> bool:
        noun_follows = after is not None and after.text in lexicon.DETERMINERS
        return (not last and not noun_follows) or last in lexicon.BEFORE_INFINITIVE

    def _in_list(self, after: Token | None) -> bool:
        return after is not None and after.type == "typed" and self.into >= 0

    def _shift(self) -> None:
        clause = self.clause
        if self.here is self.core:
            clause.be += clause.be >= 0
            clause.participle += clause.participle >= 0
            self.into += self.into >= 0
            self.into_start += self.into_start >= 0
            self.noun += self.noun >= 0

    def _only_asks(self, word: str, last: str) -> bool:
        if self.here is not self.core or self.core:
            return False
        if word in lexicon.WISHES:
            return self.kind == "what" and last in ("i", "we", "would", "to", "")
        return canonical(word) in _WHAT and self.kind in ("what", "how many", "how much")

    def _is_request(self, word: str, last: str) -> bool:
        """Whether the request begins here: "from this text extract names"."""
        return (
            not self.core
            and self.here is not self.core
            and self.kind == "what"
            and len(self.here) > 1
            and canonical(word) in _REQUESTS
            and last not in lexicon.DETERMINERS
        )

    def _of(self, last: str) -> None:
        if last in _QUANTITIES:
            return
        words = len(self.here) - (self.here is not self.core)
        if words < 1 or last in _CONTAINERS:
            self._preposition("of")
            return
        if self.into >= 0:
            at = self.into_start
        elif 0 <= self.noun < len(self.here):
            at = self.noun
        else:
            at = len(self.here) - 1
        self.into = self.into_start = at
        self.dangling_of = True

    def _preposition(self, word: str) -> None:
        self.into = -1
        if self.here is not self.core and self.here[0] in _CONDITIONS and len(self.here) > 1:
            self.here.append(canonical(word))  # what it says is a part of the condition
            self.noun = len(self.here)
            return
        if self.here is not self.core and len(self.here) == 1:
            self.here[0] += f" {word}"  # "than from"
        else:
            self.here = [canonical(word)]
            self.phrases.append(self.here)
            if not self.core:
                self.front.append(self.here)
        if word == "by" and self.clause.participle == len(self.core) - 1 >= 0:
            self.clause.agent = self.here
        self.by = self.by or word == "by"
        self.noun = 1

    def _determiner(self, word: str, last: str) -> None:
        if self.into >= 0 and self.into > self.into_start:
            self.into = -1  # what "of" belongs to is over
        if self.into >= 0:
            self.into_start = self.into
        else:
            self.noun = len(self.here)
        if word in lexicon.POSSESSIVES:
            self._put(word)
        elif word in lexicon.ARTICLES and self._counts(last):
            self._put("1")  # "suggest a title" is not "suggest titles"
        elif word in ("a", "an"):
            self._put("a")
        elif word == "one":
            self._put(word)

    def _right_after_request(self) -> bool:
        verbs = len(self.core) == 0 or (len(self.core) == 1 and self.core[0] in _REQUESTS)
        return verbs and self.here is self.core and self.kind == "what"

    def _counts(self, last: str) -> bool:
        asked = last in ("", "me", "us") or canonical(last) in _REQUESTS
        return asked and self.kind == "what" and self.here is self.core and len(self.core) < 2

    def _pronoun(self, word: str, last: str, after: Token | None) -> None:
        """Who does it is not said by "I" or "you"; to whom, is: "I owe you", "you owe me"."""
        at_end = after is None or after.type == "stop" or after.text in lexicon.PREPOSITIONS
        if last in lexicon.BE and at_end:
            self._put(word)  # "how old are you" is not "how old am I"
        elif word in ("me", "us"):
            if not (self.kind == "what" and len(self.core) < 2):
                self._put("me")
        elif word == "you" and (self.two or (at_end and last not in lexicon.AUXILIARIES)):
            self._put("you")
        elif self.kind == "who" and last in lexicon.AUXILIARIES:
            self._put("whom")

    def _put(self, text: str) -> None:
        if self.into < 0:
            self.here.append(text)
            return
        self.dangling_of = False
        self.here.insert(self.into, text)
        self.into += 1

    def _add(self, word: str, after: Token | None, last: str) -> None:
        in_phrase = self.here is not self.core and len(self.here) > 1
        passive = (
            (self.here is self.core or (in_phrase and self.here[0] not in _CONDITIONS))
            and self.clause.be >= 0
            and is_participle(word)
            and (after is None or after.type == "stop" or after.text in lexicon.PREPOSITIONS)
            and last not in lexicon.DETERMINERS
        )
        if passive:
            self._leave_phrase()
        typed = word[0].isdigit() or word[0] in '"#'
        if self.here is not self.core and last in ("be", "get") and is_participle(word):
            self._put("passive")  # "to be eaten" is not "to eat"
        form = word if typed else in_place(word, last, _word(after), _is_label(after))
        plural = not typed and (is_plural(word, last, self.owned) or last in ("every", "each"))
        measured = form.startswith("unit:") and last in ("to", "in", "many")
        self._put(f"{form}+" if plural and not measured else form)
        if passive:
            self.clause.participle = len(self.core) - 1

    def _leave_phrase(self) -> None:
        self.here, self.noun, self.into = self.core, len(self.core), -1

    def _end_passive(self) -> None:
        """Put a passive clause into the order of an active one."""
        clause = self.clause
        core, start = self.core, clause.start
        if clause.participle >= 0 and clause.be >= start:
            verb = core[clause.participle]
            before, between = core[start : clause.be], core[clause.be : clause.participle]
            rest = core[clause.participle + 1 :]
            agent: list[str] = []
            if clause.agent is not None and len(clause.agent) > 1:
                agent = clause.agent[1:]
                clause.agent.clear()
            elif self.by and rest:
                agent, rest = rest, []
            elif self.by and before and between:
                agent, before = before, []
            if self.by:
                self.phrases[:] = [phrase for phrase in self.phrases if phrase != ["by"]]
            patient = before + between
            named = bool(agent) or self.by or clause.agent is not None
            # Otherwise "is it paid" would be "do I pay it".
            known = named or self.kind == "how" or verb == _NEED
            passive = [] if known and patient else ["passive"]
            core[start:] = [*agent, *passive, verb, *patient, *rest]
        self.by = self.helped = False
        self.clause = _Clause(len(core))

    def end_clause(self) -> None:
        if self.dangling_of:
            self.phrases.append(["of"])
            self.dangling_of = False
        self._leave_phrase()
        self._end_passive()
        self._leave_phrase()
