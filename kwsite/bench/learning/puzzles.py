"""Families for the worker of logic: puzzles whose answers a solver can decide."""

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

import reasoning_gym

from kwsite.bench.learning.family import Family, Material
from kwsite.bench.verifiers.gym import is_valid
from workers.experts.formal.deciding import decision

NAMES = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ida", "Jon", "Kai", "Lea")
RESPECTS = (
    ("taller", "tallest"),
    ("older", "oldest"),
    ("faster", "fastest"),
    ("stronger", "strongest"),
    ("heavier", "heaviest"),
    ("richer", "richest"),
)
CAUSES = (
    ("it rains", "the match is cancelled"),
    ("the alarm rings", "the guard wakes"),
    ("the bus is late", "the teacher waits"),
    ("the battery is empty", "the lamp goes out"),
    ("the shop closes", "the street is quiet"),
    ("the dog barks", "the cat hides"),
    ("the valve opens", "the tank drains"),
    ("the wind blows", "the mill turns"),
)


def _syllogism(random: Random) -> Material:
    """Conclusions that hold only if there are things of each kind are left out."""
    question, found = _decidable("syllogism", lambda entry: "Yes", random)
    slots = {
        "question": question,
        "first": found["premise1"],
        "second": found["premise2"],
        "then": found["conclusion"],
        "then_low": found["conclusion"][0].lower() + found["conclusion"][1:],
    }
    return Material(slots, f"Answer: {'Yes' if is_valid(question) else 'No'}")


def _ordering(random: Random) -> Material:
    more, most = random.choice(RESPECTS)
    people = random.sample(NAMES, random.randint(3, 4))
    said = [f"{a} is {more} than {b}." for a, b in pairwise(people)]
    random.shuffle(said)
    one, other = random.sample(range(len(people)), 2)
    slots = {"facts": " ".join(said), "more": more, "most": most, "one": people[one],
             "other": people[other]}  # fmt: skip
    return Material(slots, f"Answer: {people[0]}")


def _comparison(random: Random) -> Material:
    found = _ordering(random)
    facts, more = found.slots["facts"], found.slots["more"]
    pairs = [said.rstrip(".").split(f" is {more} than ") for said in facts.split(". ")]
    above = dict(pairs)
    reached, name = [], found.slots["one"]
    while name in above:
        name = above[name]
        reached.append(name)
    yes = found.slots["other"] in reached
    return Material(found.slots, f"Answer: {'Yes' if yes else 'No'}")


def _conditional(random: Random) -> Material:
    cause, effect = random.choice(CAUSES)
    kind = random.randrange(4)
    fact = (cause, f"It is not true that {effect}", effect, f"It is not true that {cause}")[kind]
    asked = (effect, f"it is not true that {cause}", cause, f"it is not true that {effect}")[kind]
    slots = {"cause": cause, "effect": effect, "fact": fact[0].upper() + fact[1:], "asked": asked}
    return Material(slots, f"Answer: {'Yes' if kind < 2 else 'No'}")


def _island(random: Random) -> Material:
    seed = random.randrange(2**31)
    (entry,) = reasoning_gym.create_dataset("knights_knaves", size=1, seed=seed)
    return Material({"question": entry["question"]}, f"Answer: {entry['answer']}")


def _propositions(random: Random) -> Material:
    """Premises that contradict each other are left out."""
    question, found = _decidable("propositional_logic", _example, random)
    return Material({"question": question}, f"Answer: {found['example_answer']}")


def _example(entry: dict[str, Any]) -> str:
    return str(entry["metadata"]["example_answer"])


def _decidable(
    name: str, answer: Callable[[dict[str, Any]], str], random: Random
) -> tuple[str, dict[str, Any]]:
    """A question, and its metadata, for which the solver can say whether an answer is right."""
    while True:
        (entry,) = reasoning_gym.create_dataset(name, size=1, seed=random.randrange(2**31))
        if decision(entry["question"], answer(entry)) is not None:
            return entry["question"], entry["metadata"]


FAMILIES = (
    Family(
        "logic",
        "syllogism",
        _syllogism,
        ("{question}", "{first}. {second}. Does it follow that {then_low}?"),
        (
            "{first}. {second}. Is it valid to conclude that {then_low}?",
            "{first}. {second}. Can we conclude that {then_low}?",
        ),
    ),
    Family(
        "logic",
        "ordering",
        _ordering,
        ("{facts} Who is the {most}?", "{facts} Which person is the {most}?"),
        ("{facts} Who is {most} of all?", "{facts} Which of them is the {most}?"),
    ),
    Family(
        "logic",
        "conditional",
        _conditional,
        (
            "If {cause}, then {effect}. {fact}. Does it follow that {asked}?",
            "If {cause}, {effect}. {fact}. Can we conclude that {asked}?",
        ),
        (
            "If {cause}, {effect}. {fact}. Therefore, does it necessarily follow that {asked}?",
            "If {cause}, then {effect}. {fact}. Can it be concluded that {asked}?",
        ),
    ),
    Family(
        "logic",
        "comparison",
        _comparison,
        (),
        (
            "{facts} Is {one} {more} than {other}?",
            "{facts} Does it follow that {one} is {more} than {other}?",
        ),
    ),
    Family("logic", "knights_knaves", _island, (), ("{question}",)),
    Family("logic", "propositional_logic", _propositions, (), ("{question}",)),
)
