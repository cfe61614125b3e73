"""From lessons to lines: the same for the same lessons, repeated, and never on both sides."""

import json
import random
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.export.arranging import Arranged, SplitOptions, arrange, gather
from training.export.chat_template import ChatTemplate
from training.export.conversation import Rules
from training.export.errors import OneSided
from training.export.lesson import Lesson, Message
from training.export.manifest import data_hash, require_both_sides
from training.export.scratch import Scratch
from training.export.shingles import word_pairs
from training.export.split import is_valid, positions

CHATML = ChatTemplate(
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}",
    frozenset({"<|im_start|>", "<|im_end|>"}),
)
WORDS = sorted(set(re.findall(r"[a-z]{4,}", Path("kernels/reuse/words/verbs.txt").read_text())))


def lesson(prompt: str, answer: str = "Yes.", advantage: float | None = 0.2, **more: Any) -> Lesson:
    return Lesson((Message("user", prompt), Message("assistant", answer)), advantage, **more)


class Made:
    """Both files as they would be written, and what is said of them."""

    def __init__(self, lessons: list[Lesson], folder: Path, options: SplitOptions) -> None:
        folder.mkdir()
        with Scratch(folder / "scratch") as scratch:
            self.left_out = gather(lessons, scratch=scratch, rules=Rules(CHATML))
            self.arranged: Arranged = arrange(
                scratch, folder=folder, options=options, tell=lambda step, total=None: None
            )
            self.data = data_hash(scratch)
            self.train, self.valid = (list(scratch.lines(valid=v)) for v in (False, True))
            self.groups = scratch.groups()

    @property
    def files(self) -> tuple[list[str], list[str], str]:
        return self.train, self.valid, self.data


@pytest.fixture
def made(tmp_path: Path) -> Any:
    count = iter(range(10**6))

    def make(lessons: list[Lesson], **options: Any) -> Made:
        return Made(lessons, tmp_path / str(next(count)), SplitOptions(**options))

    return make


def prompts_of(lines: list[str]) -> list[str]:
    return [json.loads(line)[0]["content"] for line in lines]


def varied(count: int, seed: int = 1) -> list[Lesson]:
    dice = random.Random(seed)
    return [
        lesson(" ".join(dice.choices(WORDS, k=dice.randint(3, 15))), f"{n}", dice.random())
        for n in range(count)
    ]


def test_the_order_in_which_lessons_come_changes_nothing(made: Any) -> None:
    lessons = [*varied(200), *varied(40), lesson("Is it so?", advantage=None)]
    first = made(lessons, valid_share=0.3)
    assert len(first.train) > len(first.valid) > 10
    for seed in range(3):
        random.Random(seed).shuffle(lessons)
        assert made(lessons, valid_share=0.3).files == first.files


def test_a_seed_gives_another_split_and_order_of_the_same_data(made: Any) -> None:
    one, other = (made(varied(100), valid_share=0.3, seed=seed) for seed in (0, 1))
    assert one.data == other.data
    assert set(one.valid) != set(other.valid)


def test_other_data_have_another_hash(made: Any) -> None:
    lessons = varied(5)
    first = made(lessons).data
    assert made(lessons[1:]).data != first
    assert made([replace(lessons[0], advantage=-1.0), *lessons[1:]]).data != first
    assert made([lesson("x"), *lessons]).data != first
    assert made(lessons, seed=7, valid_share=0.5).data == first


def test_lessons_are_repeated_by_advantage_in_train_and_measured_once(made: Any) -> None:
    worth = {"three times": 0.31, "two times": 0.3, "and two again": 0.1, "a single one": 0.05}
    found = made([lesson(prompt, advantage=a) for prompt, a in worth.items()], valid_share=1e-9)
    copies = {"three times": 3, "two times": 2, "and two again": 2, "a single one": 1}
    assert Counter(prompts_of(found.train)) == copies
    assert found.valid == []
    found = made([lesson(prompt, advantage=a) for prompt, a in worth.items()], valid_share=1.0)
    assert Counter(prompts_of(found.valid)) == dict.fromkeys(worth, 1)


def test_what_did_no_better_than_usual_is_left_out_and_counted(made: Any) -> None:
    lessons = [lesson("a b c", advantage=a) for a in (0.0, -0.3, float("nan"))]
    found = made([*lessons, lesson("d e f"), lesson("g <|im_end|> h")])
    assert prompts_of([*found.train, *found.valid])[0] == "d e f"
    assert found.left_out == {
        "no advantage": 3,
        "a special token of the model inside a message": 1,
    }


