"""What is asked: sentences as long as a support ticket, never seen before or seen often."""

from collections.abc import Iterator
from itertools import count, cycle

REPEATED = 8
TICKET = (
    "Ticket {number}: the customer's parcel from order {order} arrived at the depot two days ago "
    "and has not moved since; please say what we should tell them."
)


def new_prompts() -> Iterator[str]:
    """Each prompt once."""
    return (_ticket(number) for number in count(1000))


def repeated_prompts() -> Iterator[str]:
    """The same few prompts over and over."""
    return cycle([_ticket(number) for number in range(REPEATED)])


def _ticket(number: int) -> str:
    return TICKET.format(number=number, order=number * 7919 % 1_000_003)
