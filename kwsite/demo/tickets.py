"""Ticket classification: a downstream system finds out whether the label was right."""

from kwsite.demo.family import Family, Sample, closed_object

CATEGORIES = ("billing", "technical", "account", "shipping")
TEMPLATE = "Sort this support ticket of our customer: {} =>"
DESCRIPTION = (
    "You sort support tickets. Categories: billing is about charges, invoices, refunds and "
    "payments; technical is about crashes, errors and things that do not work; account is about "
    "login, passwords and profiles; shipping is about packages, delivery and tracking."
)
EXAMPLES = (
    ("shipping", "The parcel never arrived."),
    ("billing", "I was billed two times."),
    ("account", "I cannot log in with my password."),
    ("technical", "The app crashes at start."),
    ("billing", "I want a refund for this payment."),
    ("shipping", "The courier lost my package."),
    ("technical", "The page shows an error message."),
    ("account", "Please change my username and email."),
    ("technical", "The upload fails with an error."),
    ("account", "My account is locked."),
    ("shipping", "The tracking number of my package is wrong."),
    ("billing", "My invoice has a wrong fee."),
)
# Small models follow worked examples better than descriptions; this one still errs on about half.
SYSTEM = "\n".join(
    [
        DESCRIPTION,
        *(f'{TEMPLATE.format(text)} {{"category": "{label}"}}' for label, text in EXAMPLES),
    ]
)
LEARNING = (
    ("billing", "I was charged twice for my subscription this month."),
    ("account", "I forgot my password and cannot log in."),
    ("technical", "the app crashes when I open the settings page."),
    ("billing", "my invoice shows a fee that I never agreed to."),
    ("account", "please change the email address on my profile."),
    ("shipping", "my package has not arrived yet."),
    ("billing", "please refund the last payment on my card."),
    ("account", "my account is locked after three wrong passwords."),
    ("technical", "I get an error when I upload a file."),
    ("billing", "the discount is missing on my invoice."),
    ("account", "I cannot log in with my new username."),
    ("shipping", "the courier brought my parcel to the wrong address."),
    ("billing", "I want a refund for my last invoice."),
    ("technical", "the search page shows an error message."),
    ("account", "I cannot log in with my email address."),
    ("billing", "this month I was billed two times."),
    ("technical", "the app crashes when I start it."),
    ("shipping", "the tracking number of my parcel does not work."),
    ("account", "please delete my profile and my username."),
    ("billing", "there is a wrong charge on my card."),
)
HELD_OUT = (
    ("billing", "my card was charged twice for one invoice."),
    ("technical", "the app crashes when I open the search page."),
    ("account", "I cannot log in, my password is not accepted."),
    ("shipping", "my parcel has not arrived, where is it."),
    ("technical", "I get an error message when I export a report."),
    ("account", "please change the name on my profile."),
)


def _samples(tickets: tuple[tuple[str, str], ...]) -> tuple[Sample, ...]:
    return tuple(Sample(TEMPLATE.format(text), {"category": label}) for label, text in tickets)


TICKETS = Family(
    name="tickets",
    system=SYSTEM,
    output_schema=closed_object(category={"enum": list(CATEGORIES)}),
    learning=_samples(LEARNING),
    held_out=_samples(HELD_OUT),
)
