"""Templates as text: what fits them, and what stands in their gaps."""

import time

import pytest

from kernels.template import escaped, match_any, match_template, slot_names


def test_the_gaps_of_a_prompt_come_by_name_and_type() -> None:
    template = "Send {number1} {unit1} to {name1} <{email1}>: {quoted1}, {list1}. {text1}"
    prompt = 'Send 1,200.5 kg to Ada Lovelace <ada@x.test>: "now", tea, milk and figs. Thanks a lot'
    assert match_template(template, prompt) == {
        "number1": 1200.5,
        "unit1": "kg",
        "name1": "Ada Lovelace",
        "email1": "ada@x.test",
        "quoted1": "now",
        "list1": ["tea", "milk", "figs"],
        "text1": "Thanks a lot",
    }


@pytest.mark.parametrize(
    "prompt", ["Convert nine km to m.", "Convert 9 km to miles.", "Please convert 9 km to m.", ""]
)
def test_a_prompt_of_another_form_has_no_gaps(prompt: str) -> None:
    assert match_template("Convert {number1} km to m.", prompt) is None
    assert match_any(("Convert {number1} km to m.",), prompt) == {}


def test_the_first_template_that_fits_counts() -> None:
    found = match_any(("Give {number1} km", "Give {text1}", "{text2}"), "Give up")
    assert found == {"text1": "up"}


def test_braces_of_a_prompt_are_words_like_any_other() -> None:
    template = escaped("Fill {x} with ") + "{number1}"
    assert slot_names(template) == ("number1",)
    assert match_template(template, "Fill {x} with 3") == {"number1": 3.0}


@pytest.mark.parametrize("text", ["", "{", "a } b", "{thing1}", "{number0}", "{text1} {text1}"])
def test_what_is_no_template_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"template|slot"):
        slot_names(text)


def test_a_hostile_prompt_is_matched_in_time() -> None:
    template = "{text1} are {text2} are {text3} are {list1} are {text4}."
    began = time.process_time()
    assert match_template(template, "a, are " * 20_000) is None
    assert time.process_time() - began < 2
