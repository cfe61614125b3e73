"""Prompts that a starter would answer wrongly are refused by its preconditions.

Near ones of the same kind are served, and answered right.
"""

import json
from pathlib import Path

import pytest
import re2

from kernels.conditions.checks import Subject
from kernels.execution import Reply, run_recipe
from kernels.library.reading import starters
from kernels.routing import is_ready, preconditions
from kernels.slots import bind
from kernels.verify import parse_output, verify

SPECS = {starter.spec.name: starter.spec for starter in starters()}
PATTERNS = {
    name: [re2.compile(c.pattern) for c in spec.preconditions if c.kind == "regex"]
    for name, spec in SPECS.items()
}
EVENTS = ("decision", "observation", "message")
MAILS = "Extract the email addresses from this text:\nann@a.org, bob@b.org"
MET = "Extract the names of the people in this text: Maria Gomez met Peter Lind."
LINKS = "Extract all URLs from this text:\nhttp://a.org/1 https://b.org/2"
COUNCIL = "Summarize this text: The council met for four hours. It agreed to build a bridge."
TRACK = "Extract all dates from this text: due 2026-02-15, paid 2026-03-01."


def serves(kernel: str, prompt: str) -> bool:
    return all(check.status == "ok" for check in preconditions(SPECS[kernel], bind(prompt)))


def accepts(kernel: str, prompt: str, output: object) -> bool:
    return bool(verify(SPECS[kernel].contract, Subject(bind(prompt), output, EVENTS)).passed)


def no_model(*_: object) -> Reply:
    raise AssertionError("no model is needed")


