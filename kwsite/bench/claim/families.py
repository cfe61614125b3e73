"""The families of the claim, and prompts of no family at all."""

from kwsite.bench.claim.contacts import contacts
from kwsite.bench.claim.conversions import conversions
from kwsite.bench.claim.family import Family
from kwsite.bench.claim.gym import GENERATORS, gym_family
from kwsite.bench.claim.invoices import invoices
from kwsite.bench.claim.tickets import tickets

STRANGERS = (
    "What is the capital of Portugal?",
    "Write a short poem about a lighthouse in winter.",
    "Which is the better choice for a small team, a wiki or a shared folder?",
    "My cat sleeps all day. Is that normal?",
    "Explain how a heat pump works in two sentences.",
    "Plan a three-day trip to Vienna with two children.",
    "Why is the sky blue?",
    "Give me five names for a bakery.",
    "How do I sharpen a kitchen knife?",
    "Write a Python function that reverses a linked list.",
    "What should I say at my colleague's farewell?",
    "Is it cheaper to fly or to take the train from Berlin to Rome?",
)


def families() -> tuple[Family, ...]:
    """Our own first, then those of reasoning-gym."""
    own = (contacts(), invoices(), tickets(), conversions())
    return (*own, *map(gym_family, GENERATORS))
