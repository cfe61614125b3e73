"""Families for the workers of creative texts and of analysis: a form is asked for.

Whether the text has that form is counted; whether it is good, only a judge can say.
"""

from random import Random

from kwsite.bench.learning.family import Family, Material

TOPICS = (
    "a lighthouse in winter", "the first snow", "an old bicycle", "a lost glove",
    "the night train", "a garden after rain", "two rival bakers", "a sleepy owl",
    "the harbour at dawn", "a paper boat", "a forgotten key", "the last bus home",
)  # fmt: skip
WORDS = ("moon", "river", "stone", "candle", "window", "feather", "silver", "thunder", "velvet")
SHOPS = ("bakery", "bookshop", "bicycle shop", "tea house", "flower shop", "toy store", "barber")
NUMBERS = ("two", "three", "four", "five")
SUBJECTS = (
    "remote work", "electric cars", "school uniforms", "tourism on small islands", "a sugar tax",
    "homework", "night trains", "city bicycles", "solar roofs", "open-plan offices",
    "food delivery", "video lectures", "a four-day week", "paper books", "self-checkout tills",
)  # fmt: skip
PAIRS = (
    ("electric cars", "petrol cars"),
    ("city life", "village life"),
    ("paper books", "e-readers"),
    ("trains", "planes"),
    ("renting", "buying a home"),
    ("tea", "coffee"),
    ("cloud servers", "own servers"),
)
PROBLEMS = (
    "a drop in sales", "a server outage", "high staff turnover", "late deliveries",
    "falling attendance", "rising energy costs", "customer complaints",
)  # fmt: skip


def _creative(random: Random) -> Material:
    one, other = random.sample(WORDS, 2)
    slots = {"topic": random.choice(TOPICS), "count": random.choice(NUMBERS), "one": one}
    return Material({**slots, "other": other, "shop": random.choice(SHOPS)})


def _analysis(random: Random) -> Material:
    one, other = random.choice(PAIRS)
    slots = {"subject": random.choice(SUBJECTS), "count": random.choice(NUMBERS[:3]), "one": one}
    return Material({**slots, "other": other, "problem": random.choice(PROBLEMS)})


def _family(worker: str, name: str, wordings: tuple[str, ...], other: tuple[str, ...]) -> Family:
    return Family(worker, name, _creative if worker == "creative" else _analysis, wordings, other)


FAMILIES = (
    _family(
        "creative",
        "poem",
        (
            "Write a poem of {count} lines about {topic}.",
            "Compose {count} lines of verse about {topic} with the words {one} and {other}.",
        ),
        ("Give me a poem in {count} lines on {topic}, using the words {one} and {other}.",),
    ),
    _family(
        "creative",
        "story",
        (
            "Write a story in {count} sentences about {topic}.",
            "Invent a tale in {count} sentences about {topic}, with the words {one} and {other}.",
        ),
        ("Make up a little story in {count} sentences, please: {topic}.",),
    ),
    _family(
        "creative",
        "slogans",
        (
            "Give me {count} slogans for a {shop}.",
            "Suggest {count} names for a {shop} with a smile.",
        ),
        ("Think of {count} taglines for our {shop}.", "Invent {count} slogans to sell a {shop}."),
    ),
    _family(
        "creative",
        "haiku",
        ("Write a haiku about {topic}.", "Create a haiku on {topic} with the word {one}."),
        ("Compose a haiku for {topic}.",),
    ),
    _family(
        "creative",
        "toast",
        (),
        (
            "Write a birthday toast in {count} sentences for a friend who loves {topic}.",
            "Write a farewell speech of {count} sentences that mentions {topic}.",
        ),
    ),
    _family(
        "creative",
        "limerick",
        (),
        ("Write a limerick about {topic}.", "Compose a limerick on {topic}, please."),
    ),
    _family(
        "creative",
        "riddle",
        (),
        (
            "Invent a riddle in {count} lines whose answer is {one}.",
            "Write a dialogue in {count} lines between a {one} and a {other}.",
        ),
    ),
    _family(
        "analysis",
        "pros and cons",
        (
            "What are the pros and cons of {subject}?",
            "List the pros and cons of {subject}, and conclude.",
        ),
        ("Show me the pros and cons of {subject} before I decide.",),
    ),
    _family(
        "analysis",
        "comparison of two",
        (
            "Compare {one} and {other}: list {count} points.",
            "Write a comparison of {one} with {other} in {count} paragraphs.",
        ),
        ("Explain in {count} paragraphs how {one} and {other} differ, and which is better.",),
    ),
    _family(
        "analysis",
        "causes",
        (
            "Explain the causes of {problem} in {count} paragraphs.",
            "Give {count} reasons for {problem} and weigh them.",
        ),
        ("Why do firms see {problem}? Give {count} reasons, the most likely first.",),
    ),
    _family(
        "analysis",
        "arguments",
        (
            "Give {count} arguments for and against {subject}.",
            "Discuss {subject} under the headings Benefits, Risks and Verdict.",
        ),
        ("Weigh {subject} in sections called Benefits, Risks and Verdict.",),
    ),
    _family(
        "analysis",
        "strengths",
        (),
        (
            "Evaluate the strengths and weaknesses of {subject}.",
            "Assess {subject} by its strengths and weaknesses.",
        ),
    ),
    _family(
        "analysis",
        "advantages",
        (),
        (
            "Analyse the advantages and disadvantages of {subject}.",
            "Examine the advantages and disadvantages of {one} over {other}.",
        ),
    ),
    _family(
        "analysis",
        "impact",
        (),
        (
            "Describe the impact of {subject} on families in {count} paragraphs.",
            "Explain in {count} paragraphs what {subject} means for the economy.",
        ),
    ),
)
