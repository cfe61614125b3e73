"""Unit-bearing arithmetic: a downstream system finds out whether the answer was right."""

from kwsite.demo.family import Family, Sample, closed_object

SYSTEM = """\
You convert lengths. Answer in JSON with the number and the unit. Examples: \
Convert 2 km to m. {"value": 2000, "unit": "m"} \
Convert 5 km to m. {"value": 5000, "unit": "m"} \
Convert 3 km to m. {"value": 3000, "unit": "m"}"""


def _samples(*kilometres: int) -> tuple[Sample, ...]:
    return tuple(
        Sample(f"Convert {number} km to m.", {"value": number * 1000, "unit": "m"})
        for number in kilometres
    )


CONVERSIONS = Family(
    name="conversions",
    system=SYSTEM,
    output_schema=closed_object(unit={"type": "string"}, value={"type": "number"}),
    learning=_samples(9, 4, 6, 8, 7, 12, 20, 15, 30, 11, 40, 1, 2, 3, 5, 10),
    held_out=_samples(41, 13, 27, 64, 18, 90),
)
