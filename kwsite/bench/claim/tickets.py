"""Ticket classification: a downstream system finds out whether the label was right."""

from random import Random

from kwsite.bench.claim.family import Family, Sample, equal, split
from kwsite.bench.claim.ticket_texts import TEXTS
from kwsite.demo.family import closed_object

SYSTEM = """\
You sort support tickets into billing (charges, invoices, refunds), technical (crashes, errors), \
account (login, passwords, profiles) and shipping (parcels, delivery). Answer in JSON. Examples:
Sort this ticket: The parcel never arrived. => {"category": "shipping"}
Sort this ticket: I was billed two times. => {"category": "billing"}"""
TEMPLATE = "Sort this ticket: {} =>"
STRANGERS = (
    "Write a polite answer to this ticket: my parcel has not arrived.",
    "How urgent is this ticket from 1 to 5: the app crashes at start?",
    "Translate this ticket into German: please refund my payment.",
    "How many tickets did we get last week?",
)


def tickets() -> Family:
    samples = [
        Sample(TEMPLATE.format(text), {"category": label})
        for label, texts in TEXTS.items()
        for text in texts
    ]
    Random(19).shuffle(samples)
    train, test = split(samples)
    return Family(
        name="tickets",
        kind="classification",
        system=SYSTEM,
        output_schema=closed_object(category={"enum": list(TEXTS)}),
        train=train,
        test=test,
        strangers=STRANGERS,
        right=equal,
        max_tokens=20,
    )