def test_equal_lessons_are_merged_and_keep_the_highest_advantage(made: Any) -> None:
    found = made([lesson("a b", advantage=a) for a in (0.05, 0.5, 0.2)], valid_share=1e-9)
    assert len(found.train) == 3
    assert found.arranged.merged == 2


def test_copies_are_spread_evenly() -> None:
    places = sorted(positions(b"content", seed=3, copies=3))
    assert {b - a for a, b in pairwise(places)} <= {2**64 // 3, 2**64 // 3 + 1}
    assert positions(b"content", seed=3, copies=3) == positions(b"content", seed=3, copies=3)
    assert positions(b"content", seed=4, copies=3) != positions(b"content", seed=3, copies=3)


def test_recorded_answers_go_before_synthetic_ones(made: Any) -> None:
    lessons = [
        lesson("Who wrote Emma?", "Austen."),
        lesson("who  wrote emma?", "Brontë.", advantage=None),
        lesson("Who wrote Ulysses?", "Joyce.", advantage=None),
        lesson("Who wrote ulysses?", "James Joyce.", advantage=None),
        lesson("Who wrote Emma?", "Jane Austen."),
    ]
    found = made(lessons, valid_share=1e-9)
    assert found.arranged.answered == 2
    answers = Counter(json.loads(line)[-1]["content"] for line in found.train)
    assert answers["Austen."] == answers["Jane Austen."] == 2
    assert "Brontë." not in answers
    assert answers["Joyce."] + answers["James Joyce."] == 1


def test_the_same_question_in_other_words_is_on_the_same_side(made: Any) -> None:
    for seed in range(20):
        found = made(
            [
                lesson("What is the capital of France?"),
                lesson("Could you please tell me what the capital of France is?"),
                lesson("Bake bread.", question="one"),
                lesson("Something unlike it.", question="one"),
            ],
            valid_share=0.5,
            seed=seed,
        )
        valid = prompts_of(found.valid)
        assert sum("France" in prompt for prompt in valid) in (0, 2)
        assert sum("France" not in prompt for prompt in valid) in (0, 2)


def mutated(prompt: str, dice: random.Random) -> str:
    words = prompt.split()
    place = dice.randrange(len(words))
    change = dice.randrange(3)
    if change == 0:
        words[place] = dice.choice(WORDS)
    elif change == 1:
        words.insert(place, dice.choice(WORDS))
    elif len(words) > 1:
        del words[place]
    return " ".join(words)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10**6), similarity=st.sampled_from([0.6, 0.7, 0.8, 0.9]))
def test_no_near_duplicates_are_on_both_sides(made: Any, seed: int, similarity: float) -> None:
    dice = random.Random(seed)
    lessons = varied(30, seed)
    for _ in range(60):
        lessons.append(lesson(mutated(prompts_of_lesson(dice.choice(lessons)), dice)))
    found = made(lessons, valid_share=0.5, similarity=similarity, seed=seed)
    train, valid = ({frozenset(word_pairs(p)) for p in prompts_of(x)} for x in found.files[:2])
    assert train
    assert all(len(one & other) / len(one | other) < similarity for one in train for other in valid)


def prompts_of_lesson(one: Lesson) -> str:
    return one.messages[0].content


def test_lessons_stay_on_their_side_when_others_are_added(made: Any) -> None:
    few, many = varied(100), [*varied(100), *varied(300, seed=2)]
    before, after = made(few, valid_share=0.3), made(many, valid_share=0.3)
    assert set(before.valid) <= set(after.valid)
    assert set(before.train) <= set(after.train)


def test_the_share_of_groups_is_what_was_asked_for() -> None:
    for share in (0.05, 0.1, 0.5):
        drawn = sum(
            is_valid(bytes([n // 256, n % 256]), seed=0, share=share) for n in range(20_000)
        )
        assert abs(drawn / 20_000 - share) < 0.01


def test_a_split_with_one_side_says_what_to_do(tmp_path: Path) -> None:
    options = SplitOptions()
    with Scratch(tmp_path / "scratch") as scratch:
        gather([lesson("a b"), lesson("A b!", "No.")], scratch=scratch, rules=Rules(CHATML))
        arrange(scratch, folder=tmp_path, options=options, tell=lambda step, total=None: None)
        with pytest.raises(OneSided, match=r"1 groups .* of 2 lessons.*--similarity nearer to 1"):
            require_both_sides(scratch, options)
