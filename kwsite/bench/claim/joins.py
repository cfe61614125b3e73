"""How a person asks for two things at once: wordings, written before any was tried."""

from dataclasses import dataclass

# Some prompts are bare texts: in running text a person says what is to be done with them.
LEADS = {
    "contacts": "Extract the contact from this text: ",
    "invoices": "Read this invoice line: ",
    "needle_haystack": "Answer this question: ",
}
REQUESTS = frozenset(
    {"answer", "consider", "convert", "extract", "give", "how", "read", "solve", "sort", "state"}
)


@dataclass(frozen=True)
class Join:
    """A wording with two places. `runs_on`: as running text, in which a request goes on small."""

    text: str
    runs_on: bool = False


WITH_COMMA = Join("{}, and {}", runs_on=True)
JOINS = (
    Join("{} Also, {}", runs_on=True),
    Join("{}\n\nAlso: {}"),
    Join("{} Then {}", runs_on=True),
    Join("1. {}\n2. {}"),
    Join("{} And {}", runs_on=True),
    Join("{}\n\nAnd then this: {}"),
    Join("First, {} Then, {}", runs_on=True),
    Join("First: {}\nSecond: {}"),
    Join("{} After that, {}", runs_on=True),
    Join("Two things.\n- {}\n- {}"),
    Join("I have two requests. {} The other one: {}"),
    WITH_COMMA,
)


def joined(join: Join, first: str, second: str, families: tuple[str, str]) -> str:
    """One prompt for the prompts of two families."""
    if not join.runs_on:
        return join.text.format(first, second)
    first, second = (
        LEADS.get(name, "") + prompt for name, prompt in zip(families, (first, second), strict=True)
    )
    if join is WITH_COMMA:  # behind a question or a sign, a person begins a new sentence
        text = join.text if first.endswith(".") else "{} And {}"
        return text.format(first.removesuffix("."), _small(second))
    if not join.text.startswith("{}"):
        first = _small(first)
    return join.text.format(first, _small(second))


def _small(text: str) -> str:
    """With a small letter where a request begins; names keep theirs."""
    return text[0].lower() + text[1:] if text.split()[0].lower() in REQUESTS else text
