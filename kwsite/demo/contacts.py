"""Contact extraction: the app sends the conditions that its answers have to meet."""

from kwsite.demo.family import Family, Sample, closed_object

SYSTEM = """\
Extract the person's name, email and phone from the message. Answer in JSON. Examples:
Please call Rosa Weber at +49 30 111 222 or write to rosa.weber@acme.org.
{"name": "Rosa Weber", "email": "rosa.weber@acme.org", "phone": "+49 30 111 222"}
Please call Ivan Petrov at +49 40 333 444 or write to ivan.petrov@petrov.net.
{"name": "Ivan Petrov", "email": "ivan.petrov@petrov.net", "phone": "+49 40 333 444"}"""

TEMPLATES = (
    "Please call {name} at {phone} or write to {email}.",
    "Please call {name} at {phone}, or send an email to {email}.",
)
LEARNING = (
    ("Anna Keller", "anna.keller@example.com", "+49 30 555 123"),
    ("Ben Novak", "ben.novak@novak.com", "+42 20 555 987"),
    ("Clara Diaz", "clara.diaz@mail.com", "+34 91 555 321"),
    ("David Okoro", "d.okoro@okoro.ng", "+23 41 555 654"),
    ("Elena Rossi", "elena.rossi@rossi.com", "+39 06 555 777"),
    ("Finn Larsen", "finn.larsen@post.com", "+45 33 555 888"),
    ("Grace Kim", "grace.kim@example.com", "+82 21 555 444"),
    ("Hugo Martin", "hugo.martin@martin.com", "+33 14 555 222"),
    ("Iris Vogel", "iris@vogel.ch", "+41 44 555 333"),
    ("Jonas Berg", "jonas.berg@berg.com", "+46 85 555 111"),
    ("Karen Smith", "karen.smith@mail.com", "+44 20 555 666"),
    ("Luis Costa", "luis.costa@post.com", "+35 12 555 999"),
    ("Marta Nowak", "marta@nowak.pl", "+48 22 555 135"),
    ("Oscar Lind", "oscar.lind@mail.com", "+46 31 555 246"),
    ("Paula Reyes", "paula.reyes@example.com", "+52 55 555 357"),
    ("Quinn Byrne", "quinn@byrne.ie", "+35 31 555 468"),
)
HELD_OUT = (
    ("Mona Haas", "mona.haas@example.com", "+49 89 444 123"),
    ("Nils Holm", "nils@holm.no", "+47 22 444 987"),
    ("Olga Ivanova", "olga.ivanova@mail.com", "+35 92 444 321"),
    ("Pedro Alves", "p.alves@alves.br", "+55 11 444 654"),
    ("Rita Moreau", "rita.moreau@moreau.com", "+32 25 444 777"),
    ("Sam Walker", "sam@walker.nz", "+64 93 444 888"),
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
