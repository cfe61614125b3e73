"""Invoice lines: number, date and amount due; other amounts stand beside it."""

from random import Random

from kwsite.bench.claim.family import Family, Sample, equal, split
from kwsite.demo.family import closed_object

SYSTEM = """\
Read the invoice number, its date and the total due from the line. Answer in JSON. Examples:
Invoice INV-1007 of 2023-01-05, net 100.00, total due 119.00 EUR.
{"invoice": "INV-1007", "date": "2023-01-05", "total": 119.00}
Bill INV-1019, 2023-02-11: you owe 84.50 EUR (before tax 71.01).
{"invoice": "INV-1019", "date": "2023-02-11", "total": 84.50}"""
TEMPLATES = (
    "Invoice {invoice} of {date}, net {net:.2f}, total due {total:.2f} EUR.",
    "Bill {invoice}, {date}: net {net:.2f} plus tax, you owe {total:.2f} EUR.",
    "{date} - {invoice} - subtotal {net:.2f} - to be paid {total:.2f} EUR.",
    "We booked {net:.2f} EUR before tax on {date}; with tax {invoice} comes to {total:.2f} EUR.",
)
STRANGERS = (
    "Invoice INV-2001 and INV-2002 of 2024-01-01 were lost, please send both again.",
    "What does net mean on an invoice, and what does total due mean?",
    "Write a reminder for an unpaid invoice of 2024-01-01.",
    "Is 2024-02-30 a valid date for an invoice?",
)


def _sample(random: Random) -> Sample:
    net = random.randint(1_000, 99_900) / 100
    gold = {
        "invoice": f"INV-{random.randint(1100, 9999)}",
        "date": f"20{random.randint(22, 25)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}",
        "total": round(net * 1.19, 2),
    }
    return Sample(random.choice(TEMPLATES).format(net=net, **gold), gold)


def invoices() -> Family:
    random = Random(13)
    train, test = split([_sample(random) for _ in range(120)])
    return Family(
        name="invoices",
        kind="extraction",
        system=SYSTEM,
        output_schema=closed_object(
            invoice={"type": "string"}, date={"type": "string"}, total={"type": "number"}
        ),
        train=train,
        test=test,
        strangers=STRANGERS,
        right=equal,
        conditions=(
            ("the line has this number", "input.prompt.contains(output.invoice)"),
            ("the line has this date", "output.date in input.dates"),
            ("the line has this amount", "double(output.total) in input.numbers"),
        ),
        judges=False,
    )