REFUSED = {
    "sum-numbers": [
        "What is the sum of 3,5,7 and 10?",
        "Add up 1,2,3 and 4",
        "What is the sum of .5, 1 and 2?",
        "Give me the total of 10 EUR, 20 USD and 5 GBP",
        "What is the sum of 100,200,300 and 400?",
        "What is the sum of 1 000 and 2?",
        "What is the sum of 2,5 and 3?",
    ],
    "average-numbers": [
        "What is the average of 50 dollars and 60 euros?",
        "What is the average of 2,5 and 3?",
        "What is the average of 1.000 and 3?",
    ],
    "convert-distance": [
        "Convert 1,5 km to miles",
        "Convert 1,60934 km to miles",
        "Convert 1.000.000 km to miles",
        "Convert 1.000 km to miles",
        "Convert 10.5.2 km to miles",
        "Convert .5 km to miles",
        "Convert 0.0003 km to miles",
    ],
    "convert-weight": [
        "Convert 12,34 kg to pounds",
        "Convert £10 pounds to kg",
        "Convert 0.0001 kg to pounds",
    ],
    "convert-temperature": ["Convert 36,6 °C to Fahrenheit.", "Convert - 5 °C to Fahrenheit."],
    "percentage-change": [
        "What is the change from 2,5 to 5, in percent?",
        "What is the percentage change from 100000 to 100001?",
        "What is the percentage change from $50 to €60?",
    ],
    "compare-numbers": ["Which number is larger, 1,25 or 3?", "Which number is larger, .25 or 3?"],
    "extract-dates": [
        "Extract all dates from this text: from 2024-01-01 to 5 March 2024.",
        "Extract all dates from this text: from 2024-01-01 to March 5th.",
        "Extract all dates from this text: from 2024-01-01 to 2024-02-03T10:00:00Z.",
        "Extract all dates from this text: 2024-01-01 and version 1.2.10 came.",
        "Extract all dates from this text: v1.2.2010 is out.",
        "Extract all dates from this text: 2024-01-01 from 10.0.0.12",
        "Extract all dates from this text: 2024-01-01 and 20240203",
        "Extract all dates from this text: 2024-01-01 and 2024/02/03",
        "Extract all dates from this text: 2024-01-01 and 45.13.2024",
        f"{TRACK}\n\nSort them from oldest to newest.",
        f"{TRACK} Convert them to DD.MM.YYYY",
        f"{TRACK[:-1]}, then convert them to DD.MM.YYYY",
        f"{TRACK} How many are there?",
        f"{TRACK[:-1]} in ascending order please",
        f"{TRACK}\nWhich one is the latest?",
    ],
    "extract-emails": [
        "Extract all email addresses from this text: o'neil@a.org and bob@b.org",
        "Extract all email addresses from this text: ann%list@a.org and bob@b.org",
        "Extract all email addresses from this text: root@localhost and bob@b.org",
        "Extract all email addresses from this text: ann (at) a.org and bob@b.org",
        f"{MAILS}\n\nReturn only those at a.org.",
        f"{MAILS}\n\nI only need the first one.",
        f"{MAILS}\n\nWithout duplicates, sorted by domain.",
        "Extract the email addresses from this text: ann@a.org, bob@b.org. How many are there?",
        "Extract the email addresses from this text: ann@a.org, bob@b.org, sorted by domain.",
        "Extract the email addresses from this text: ann@a.org, bob@b.org\nThose at a.org only.",
    ],
    "extract-urls": [
        "Extract all URLs from this text: www.a.org and https://b.org/x are up",
        "Extract all URLs from this text: ftp://a.org/f and https://b.org/x are up",
        "Extract all URLs from this text: HTTPS://a.org/f and https://b.org/x are up",
        "Extract all URLs from this text: see https://a.org/Mercury_(planet) for it",
        "Extract all URLs from this text: see https://a.org/x[1] for it",
        "Extract all URLs from this text: see https://a.org/x or shop.com/cart today",
        f"{LINKS}\nOnly list the https ones.",
    ],
    "extract-phone-numbers": [
        "Extract all phone numbers from this text: paid with 4111 1111 1111 1111",
        "Extract all phone numbers from this text: order number 4812-5531-90, call 555-010-1999",
        "Extract all phone numbers from this text: call 555-010-1999 ext. 12",
        "Extract all phone numbers from this text: call 555.010.1999 or 555-010-1999",
        "Extract all phone numbers from this text: call 1-800-555-0100",
        "Extract all phone numbers from this text: call +49 (0)30 1234 567",
        "Extract all phone numbers from this text: call (555)010-1999",
    ],
    "redact-contacts": [
        "Redact the emails and phone numbers in this text: o'neil@a.org or 555-010-1999.",
        "Redact the emails and phone numbers in this text: call 1-800-555-0100.",
    ],
    "extract-measurements": ["Extract all measurements from this text: 1,5 km and 3 kg"],
    "extract-names": [
        f"{MET}\n\nGive only the women.",
    ],
    "validate-json": [
        'Is this valid JSON?\n```json\n{"a": 1}\n```',
        'Is this valid JSON? {"a": 1} Answer with yes or no.',
        'Is this valid JSON? {"a": 1}\nThanks',
        'Is this valid JSON: {"a": 1}?',
    ],
    "summarize-text": [
        f"{COUNCIL} Write it in German.",
    ],
    "write-docstring": [
        "Write a docstring for this function:\n\ndef add(a, b):\n    return a + b\n\nIn German.",
    ],
    "detect-language": [
        "What language is this text written in: Jeg har ikke fået min pakke endnu.",
        "What language is this text written in: O gato dorme na cozinha e não quer sair.",
        "What language is this text written in: Die kinders speel in die tuin en hulle is bly.",
        "What language is this text written in: Vi har inte fått din betalning och väntar.",
        "What language is this text written in: Jeg venter på dere og tar med kaffe.",
        "What language is this text written in: Pisica doarme pe masă și nu vrea să iasă.",
        "What language is this text written in: Kot śpi w kuchni i nie chce wyjść.",
    ],
}


@pytest.mark.parametrize(
    ("kernel", "prompt"), [(kernel, prompt) for kernel, ps in REFUSED.items() for prompt in ps]
)
def test_what_it_would_answer_wrongly_is_refused(kernel: str, prompt: str) -> None:
    assert not serves(kernel, prompt)


SERVED = [
    ("sum-numbers", "What is the sum of 3, 5, 7 and 10?", {"sum": 25}),
    ("sum-numbers", "What is the sum of 0.5, 1 and 2?", {"sum": 3.5}),
    ("sum-numbers", "Give me the total of 10 EUR, 20 EUR and 5 EUR", {"sum": 35}),
    ("sum-numbers", "What is the sum of 1,200 and 800?", {"sum": 2000}),
    ("average-numbers", "What is the average of 50 euros and 60 euros?", {"mean": 55}),
    ("convert-distance", "Convert 1.5 km to miles", {"value": 0.932, "unit": "miles"}),
    ("convert-distance", "Convert 1,500 km to miles", {"value": 932.057, "unit": "miles"}),
    ("convert-weight", "Convert 12.34 kg to pounds", {"value": 27.205, "unit": "lb"}),
    ("percentage-change", "What is the change from 2.5 to 5, in percent?", {"percent": 100}),
    ("compare-numbers", "Which number is larger, 1.25 or 3?", {"larger": 3, "smaller": 1.25}),
    ("extract-dates", TRACK, {"dates": ["2026-02-15", "2026-03-01"]}),
    (
        "extract-emails",
        MAILS,
        {"emails": ["ann@a.org", "bob@b.org"]},
    ),
    (
        "extract-urls",
        "Extract all URLs from this text: (https://a.org/f) and https://b.org/x are up",
        {"urls": ["https://a.org/f", "https://b.org/x"]},
    ),
    (
        "extract-phone-numbers",
        "Extract all phone numbers from this text: call +1 (555) 010-1999 or +1 415 555 0134",
        {"phones": ["+1 (555) 010-1999", "+1 415 555 0134"]},
    ),
]


