"""Every expert is found by itself and usable; a further one is one file."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import workers.experts
from workers.experts.expert import Task
from workers.experts.registry import EXPERTS, UnusableExpert, discovered

SEVENTH = """
from dataclasses import replace
from workers.experts.math_expert import EXPERT as MATH

EXPERT = replace(MATH, {changes})
"""


@pytest.fixture
def package(tmp_path: Path) -> Iterator[ModuleType]:
    """An empty package, in whose folder tests may write modules."""
    (tmp_path / "more_experts").mkdir()
    (tmp_path / "more_experts" / "__init__.py").touch()
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    yield importlib.import_module("more_experts")
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("more_experts")]:
        del sys.modules[name]


def add(package: ModuleType, name: str, changes: str) -> None:
    (Path(package.__path__[0]) / f"{name}.py").write_text(SEVENTH.format(changes=changes))
    importlib.invalidate_caches()


def test_the_six_stand_in_their_order() -> None:
    assert list(EXPERTS) == ["math", "code", "logic", "factual", "creative", "analysis"]


def test_a_seventh_is_one_file(package: ModuleType) -> None:
    add(package, "zoology_expert", "name='zoology', title='Animals', related=('factual',)")
    add(package, "botany_expert", "name='botany', title='Plants', related=('zoology',)")
    add(package, "helper", "name='no expert'")
    found = discovered(workers.experts, package)
    assert list(found) == [*EXPERTS, "botany", "zoology"]
    assert found["zoology"].verify(Task("What is 1 + 1?"), ("Answer: 2",), None).status == "ok"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ("name='math'", "there already"),
        ("name='Zoo'", "no lower-case word"),
        ("name='zoo', related=('math', 'alchemy')", "do not exist: alchemy"),
        ("name='zoo', related=('zoo',)", "related to itself"),
        ("name='zoo', depth=2", "depth 2 is not in 3-10"),
        ("name='zoo', depth=11", "depth 11 is not in 3-10"),
        ("name='zoo', simulations=4", "simulations 4 are not in 5-25"),
        ("name='zoo', simulations=26", "simulations 26 are not in 5-25"),
        ("name='zoo', cache_threshold=1.5", "cache threshold 1.5"),
        ("name='zoo', examples=('What?',) * 20", "fewer than 12 examples"),
    ],
)
def test_an_unusable_one_is_refused_by_name_and_reason(
    package: ModuleType, changes: str, why: str
) -> None:
    add(package, "zoo_expert", changes)
    with pytest.raises(UnusableExpert, match=why):
        discovered(workers.experts, package)


def test_a_module_without_an_expert_is_refused(package: ModuleType) -> None:
    (Path(package.__path__[0]) / "empty_expert.py").touch()
    importlib.invalidate_caches()
    with pytest.raises(UnusableExpert, match=r"more_experts\.empty_expert defines no EXPERT"):
        discovered(workers.experts, package)


def test_the_thresholds_of_the_cache_are_those_that_were_set() -> None:
    thresholds = {name: expert.cache_threshold for name, expert in EXPERTS.items()}
    assert thresholds == {
        "math": 0.90,
        "code": 0.87,
        "logic": 0.88,
        "factual": 0.80,
        "creative": 0.75,
        "analysis": 0.82,
    }


def test_no_example_stands_for_two_experts_and_all_have_a_form_to_keep() -> None:
    examples = [example for expert in EXPERTS.values() for example in expert.examples]
    assert len(set(examples)) == len(examples)
    for expert in EXPERTS.values():
        assert expert.related
        assert 0 < len(expert.instruction) < 500
        assert not expert.is_terminal(())
        assert expert.final_answer(()) == ""
        assert expert.check_step(Task("?"), ()).ok is None
        assert expert.verify(Task("?"), (), None).status == "failed"


def test_a_conversation_has_the_instruction_the_evidence_and_a_reminder_last() -> None:
    task = Task(
        "When did it open?", system="Be brief.", evidence=("It opened in 1932.", "It rained.")
    )
    for expert in EXPERTS.values():
        system, user = expert.messages(task)
        assert system["content"] == f"{expert.instruction}\n\nBe brief."
        said = "When did it open?\n\nEvidence:\n\n[1] It opened in 1932.\n\n[2] It rained."
        assert user["content"] == (f"{said}\n\n{expert.reminder}" if expert.reminder else said)
    plain = EXPERTS["code"].messages(Task("Write f."))
    assert [message["content"] for message in plain] == [EXPERTS["code"].instruction, "Write f."]
