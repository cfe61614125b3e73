"""UCT, virtual loss, backing up and pruning."""

import math

from workers.experts.expert import Verified
from workers.search import tree
from workers.search.tree import Node


def grow(parent: Node, step: str, *rewards: float, verified: float | None = None) -> Node:
    for reward in rewards:
        tree.begin(parent)
        child = tree.expand(parent, step)
        tree.backpropagate(parent, child, reward, verified)
    return child


def test_uct_is_the_mean_and_what_is_left_to_explore() -> None:
    root = Node()
    often, once = grow(root, "a", 0.5, 0.5, 0.8), grow(root, "b", 0.9)
    assert root.visits == 4
    assert tree.uct(often) == 1.8 / 3 + math.sqrt(2) * math.sqrt(math.log(4) / 3)
    assert tree.uct(once) == 0.9 + math.sqrt(2) * math.sqrt(math.log(4) / 1)


def test_where_nobody_has_been_is_infinitely_worth_a_visit() -> None:
    assert tree.uct(Node(parent=Node())) == math.inf


def test_untried_steps_come_before_tried_ones() -> None:
    root = Node()
    child = grow(root, "a", 1.0)
    assert tree.select(root, width=2, depth=3) is root
    grow(root, "b", 0.4)
    assert tree.select(root, width=2, depth=3) is child


def test_a_simulation_on_its_way_sends_the_next_one_elsewhere() -> None:
    root = Node()
    better, worse = grow(root, "a", 0.8), grow(root, "b", 0.7)
    assert tree.select(root, width=2, depth=3) is better
    tree.begin(better)
    assert tree.select(root, width=2, depth=3) is worse
    tree.abandon(better)
    assert tree.select(root, width=2, depth=3) is better
    assert root.virtual == better.virtual == worse.virtual == 0


def test_rewards_are_backed_up_to_the_root() -> None:
    root = Node()
    child = grow(root, "a", 0.5)
    leaf = grow(child, "b", 1.0)
    assert [(n.visits, n.value) for n in (root, child, leaf)] == [(2, 1.5), (2, 1.5), (1, 1.0)]


def test_three_visits_under_the_bound_prune_a_step() -> None:
    root = Node()
    poor = grow(root, "a", 0.2, 0.2)
    assert not poor.pruned
    grow(root, "a", 0.2)
    assert poor.pruned
    assert not root.pruned
    fair = grow(root, "b", 0.3, 0.3, 0.31)
    assert not fair.pruned
    assert tree.select(root, width=2, depth=3) is fair


def test_a_tree_with_nothing_open_is_exhausted() -> None:
    root = Node()
    grow(root, "a", 1.0).terminal = True
    assert tree.select(root, width=1, depth=3) is None


def test_a_penalty_halves_the_path_and_leaves_what_was_verified() -> None:
    root = Node()
    leaf = grow(grow(root, "a", 1.0, verified=1.0), "b", 0.5, verified=0.5)
    tree.penalise(leaf, 0.5)
    assert leaf.parent is not None
    assert (root.value, leaf.parent.value, leaf.value) == (1.5, 0.75, 0.25)
    assert (leaf.parent.verified_value, leaf.verified_value) == (1.5, 0.5)


def test_the_tree_is_told_as_json_without_what_is_empty() -> None:
    root = Node()
    leaf = grow(root, "2 + 3 = 5", 1.0, verified=1.0)
    leaf.outcome = Verified("ok", 1.0, "recomputed", "recomputed")
    assert tree.as_json(root) == {
        "visits": 1,
        "value": 1.0,
        "verified": [1, 1.0],
        "children": [
            {
                "step": "2 + 3 = 5",
                "visits": 1,
                "value": 1.0,
                "verified": [1, 1.0],
                "outcome": {
                    "status": "ok",
                    "score": 1.0,
                    "reason": "recomputed",
                    "how": "recomputed",
                },
            }
        ],
    }


def test_a_path_that_failed_the_gate_is_pruned_by_what_it_is_worth_then() -> None:
    root = Node()
    leaf = root
    for _ in range(3):
        tree.begin(root)
        leaf = tree.expand(root, "a")
        tree.backpropagate(root, leaf, 0.5, None)
    assert not leaf.pruned
    tree.penalise(leaf, 0.5)
    assert leaf.pruned
    assert not root.pruned
