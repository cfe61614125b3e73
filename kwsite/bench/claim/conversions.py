"""Kilometres to metres: a downstream system finds out whether the answer was right."""

from random import Random

from kwsite.bench.claim.family import Family, Sample, equal, split
from kwsite.demo.family import closed_object

SYSTEM = """\
You convert lengths. Answer in JSON with the number and the unit. Examples:
Convert 2 km to m. {"value": 2000, "unit": "m"}
How many m are 5 km? {"value": 5000, "unit": "m"}"""
TEMPLATES = ("Convert {number} km to m.", "How many m are {number} km?", "Give {number} km in m.")
STRANGERS = (
    "Convert 4000 m to km.",
    "Convert 7 km to miles.",
    "Convert 3 km and 20 m to m.",
    "How many m does a man run who runs 4 km an hour for 2 hours?",
)


def conversions() -> Family:
    random = Random(17)
    samples = [
        Sample(template.format(number=number), {"value": number * 1000, "unit": "m"})
        for number in range(6, 103)
        for template in TEMPLATES
    ]
    random.shuffle(samples)
    train, test = split(samples)
    return Family(
        name="conversions",
        kind="arithmetic",
        system=SYSTEM,
        output_schema=closed_object(value={"type": "number"}, unit={"type": "string"}),
        train=train,
        test=test,
        strangers=STRANGERS,
        right=equal,
    )
