"""What a reviewer reads of a spec."""

import re

from kernels.spec_words import NOTHING, templates


def test_the_forms_of_its_prompts_are_shown_as_they_are_written() -> None:
    shown = templates(["Convert {number1} km to <b>m</b>.", "Give {{x}} {number1} times"])
    unmarked = re.sub(r"</?mark[^>]*>", "", shown)
    assert "Convert {number1} km to &lt;b&gt;m&lt;/b&gt;." in unmarked
    assert "Give {{x}} {number1} times" in unmarked
    assert re.findall(r"<mark[^>]*>(.*?)</mark>", shown) == ["{number1}", "{number1}"]


def test_a_kernel_without_templates_shows_none() -> None:
    assert templates([]) == NOTHING
