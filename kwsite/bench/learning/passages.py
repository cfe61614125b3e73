"""Families for the worker of facts: a made-up passage, and a question that it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from kwsite.bench.learning.family import Family, Material

PEOPLE = ("Mara Lind", "Tomas Berg", "Ines Falk", "Oskar Reyes", "Dana Kohl", "Piet Vos")
PLACES = ("Tarvik", "Lomena", "Brandau", "Sellin", "Ostrava", "Quimper", "Halden", "Viborg")
MONTHS = ("January", "March", "April", "June", "August", "October", "November")
ASKED = (
    "Context: {passage} Question: {question}",
    "{passage}\n\nAccording to the text, {low}",
    "Read the passage and answer. Passage: {passage}\nQuestion: {question}",
)
ASKED_OTHER = (
    "{question}\n\nText: {passage}",
    "Facts: {passage}\nQuestion: {question}",
    "Here is what we know. Source: {passage}\nQuestion: {question}",
)
APART = ("As the attached report says: {low}", "{question} Answer from the document.")
APART_OTHER = ("{question} It is in the notes that I gave you.", "What do the files say: {low}")


@dataclass(frozen=True)
class _Kind:
    """Sentences with slots, and questions with the slot that answers each."""

    name: str
    sentences: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]
    streamed: bool


KINDS = (
    _Kind(
        "company",
        (
            "{name} founded the firm {thing} in {place} in {year}.",
            "Its first product sold {count} units.",
            "In {later} it moved to {other}.",
        ),
        (
            ("Who founded {thing}?", "{name}"),
            ("In which year was {thing} founded?", "{year}"),
            ("How many units did the first product sell?", "{count}"),
            ("Where did the firm move in {later}?", "{other}"),
        ),
        True,
    ),
    _Kind(
        "bridge",
        (
            "The bridge of {place} opened in {month} {year}.",
            "It was designed by {name} and is {count} metres long.",
            "It was rebuilt in {later}.",
        ),
        (
            ("When did the bridge open?", "{month} {year}"),
            ("Who designed the bridge?", "{name}"),
            ("How long is the bridge?", "{count} metres"),
            ("When was the bridge rebuilt?", "{later}"),
        ),
        True,
    ),
    _Kind(
        "meeting",
        (
            "The club of {place} met in {month}.",
            "{count} members came to the meeting.",
            "{name} was elected chair.",
        ),
        (
            ("How many members came to the meeting?", "{count}"),
            ("Who was elected chair?", "{name}"),
            ("In which month did the club meet?", "{month}"),
        ),
        True,
    ),
    _Kind(
        "museum",
        (
            "The museum of {place} shows {count} paintings.",
            "Most of them were given by {name} in {year}.",
            "It is closed in {month}.",
        ),
        (
            ("How many paintings does the museum show?", "{count}"),
            ("Who gave most of the paintings?", "{name}"),
            ("When is the museum closed?", "{month}"),
        ),
        True,
    ),
    _Kind(
        "expedition",
        (
            "{name} led the expedition to {place} in {year}.",
            "It lasted {count} days and ended in {other}.",
        ),
        (
            ("Who led the expedition?", "{name}"),
            ("How many days did the expedition last?", "{count}"),
            ("Where did the expedition end?", "{other}"),
        ),
        False,
    ),
    _Kind(
        "novel",
        (
            "The novel {thing} was written by {name}.",
            "It appeared in {year} and sold {count} copies in {place}.",
        ),
        (
            ("Who wrote the novel {thing}?", "{name}"),
            ("When did the novel appear?", "{year}"),
            ("How many copies were sold?", "{count}"),
        ),
        False,
    ),
    _Kind(
        "orchard",
        (
            "The orchard near {place} has {count} apple trees.",
            "It belongs to {name}, who bought it in {year}.",
        ),
        (
            ("How many apple trees does the orchard have?", "{count}"),
            ("To whom does the orchard belong?", "{name}"),
        ),
        False,
    ),
)
THINGS = ("Orvella", "Nimbus", "Kestrel", "Arbor", "Solace", "Mirador")


def _facts(random: Random) -> dict[str, str]:
    place, other = random.sample(PLACES, 2)
    year = random.randint(1890, 1990)
    return {
        "name": random.choice(PEOPLE),
        "thing": random.choice(THINGS),
        "place": place,
        "other": other,
        "month": random.choice(MONTHS),
        "year": str(year),
        "later": str(year + random.randint(3, 25)),
        "count": str(random.randint(21, 899)),
    }


def _draw(kind: _Kind) -> Callable[[Random], Material]:
    def draw(random: Random) -> Material:
        facts = _facts(random)
        passage = " ".join(kind.sentences).format(**facts)
        question, answer = (one.format(**facts) for one in random.choice(kind.questions))
        slots = {
            "passage": passage,
            "question": question,
            "low": question[0].lower() + question[1:],
        }
        return Material(slots, f"Answer: {answer}", (passage,))

    return draw


FAMILIES = tuple(
    Family(
        "factual",
        kind.name,
        _draw(kind),
        (*ASKED, *APART) if kind.streamed else (),
        (*ASKED_OTHER, *APART_OTHER),
    )
    for kind in KINDS
)
