"""When two prompts ask the same question, and what keeps others apart."""

import pytest

from kernels.reuse.question import question


def differences(one: str, other: str) -> list[str]:
    found = question(one).differences(question(other))
    assert bool(found) == bool(question(other).differences(question(one)))
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the capital of France?", "Could you tell me France's capital, please?"),
        ("Convert 5 km to miles", "please convert five kilometres to miles."),
        ("What's the total of invoice INV-2231?", "Give me the sum of bill INV-2231"),
        ("How do I sort a list in Python?", "In Python, how can I sort a list?"),
        ("List flights from Paris to Rome", "flights to Rome from Paris"),
        ("Don't include drafts", "do not include drafts"),
        ("How much is $1,500 in euros?", "how much is 1500 dollars in euros"),
        ("Who wrote the report?", "do you know who wrote the report"),
        ("It costs twenty-five dollars", "it costs $25"),
        ('Find "Blue Heron" in the index', "find \u201cBlue Heron\u201d in the index"),
    ],
)
def test_the_same_question_in_other_words(one: str, other: str) -> None:
    assert differences(one, other) == []


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("Convert 5 km to miles", "Convert 50 km to miles", "5 km / 50 km"),
        ("Convert 5 km to miles", "Convert 5 m to miles", "5 km / 5 m"),
        ("What is 17*23?", "What is 17*24?", "23 / 24"),
        ("What is 8 - 3?", "What is 8 + 3?", "- / +"),
        ("What is 8 - 3?", "What is 3 - 8?", "in another order"),
        ("Enable the firewall", "Disable the firewall", "enabl / disabl"),
        ("Is it safe to delete?", "Is it unsafe to delete?", "saf / unsaf"),
        ("List files with errors", "List files without errors", "phrases"),
        ("Can I cancel?", "Can't I cancel?", "negation"),
        ("Flights from Paris to Rome", "Flights from Rome to Paris", "phrases"),
        ("Does Anna manage Bert?", "Does Bert manage Anna?", "in another order"),
        ("Who was the director?", "Who is the director?", "tense"),
        ("What did they ship?", "What will they ship?", "tense"),
        ("When was it sent?", "Who sent it?", "kind of question"),
        ("Status of order A-17", "Status of order A-71", "a-17 / a-71"),
        ("Events on 2024-05-01", "Events on 2024-05-02", "2024-05-01 / 2024-05-02"),
        ("Open report.csv", "Open report2.csv", "report.csv / report2.csv"),
        ("Must I pay?", "Can I pay?", "kind of question"),
        ("Meetings before noon", "Meetings after noon", "phrases"),
        ("The capital of France", "The capital of Spain", "franc / of spain"),
    ],
)
def test_another_question_is_told_apart(one: str, other: str, reason: str) -> None:
    found = differences(one, other)
    assert found
    assert reason in "; ".join(found)
