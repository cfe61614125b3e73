"""The nodes of a search tree as its page tells them."""

import math

import pytest

from trajectories.story.steps import Beside, Step, read_tree, uct_of
from trajectories.tree_markup import figures, tree_block
from workers.experts.expert import Verified
from workers.search import tree
from workers.search.tree import Node

REASON = "Step 1 is wrong."


def grown() -> Node:
    """Two steps that were tried; the second was thought over, and then one more was written."""
    root = Node()
    for text, reward in (("one", 0.9), ("two", 0.4), ("two", 0.2)):
        tree.begin(root)
        leaf = tree.expand(root, text)
        leaf.outcome = Verified("failed", 0.0, "no", "z3") if text == "two" else None
        tree.backpropagate(root, leaf, reward, None)
    tree.penalise(root.children[1], 0.5, REASON)
    below = root.children[0]
    tree.begin(below)
    last = tree.expand(below, "three")
    last.after = REASON
    tree.backpropagate(below, last, 1.0, 1.0)
    return root


def told(beside: Beside | None = None) -> tuple[Step, ...]:
    steps, cut = read_tree(tree.as_json(grown()), beside or Beside(), 100)
    assert not cut
    return steps


def test_figures_are_those_of_the_search() -> None:
    root = grown()
    for child, step in zip(root.children, told(), strict=True):
        assert step.visits == child.visits
        assert step.mean == pytest.approx(child.mean)
        assert step.uct == pytest.approx(tree.uct(child))
    assert uct_of(0.0, 0, 4) == math.inf


def test_a_penalty_and_its_reflection_are_told_where_they_fell() -> None:
    first, second = told()
    assert (second.penalised, second.reflection) == (1, REASON)
    assert (first.penalised, first.reflection, first.after) == (0, "", "")
    assert first.children[0].after == REASON


def test_the_way_to_the_given_answer_is_marked_and_nothing_else() -> None:
    steps = told(Beside(chosen=("one", "three")))
    marked = [one.number for step in steps for one in step if one.chosen]
    assert marked == ["1", "1.1"]


def test_a_persons_score_stands_at_the_step_that_it_is_of() -> None:
    first, second = told(Beside(rated={("one", "three"): 0.25}))
    assert first.children[0].rated == 0.25
    assert "rated 0.25 by a person" in figures(first.children[0])
    assert (first.rated, second.rated) == (None, None)


def test_a_large_tree_is_cut_and_says_where_all_of_it_is() -> None:
    wide = {"visits": 500, "children": [{"step": f"s{n}", "visits": 1} for n in range(500)]}
    page = tree_block(wide, whole="/all/")
    assert "The first 400 steps are shown" in page
    assert 'href="/all/"' in page
    assert "s399" in page
    assert "s400" not in page


def test_what_is_in_a_tree_is_escaped_and_the_chosen_path_opened() -> None:
    node = {"step": "<script>alert(1)</script>", "visits": 1, "value": 1.0}
    page = tree_block({"visits": 1, "children": [node]}, Beside(chosen=(str(node["step"]),)))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "chosen path" in page
    assert "<details open>" in page


def test_the_drawing_leads_to_the_boxes_and_marks_path_and_pruning() -> None:
    told_tree = tree.as_json(grown())
    told_tree["children"][1]["pruned"] = True
    page = tree_block(told_tree, Beside(chosen=("one", "three")), anchor="step-math")
    assert page.count("<circle") == 3
    assert page.count("stroke-width: 4") == 1  # the one line on the chosen path
    for number in ("1", "1.1", "2"):
        assert f'href="#step-math-{number}"' in page
        assert f'id="step-math-{number}"' in page
    assert 'aria-label="step 2, V/N 0.15, N 2, pruned"' in page


def test_what_is_too_large_to_draw_is_only_listed() -> None:
    wide = {"visits": 90, "children": [{"step": f"s{n}", "visits": 1} for n in range(90)]}
    page = tree_block(wide)
    assert "<svg" not in page
    assert page.count("<details") == 90
