"""Prompts aligned into templates."""

import pytest

from kernels.compiler.templates import cover_all, covers_unseen, mine_templates

NAMES = ("Ada Lovelace", "Bo Berg", "Cy Young", "Dee Snow", "Eve Adams")


@pytest.mark.parametrize(
    ("prompts", "template"),
    [
        ([f"Convert {n} km to m." for n in (1, 2.5, 12)], "Convert {number1} km to m."),
        (
            [f"Mail {n} <{n[0].lower()}@x.test> on 2024-05-0{d}" for d, n in enumerate(NAMES, 1)],
            "Mail {name1} <{email1}> on {date1}",
        ),
        (
            [
                f"Compute {a} {sign} {b} now"
                for a, sign, b in ((1, "+", 2), (3, "-", 4), (5, "*", 6))
            ],
            "Compute {number1} {sign1} {number2} now",
        ),
        (
            [f"Turn {n} {unit} into grams" for n, unit in ((1, "kg"), (2, "tons"), (3, "pounds"))],
            "Turn {number1} {unit1} into grams",
        ),
        (
            [f"Who is {name}? Answer briefly" for name in ("Ann", "Bob", "Cleo")],
            "Who is {name1}? Answer briefly",
        ),
        (
            [f"Sort these words: {w}" for w in ("b, a", "tea, milk, figs", "x, y")],
            "Sort these words: {list1}",
        ),
        (
            [f"Sort this ticket: {t} =>" for t in ("it hangs", "The app is slow today", "help me")],
            "Sort this ticket: {text1} =>",
        ),
        (
            [
                f"1. {a} are pets\n2. cats are {b}"
                for a, b in (("dogs", "x"), ("owls", "big"), ("bats", "y"))
            ],
            "1. {text1} are pets\n2. cats are {text2}",
        ),
    ],
)
def test_prompts_of_one_form_give_one_template(prompts: list[str], template: str) -> None:
    assert mine_templates(prompts) == (template,)


def test_several_ways_to_say_it_give_a_template_each() -> None:
    prompts = [f"Convert {n} km to m." for n in (3, 4, 5)]
    prompts += [f"How many metres are there in {n} kilometres?" for n in (6, 7, 8, 9)]
    assert mine_templates(prompts) == (
        "How many metres are there in {number1} kilometres?",
        "Convert {number1} km to m.",
    )


def test_words_around_much_free_text_are_found() -> None:
    told = (
        "Ann likes tea. Bob hates rain",
        "Cleo eats figs. Dan fears dogs. Eve sings",
        "Flo runs",
    )
    asked = ("hates rain", "fears dogs", "runs")
    prompts = [f"{t}.\nWho {a}? Reply only with a name." for t, a in zip(told, asked, strict=True)]
    (template,) = mine_templates(prompts)
    assert template.endswith("Who {text2}? Reply only with a name.")


def test_a_capital_at_the_beginning_of_a_sentence_is_no_name() -> None:
    (template,) = mine_templates([f"Contact {name} by noon, please." for name in NAMES])
    assert template == "Contact {name1} by noon, please."


def test_prompts_with_nothing_in_common_have_no_template() -> None:
    assert mine_templates(["Good morning", "Where is it?", "My cat sleeps"]) == ()


def test_only_what_fits_prompts_that_were_left_out_covers_a_family() -> None:
    prompts = [f"Convert {n} km to m." for n in range(8)]
    assert covers_unseen(mine_templates(prompts), prompts)
    mixed = [*prompts[:4], "Convert 3 kg", "Give me 4 cm", "Take 5 tons away", "Add 6 feet to it"]
    assert cover_all(mine_templates(mixed), mixed)
    assert not covers_unseen(mine_templates(mixed), mixed)


def test_very_long_prompts_are_left_alone() -> None:
    assert mine_templates([f"{n} " + "word " * 1_000 for n in range(4)]) == ()
