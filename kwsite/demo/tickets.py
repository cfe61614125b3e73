"""Ticket classification: a downstream system finds out whether the label was right."""

from kwsite.demo.family import Family, Sample, closed_object

SYSTEM = """PLACEHOLDER"""
PREFIX = "Sort this support ticket: "
LEARNING = (
    ("billing", "I was charged twice for my subscription this month"),
    ("technical", "the app crashes when I open the settings page"),
    ("account", "I forgot my password and cannot log in"),
    ("shipping", "my package has not arrived yet"),
    ("billing", "my invoice shows a fee that I never agreed to"),
    ("technical", "I get an error when I upload a file"),
    ("account", "please change the email address on my profile"),
    ("shipping", "the tracking number of my parcel does not work"),
    ("billing", "please refund the last payment on my card"),
    ("technical", "the page stays blank after the update"),
    ("account", "my account is locked after three wrong passwords"),
    ("shipping", "the courier brought my parcel to the wrong address"),
)
HELD_OUT = (
    ("billing", "my card was charged twice for one invoice"),
    ("technical", "the app crashes when I open the search page"),
    ("account", "I cannot log in, my password is not accepted"),
    ("shipping", "my parcel has not arrived, where is it"),
    ("technical", "I get an error message when I export a report"),
    ("account", "please change the name on my profile"),
)


def _samples(tickets: tuple[tuple[str, str], ...]) -> tuple[Sample, ...]:
    return tuple(Sample(f"{PREFIX}{text}", {"category": label}) for label, text in tickets)


CATEGORIES = ("billing", "technical", "account", "shipping")
TICKETS = Family(
    name="tickets",
    system=SYSTEM,
    output_schema=closed_object(category={"enum": list(CATEGORIES)}),
    learning=_samples(LEARNING),
    held_out=_samples(HELD_OUT),
)
