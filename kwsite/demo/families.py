"""Three kinds of repeated work, as apps would send them, with the right answers."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Task:
    """One prompt and its right answer."""

    prompt: str
    gold: dict[str, Any]


@dataclass(frozen=True)
class Family:
    """What one app sends: the same system prompt and schema each time, and its own conditions."""

    name: str
    system: str
    schema: dict[str, Any]
    learning: tuple[Task, ...]
    held_out: tuple[Task, ...]
    conditions: tuple[dict[str, str], ...] = field(default=())

    def body(self, task: Task) -> dict[str, Any]:
        """The arguments of the OpenAI client's `chat.completions.create`."""
        output = {"name": "output", "strict": True, "schema": self.schema}
        return {
            "model": "kernelweave",
            "temperature": 0,
            "max_tokens": 96,
            "messages": [
                {"role": "system", "content": self.system},
                {"role": "user", "content": task.prompt},
            ],
            "response_format": {"type": "json_schema", "json_schema": output},
            "extra_body": {"kernelweave": {"contract": {"conditions": list(self.conditions)}}},
        }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


PEOPLE = (
    ("Maria Lopez", "maria.lopez@acme.example", "555-0142"),
    ("Tom Becker", "tbecker@nordwind.example", "555-0199"),
    ("Aiko Tanaka", "aiko@tanaka.example", "555-0123"),
    ("Jonas Weber", "jonas.weber@mill.example", "555-0177"),
    ("Priya Nair", "priya@nair.example", "555-0131"),
    ("Omar Haddad", "omar.h@harbor.example", "555-0164"),
    ("Lena Novak", "lena.novak@paper.example", "555-0118"),
    ("Paul Martin", "pmartin@garden.example", "555-0155"),
    ("Sofia Rossi", "sofia@rossi.example", "555-0186"),
    ("Erik Lund", "erik.lund@fjord.example", "555-0109"),
    ("Nadia Petrova", "nadia@petrova.example", "555-0191"),
    ("Carlos Vega", "cvega@solar.example", "555-0137"),
    ("Grace Kim", "grace.kim@lab.example", "555-0173"),
    ("Hugo Blanc", "hugo@blanc.example", "555-0128"),
    ("Ines Costa", "ines.costa@tiles.example", "555-0182"),
    ("Viktor Hahn", "vhahn@clock.example", "555-0146"),
    ("Mina Park", "mina@park.example", "555-0113"),
)
MESSAGES = (
    "hello, this is {0}. You can reach me at {1} or call {2} any time this week.",
    "please add {0} to the list: mail {1}, phone {2}.",
    "my name is {0}, my number is {2} and my address is {1}.",
)


def _contact(number: int) -> Task:
    name, email, phone = PEOPLE[number]
    message = MESSAGES[number % len(MESSAGES)].format(name, email, phone)
    prompt = f"Extract the contact details from this message: {message}"
    return Task(prompt, {"name": name, "email": email, "phone": phone})


CONTACTS = Family(
    name="contact extraction",
    system=(
        "You extract contact details. Read the message and give the full name, the email address "
        "and the phone number exactly as they are written in the message. Do not invent anything, "
        "do not reformat the phone number, and do not add a country code."
    ),
    schema=_object({name: {"type": "string"} for name in ("name", "email", "phone")}),
    learning=tuple(_contact(number) for number in range(12)),
    held_out=tuple(_contact(number) for number in range(12, 17)),
    conditions=tuple(
        {
            "kind": "cel",
            "expression": f"size(output.{part}) > 3 && input.prompt.contains(output.{part})",
            "label": f"the {part} stands in the message",
        }
        for part in ("name", "email", "phone")
    ),
)

TICKETS = (
    ("I was charged twice for my subscription this month.", "billing"),
    ("The app crashes whenever I open the settings page.", "technical"),
    ("My package has not arrived after two weeks.", "shipping"),
    ("The invoice shows the wrong amount.", "billing"),
    ("Where is my order? The tracking number does not work.", "shipping"),
    ("The app shows an error when I upload a photo.", "technical"),
    ("I need a refund for the last payment.", "billing"),
    ("The parcel came damaged and one box was missing.", "shipping"),
    ("The page does not load in my browser, only an error.", "technical"),
    ("Why was my card charged again after I cancelled?", "billing"),
    ("The courier left my package at the wrong house.", "shipping"),
    ("The app freezes on the start screen since the update.", "technical"),
    ("You charged the wrong amount to my card.", "billing"),
    ("My order was sent to the wrong house.", "shipping"),
    ("The app crashes when I upload a file.", "technical"),
    ("Please send the invoice for my last payment again.", "billing"),
    ("The package is late and the tracking shows nothing.", "shipping"),
)


def _ticket(number: int) -> Task:
    text, category = TICKETS[number]
    return Task(f"Which team should handle this ticket? {text}", {"category": category})


CLASSIFICATION = Family(
    name="ticket classification",
    system=(
        "You sort support tickets into billing, technical or shipping.\n"
        "billing: charges, payments, invoices, refunds, cards.\n"
        "technical: crashes, errors, pages that do not load, the app.\n"
        "shipping: packages, parcels, orders on their way, couriers, tracking.\n"
        "Examples:\n"
        'Ticket: My card was charged twice. -> {"category": "billing"}\n'
        'Ticket: The parcel is lost. -> {"category": "shipping"}\n'
        'Ticket: The app shows an error. -> {"category": "technical"}\n'
        'Ticket: I want my money back, the invoice is wrong. -> {"category": "billing"}\n'
        'Ticket: The tracking says delivered but nothing came. -> {"category": "shipping"}\n'
        'Ticket: The app crashes at the start. -> {"category": "technical"}'
    ),
    schema=_object({"category": {"type": "string", "enum": ["billing", "technical", "shipping"]}}),
    learning=tuple(_ticket(number) for number in range(12)),
    held_out=tuple(_ticket(number) for number in range(12, 17)),
)


def _conversion(kilometres: int) -> Task:
    return Task(f"Convert {kilometres} km to m.", {"value": kilometres * 1000, "unit": "m"})


ARITHMETIC = Family(
    name="unit arithmetic",
    system=(
        "You convert units. Examples:\n"
        'Convert 3 km to m. -> {"value": 3000, "unit": "m"}\n'
        'Convert 7 km to m. -> {"value": 7000, "unit": "m"}\n'
        'Convert 12 km to m. -> {"value": 12000, "unit": "m"}'
    ),
    schema=_object({"value": {"type": "number"}, "unit": {"type": "string"}}),
    learning=tuple(_conversion(number) for number in (2, 4, 5, 6, 8, 9, 10, 11, 13, 14)),
    held_out=tuple(_conversion(number) for number in (15, 21, 36, 47, 125)),
)

FAMILIES = (CONTACTS, CLASSIFICATION, ARITHMETIC)
