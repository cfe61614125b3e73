"""Families of reasoning-gym: its generators make the prompts, its scorers say what is right."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import reasoning_gym

from kwsite.bench.claim.family import Family, Sample, split
from kwsite.demo.family import closed_object

GENERATED = 400  # from which the distinct prompts are taken
SEED = 23
WHOLE_NUMBER = {"type": "integer"}


@dataclass(frozen=True)
class Generator:
    """A data set of reasoning-gym, set small enough for small models to get some right.

    `examples` are the worked ones of the app's own system prompt.
    """

    name: str
    kind: str
    instruction: str
    answer: dict[str, Any]
    examples: tuple[tuple[str, str], ...]
    strangers: tuple[str, ...]
    config: dict[str, Any] = field(default_factory=dict)


ADD = "State the final answer to the following arithmetic problem: {} ="
MULTIPLY = "Solve the following multiplication: {}. Give only the result as your final answer."
LETTERS = 'How many times does the letter "{}" appear in the text: "{}"?'
FOLLOWS = "Consider these statements:\n1. {}\n2. {}\n\nDoes it logically follow that:\n{}"
YES_OR_NO = "\n(Answer Yes or No)"

GENERATORS = (
    Generator(
        "products",
        "arithmetic",
        "You multiply.",
        WHOLE_NUMBER,
        ((MULTIPLY.format("3 * 12"), "36"), (MULTIPLY.format("11 * 5"), "55")),
        (
            "Solve the following division: 8 / 2. Give only the result as your final answer.",
            "Solve the following addition: 8 + 2. Give only the result as your final answer.",
            MULTIPLY.format("2 * 3 * 4"),
            "Which multiplication is harder, 7 * 8 or 2 * 5? Give only the easier result.",
        ),
        {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1},
    ),
    Generator(
        "chain_sum",
        "arithmetic",
        "You add and subtract.",
        WHOLE_NUMBER,
        ((ADD.format("31 + 12"), "43"), (ADD.format("58 - 5"), "53")),
        (
            ADD.format("4 * 3"),
            ADD.format("12 / 3"),
            "State the final answer to the following problem: how many legs have 3 dogs?",
            "Is the arithmetic problem 4 + 3 harder than 9 - 2?",
        ),
        {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 2},
    ),
    Generator(
        "letter_counting",
        "text",
        "You count letters.",
        WHOLE_NUMBER,
        ((LETTERS.format("e", "green tea"), "3"), (LETTERS.format("x", "no such letter"), "0")),
        (
            'How many words does the text have: "green tea is hot"?',
            'Which letter appears most often in the text: "banana"?',
            "How many letters does the English alphabet have?",
            'Write the text backwards: "green tea".',
        ),
        {"min_words": 3, "max_words": 5},
    ),
    Generator(
        "needle_haystack",
        "extraction",
        "You find who is meant.",
        {"type": "string"},
        (
            ("Ann likes tea. Bob hates rain. \nWho hates rain? Reply only with a name.", "Bob"),
            (
                "Cleo eats figs. Dan fears dogs. \nWho eats figs? Reply only with a name.",
                "Cleo",
            ),
        ),
        (
            "Ann likes tea. Bob hates rain. \nWhat does Bob hate? Reply only with a word.",
            "Ann likes tea. Bob hates rain. \nHow many people are there? Reply with a number.",
            "Who wrote Hamlet? Reply only with a name.",
            "Make up three people and what they like.",
        ),
        {"min_num_statements": 3, "max_num_statements": 6},
    ),
    Generator(
        "syllogism",
        "logic",
        "You judge conclusions.",
        {"enum": ["Yes", "No"]},
        (
            (
                FOLLOWS.format("All cats are pets", "All pets are loved", "All cats are loved?")
                + YES_OR_NO,
                "Yes",
            ),
            (
                FOLLOWS.format("Some cats are pets", "No pets are loud", "All cats are loud?")
                + YES_OR_NO,
                "No",
            ),
        ),
        (
            "Consider these statements:\n1. All cats are pets\n\nIs this a statement about dogs?",
            "Are all cats pets?\n(Answer Yes or No)",
            "What is a syllogism?",
            "Give two statements from which it follows that all cats are loved.",
        ),
    ),
)


def gym_family(generator: Generator) -> Family:
    """A family of fixed prompts; the seed is fixed too."""
    data = reasoning_gym.create_dataset(
        generator.name, size=GENERATED, seed=SEED, **generator.config
    )
    shown = {prompt for prompt, _ in generator.examples}
    entries = {entry["question"].strip(): entry for entry in data}
    made = [Sample(prompt, entry) for prompt, entry in entries.items() if prompt not in shown]
    train, test = split(made)

    def right(sample: Sample, output: Any) -> bool:
        """reasoning-gym's own verdict; partly right is wrong."""
        if not isinstance(output, dict) or "answer" not in output:
            return False
        return bool(data.score_answer(str(output["answer"]), sample.gold) >= 1)

    return Family(
        name=generator.name,
        kind=generator.kind,
        system=_system(generator.instruction, generator.examples, generator.answer),
        output_schema=closed_object(answer=generator.answer),
        train=train,
        test=test,
        strangers=generator.strangers,
        right=right,
        max_tokens=40,
    )


def _system(instruction: str, examples: Sequence[tuple[str, str]], answer: dict[str, Any]) -> str:
    quote = "" if answer == WHOLE_NUMBER else '"'
    shown = (f'{prompt}\n{{"answer": {quote}{said}{quote}}}' for prompt, said in examples)
    return "\n".join([f"{instruction} Answer in JSON. Examples:", *shown])
