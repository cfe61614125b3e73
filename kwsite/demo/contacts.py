"""Contact extraction: the app sends the conditions that its answers have to meet."""

from kwsite.demo.family import Family, Sample, closed_object

SYSTEM = """\
Extract the person's name, email and phone from the message. Answer in JSON. Examples:
Please call Rosa Weber at +49 30 111222 or write to rosa.weber@acme.org.
{"name": "Rosa Weber", "email": "rosa.weber@acme.org", "phone": "+49 30 111222"}
Please call Ivan Petrov at +49 40 333444 or write to ivan@petrov.net.
{"name": "Ivan Petrov", "email": "ivan@petrov.net", "phone": "+49 40 333444"}"""

TEMPLATES = (
    "Please call {name} at {phone} or write to {email}.",
    "Please reach {name} by phone at {phone} or by email at {email}.",
    "You can call {name} at {phone}, or write to {email}.",
)
LEARNING = (
    ("Anna Keller", "anna.keller@example.com", "+49 30 555123"),
    ("Ben Novak", "ben@novak.cz", "+42 20 555987"),
    ("Clara Diaz", "clara.diaz@mail.es", "+34 91 555321"),
    ("David Okoro", "d.okoro@okoro.ng", "+23 41 555654"),
    ("Elena Rossi", "elena@rossi.it", "+39 06 555777"),
    ("Finn Larsen", "finn.larsen@post.dk", "+45 33 555888"),
    ("Grace Kim", "grace.kim@example.kr", "+82 21 555444"),
    ("Hugo Martin", "hugo@martin.fr", "+33 14 555222"),
    ("Iris Vogel", "iris.vogel@example.ch", "+41 44 555333"),
    ("Jonas Berg", "jonas@berg.se", "+46 85 555111"),
    ("Karen Smith", "karen.smith@example.org", "+44 20 555666"),
    ("Luis Costa", "luis@costa.pt", "+35 12 555999"),
)
HELD_OUT = (
    ("Mona Haas", "mona.haas@example.com", "+49 89 444123"),
    ("Nils Holm", "nils@holm.no", "+47 22 444987"),
    ("Olga Ivanova", "olga.ivanova@mail.bg", "+35 92 444321"),
    ("Pedro Alves", "p.alves@alves.br", "+55 11 444654"),
    ("Rita Moreau", "rita@moreau.be", "+32 25 444777"),
    ("Sam Walker", "sam.walker@example.nz", "+64 93 444888"),
)


def _samples(people: tuple[tuple[str, str, str], ...]) -> tuple[Sample, ...]:
    return tuple(
        Sample(
            TEMPLATES[number % len(TEMPLATES)].format(name=name, email=email, phone=phone),
            {"name": name, "email": email, "phone": phone},
        )
        for number, (name, email, phone) in enumerate(people)
    )


CONTACTS = Family(
    name="contacts",
    system=SYSTEM,
    output_schema=closed_object(
        name={"type": "string"}, email={"type": "string"}, phone={"type": "string"}
    ),
    conditions=tuple(
        {
            "kind": "cel",
            "label": f"the message has this {part}",
            "expression": f"output.{part} != '' && input.prompt.contains(output.{part})",
        }
        for part in ("name", "email", "phone")
    ),
    learning=_samples(LEARNING),
    held_out=_samples(HELD_OUT),
    judges=False,
)
