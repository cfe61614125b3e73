"""Mail routing: an app whose people correct a wrong label.

The texts that are tested have other problems and other things than those that are trained on.
"""

from collections.abc import Mapping
from itertools import product
from random import Random

from kwsite.bench.claim.family import Family, Sample, equal
from kwsite.demo.family import closed_object

SYSTEM = """\
You route the mail of a shop to a team. Answer in JSON with the team: returns, repairs, sales or \
accounts.
returns: it does not fit or please, or the wrong thing came. repairs: it broke or fails. \
sales: a question before buying. accounts: log in, passwords, addresses, invoices."""
TEMPLATE = "Mail: {} Team?"
THINGS = (
    "kettle",
    "tent",
    "desk lamp",
    "rain coat",
    "bike helmet",
    "coffee mill",
    "backpack",
    "drill",
    "office chair",
    "radio",
    "sleeping bag",
    "toaster",
)
NEW_THINGS = ("mixer", "torch", "pair of boots", "camera", "hair dryer", "watering can")
PROBLEMS = {
    "returns": (
        "The {} is too small, I would like to send it back.",
        "You sent me a {} in the wrong colour.",
        "I do not like the {}, how do I give it back?",
        "I ordered one {} and got two.",
        "The {} is not what the picture shows, please take it back.",
        "Can I swap my {} for a larger one?",
    ),
    "repairs": (
        "The {} stopped working after a week.",
        "A part of my {} broke off.",
        "My {} makes a loud noise and smells burnt.",
        "The {} does not switch on any more.",
        "There is a crack in my {}, can you fix it?",
        "The {} falls apart, do you have spare parts?",
    ),
    "sales": (
        "Which {} would you recommend for a child?",
        "How much does the large {} cost?",
        "When will the blue {} be in stock again?",
        "Is there a discount if I buy three times a {}?",
        "Does the {} come in green?",
        "How heavy is the {} that you offer this week?",
    ),
    "accounts": (
        "I cannot log in to see my order of a {}.",
        "Please send the invoice for the {} to my office.",
        "My password is refused when I want to pay for the {}.",
        "I moved, so change the address for my {}.",
        "I was charged twice for one {}.",
        "Please delete my account, the {} was my last order.",
    ),
}
NEW_PROBLEMS = {
    "returns": (
        "This {} is too large for me, where do I send it?",
        "I got a {} that I never ordered.",
    ),
    "repairs": ("Since yesterday the {} is dead.", "The handle of my {} came off."),
    "sales": ("Do you also sell a {} made of wood?", "What is the cheapest {} you have?"),
    "accounts": (
        "The receipt for my {} has the wrong name.",
        "I forgot my password and need my {} order.",
    ),
}


def mail(count: int = 0) -> Family:
    """With so many prompts to train on, or all."""
    train = _samples(PROBLEMS, THINGS)
    return Family(
        name="mail",
        kind="classification",
        system=SYSTEM,
        output_schema=closed_object(team={"enum": list(PROBLEMS)}),
        train=tuple(train[: count or len(train)]),
        test=tuple(_samples(NEW_PROBLEMS, NEW_THINGS)),
        strangers=(),
        right=equal,
        max_tokens=20,
    )


def _samples(problems: Mapping[str, tuple[str, ...]], things: tuple[str, ...]) -> list[Sample]:
    found = [
        Sample(TEMPLATE.format(text.format(thing)), {"team": team})
        for team, texts in problems.items()
        for text, thing in product(texts, things)
    ]
    Random(23).shuffle(found)
    return found