@pytest.mark.parametrize(("kernel", "prompt", "output"), SERVED)
def test_what_it_reads_as_a_whole_is_answered_right(
    kernel: str, prompt: str, output: dict[str, object]
) -> None:
    assert serves(kernel, prompt)
    reply = run_recipe(SPECS[kernel], bind(prompt), (), no_model)
    assert parse_output(reply.text) == output
    assert accepts(kernel, prompt, output)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_have_is_not_valid(constant: str) -> None:
    prompt = f'Is this valid JSON? {{"a": {constant}}}'
    assert serves("validate-json", prompt)
    assert accepts("validate-json", prompt, {"valid": False})
    assert not accepts("validate-json", prompt, {"valid": True})


@pytest.mark.parametrize("cell", ["007", "+49", "1e5", "nan", "12345678901234567890"])
def test_digits_that_are_no_plain_number_stay_strings(cell: str) -> None:
    table = f"Convert this CSV to JSON:\nname,code\nAnn,{cell}"
    lines = f"Turn these lines into JSON:\nname: Ann\ncode: {cell}"
    assert accepts("csv-to-json", table, {"rows": [{"name": "Ann", "code": cell}]})
    assert accepts("lines-to-json", lines, {"record": {"name": "Ann", "code": cell}})
    if cell != "nan":
        number = float(cell)
        assert not accepts("csv-to-json", table, {"rows": [{"name": "Ann", "code": number}]})
        assert not accepts("lines-to-json", lines, {"record": {"name": "Ann", "code": number}})


def test_a_quote_in_a_cell_is_doubled() -> None:
    prompt = r'Convert this JSON to CSV: [{"name": "5\" disk", "note": "a, b"}]'
    assert accepts("json-to-csv", prompt, {"csv": 'name,note\n"5"" disk","a, b"'})
    assert not accepts("json-to-csv", prompt, {"csv": 'name,note\n5" disk,"a, b"'})
    assert not accepts("json-to-csv", prompt, {"csv": 'name,note\n"5"" disk",a, b'})


def test_a_text_in_one_of_the_six_languages_is_told() -> None:
    assert serves(
        "detect-language",
        "What language is this text written in: Wir haben das Paket nicht bekommen, bitte helft.",
    )


TRAPS = [
    json.loads(line)
    for line in (Path(__file__).parent / "starter_traps.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("near", sorted({trap["near"] for trap in TRAPS}))
def test_no_starter_takes_what_only_looks_like_its_request(near: str) -> None:
    """At least ten for each starter: a share, a range, a part of the text, another form."""
    prompts = [trap["prompt"] for trap in TRAPS if trap["near"] == near]
    assert len(prompts) >= 10
    assert [(kernel, prompt) for prompt in prompts for kernel in takers(prompt)] == []


def takers(prompt: str) -> list[str]:
    """The starters whose preconditions all hold; those that match no pattern are out at once."""
    bound = bind(prompt)
    return [
        name
        for name, spec in SPECS.items()
        if all(one.fullmatch(prompt) for one in PATTERNS[name]) and is_ready(spec, bound)
    ]


def test_there_are_traps_for_every_starter() -> None:
    assert {trap["near"] for trap in TRAPS} == set(SPECS)


SERVED_FORMS = [
    ("sum-numbers", "Add up -5, 20 and 7 please", {"sum": 22}),
    ("convert-temperature", "What is -40 °C in Fahrenheit?", {"value": -40, "unit": "°F"}),
    ("percentage-change", "By how many percent did sales fall from 80 to 60?", {"percent": -25}),
    (
        "find-term",
        'Does this list contain the word "sugar": salt and sugar',
        {"term": "sugar", "found": True},
    ),
    ("lower-case", 'Turn "Hello World" into lower case please', {"text": "hello world"}),
]


@pytest.mark.parametrize(("kernel", "prompt", "output"), SERVED_FORMS)
def test_a_plain_request_beside_them_is_taken_and_answered(
    kernel: str, prompt: str, output: dict[str, object]
) -> None:
    test_what_it_reads_as_a_whole_is_answered_right(kernel, prompt, output)
