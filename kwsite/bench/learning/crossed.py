"""Families for the test of the router alone: the task is one worker's, the subject another's.

A poem about an equation, a passage about a program, a sum of verses: who goes by words is misled.
"""

from random import Random

from kwsite.bench.learning.family import Family, Material

NAMES = ("Mara Lind", "Tomas Berg", "Ines Falk", "Oskar Reyes", "Dana Kohl", "Piet Vos")
THEMES = (
    "the equation x + 2 = 5", "a recursive function", "a knight who always lies",
    "a sorting algorithm",
    "a syllogism without a premise", "the square root of two", "a bug in a Python script",
    "a quarterly report", "prime numbers", "the pros and cons of sleep",
)  # fmt: skip
MATTERS = (
    ("recursion", "loops"),
    ("proofs by contradiction", "direct proofs"),
    ("Python", "Java"),
    ("sonnets", "free verse"),
    ("fractions", "decimals"),
    ("novels", "short stories"),
    ("unit tests", "type checks"),
)
WORKS = (
    ("function parse_date", "was written by", "lines of code"),
    ("poem Low Tide", "was composed by", "verses"),
    ("proof of the lemma", "was found by", "steps"),
    ("study of remote work", "was led by", "pages"),
    ("puzzle of the five hats", "was invented by", "solvers"),
    ("script deploy.py", "was last changed by", "tests"),
)
KINDS = (
    ("programs", "functions", "poems"), ("sonnets", "poems", "proofs"),
    ("sums", "numbers", "songs"),
    ("reports", "texts", "riddles"), ("loops", "statements", "haikus"), ("essays", "texts", "sums"),
)  # fmt: skip
EVENTS = (
    ("the loop ends", "the program stops"),
    ("the poem rhymes", "the jury smiles"),
    ("the sum is even", "the machine beeps"),
    ("the report is late", "the board waits"),
    ("the test fails", "the build breaks"),
)
COUNTED = (
    ("A poem has {a} stanzas of {b} lines. How many lines does it have?", "{product}"),
    ("A program prints {a} stars in each of {b} rows. How many stars are that?", "{product}"),
    ("A report has {a} pages, and {b} more are added. How many pages has it now?", "{total}"),
    ("Ann writes {a} haikus a week. How many has she after {b} weeks?", "{product}"),
    ("A class has {a} methods with {b} lines each. How many lines are that in total?", "{product}"),
    ("Of two liars, one tells {a} lies and the other {b}. How many lies are that?", "{total}"),
)
CODED = (
    ("count_lines(poem)", "counts the lines of a poem", "count_lines('a') -> 1"),
    ("tallest(heights)", "returns who is tallest", "tallest({'Ann': 2, 'Bob': 1}) -> 'Ann'"),
    ("solve(a, b)", "gives x for which a * x = b", "solve(2, 6) -> 3"),
    ("longest_word(story)", "finds the longest word", "longest_word('a sea') -> 'sea'"),
    ("implies(p, q)", "tells whether p implies q", "implies(True, False) -> False"),
    ("year_of(report)", "finds the year in a report", "year_of('In 1999 it rose') -> 1999"),
    ("percent(part, whole)", "says what percentage that is", "percent(1, 4) -> 25.0"),
    ("rhymes(one, other)", "checks whether two words rhyme", "rhymes('sea', 'tea') -> True"),
)


def _creative(random: Random) -> Material:
    return Material({"theme": random.choice(THEMES), "count": random.choice(("three", "four"))})


def _analysis(random: Random) -> Material:
    one, other = random.choice(MATTERS)
    return Material({"one": one, "other": other, "count": random.choice(("two", "three"))})


def _code(random: Random) -> Material:
    call, does, shown = random.choice(CODED)
    return Material({"call": call, "does": does, "shown": shown})


def _factual(random: Random) -> Material:
    work, how, what = random.choice(WORKS)
    name, year, count = random.choice(NAMES), random.randint(1950, 2020), random.randint(12, 400)
    passage = f"The {work} {how} {name} in {year}. It has {count} {what}."
    asked, right = random.choice(
        (
            (f"How many {what} does it have?", str(count)),
            (f"Of whom is it said that the {work} {how} them?", name),
            ("In which year was that?", str(year)),
        )
    )
    return Material({"passage": passage, "question": asked}, f"Answer: {right}", (passage,))


def _math(random: Random) -> Material:
    asked, right = random.choice(COUNTED)
    a, b = random.randint(3, 19), random.randint(3, 19)
    answer = right.format(product=a * b, total=a + b)
    return Material({"question": asked.format(a=a, b=b)}, f"Answer: {answer}")


def _kinds(random: Random) -> Material:
    a, b, c = random.choice(KINDS)
    return Material({"a": a, "b": b, "c": c}, "Answer: Yes")


def _events(random: Random) -> Material:
    cause, effect = random.choice(EVENTS)
    return Material({"cause": cause, "effect": effect, "fact": cause.capitalize()}, "Answer: Yes")


FAMILIES = (
    Family("math", "counted things", _math, (), ("{question}",)),
    Family(
        "code",
        "functions on other things",
        _code,
        (),
        ("Write {call}, which {does}. {shown}", "I need {call} in Python: it {does}, so {shown}"),
    ),
    Family(
        "logic",
        "kinds of texts",
        _kinds,
        (),
        (
            "All {a} are {b}. No {b} are {c}. Does it follow that no {a} are {c}?",
            "No {c} are {b}. All {a} are {b}. Is it true that no {a} are {c}?",
        ),
    ),
    Family(
        "logic",
        "events in texts",
        _events,
        (),
        ("If {cause}, {effect}. {fact}. Does it follow that {effect}?",),
    ),
    Family(
        "factual",
        "passages on works",
        _factual,
        (),
        ("Text: {passage} Question: {question}", "{passage}\n\nFrom the text above: {question}"),
    ),
    Family(
        "creative",
        "verses on other things",
        _creative,
        (),
        (
            "Write {count} lines of verse about {theme}.",
            "Write a haiku about {theme}.",
            "Tell a story in {count} sentences about {theme}.",
        ),
    ),
    Family(
        "analysis",
        "matters of other workers",
        _analysis,
        (),
        (
            "Compare {one} and {other}: list {count} points.",
            "What are the pros and cons of {one}?",
            "Explain in {count} paragraphs when {one} are better than {other}.",
        ),
    ),
)
