"""Contact extraction: the app sends the conditions that its answers have to meet."""

from random import Random

from kwsite.bench.claim.family import Family, Sample, equal, split
from kwsite.demo.family import closed_object

SYSTEM = """\
Extract the person's name, email and phone from the message. Answer in JSON. Examples:
Call Rosa Weber, +49 30 111 222, rosa.weber@acme.org.
{"name": "Rosa Weber", "email": "rosa.weber@acme.org", "phone": "+49 30 111 222"}
From Ivan Petrov (ivan@petrov.net): ring me on +49 40 333 444.
{"name": "Ivan Petrov", "email": "ivan@petrov.net", "phone": "+49 40 333 444"}"""
TEMPLATES = (
    "Please call {name} at {phone} or write to {email}.",
    "{name} can be reached under {phone}, email {email}.",
    "New lead: {name} <{email}>, phone {phone}.",
    "Send the offer to {email} ({name}, {phone}).",
    "My name is {name}, my number is {phone} and my email is {email}.",
    "Contact {name} ({email}) or ring {phone} after lunch.",
)
FIRST = (
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Elena",
    "Finn",
    "Grace",
    "Hugo",
    "Iris",
    "Jonas",
    "Karen",
)
LAST = ("Keller", "Novak", "Diaz", "Okoro", "Rossi", "Larsen", "Kim", "Martin", "Vogel", "Berg")
HOSTS = ("example.com", "mail.com", "post.net", "firma.de", "acme.org", "labs.io")
STRANGERS = (
    "Please write a friendly email to Anna Keller about our new phone.",
    "How many people named Keller are there in the list Keller, Novak, Keller?",
    "Is +49 30 555 123 a German number? Ben Novak wants to know.",
    "Translate into French: please call me or write to me.",
)


def _sample(random: Random) -> Sample:
    first, last = random.choice(FIRST), random.choice(LAST)
    gold = {
        "name": f"{first} {last}",
        "email": f"{first}.{last}@{random.choice(HOSTS)}".lower(),
        "phone": f"+{random.randint(20, 99)} {random.randint(10, 99)} "
        f"{random.randint(100, 999)} {random.randint(100, 999)}",
    }
    return Sample(random.choice(TEMPLATES).format(**gold), gold)


def contacts(count: int = 120) -> Family:
    """With so many prompts; the first ones are always the same."""
    random = Random(11)
    train, test = split([_sample(random) for _ in range(count)])
    return Family(
        name="contacts",
        kind="extraction",
        system=SYSTEM,
        output_schema=closed_object(
            name={"type": "string"}, email={"type": "string"}, phone={"type": "string"}
        ),
        train=train,
        test=test,
        strangers=STRANGERS,
        right=equal,
        conditions=tuple(
            (
                f"the message has this {part}",
                f"output.{part} != '' && input.prompt.contains(output.{part})",
            )
            for part in ("name", "email", "phone")
        ),
        judges=False,
    )
