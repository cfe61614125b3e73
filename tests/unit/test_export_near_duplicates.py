"""All near-duplicates are found, and nothing else is taken for one."""

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.export import near_duplicates
from training.export.forest import Forest
from training.export.near_duplicates import Batch, Uniting, prefixes
from training.export.rarity import Rarity
from training.export.shingles import Shingles, shingles_of, similarity, word_pairs

Sets = list[frozenset[int]]
MEMBERS = st.frozensets(st.integers(0, 25), min_size=1, max_size=12)


def sorted_members(members: Iterable[int]) -> Shingles:
    # Multiplied, because the slots that count them go by the high bits.
    return np.sort(np.array(sorted(members), np.uint64) * np.uint64(0x9E3779B97F4A7C15))


def found_groups(sets: Sets, threshold: float, bits: int = 8) -> tuple[list[int], int]:
    """The group of each set, as the join finds it, and what it did not compare."""
    arrays = [sorted_members(each) for each in sets]
    sizes = np.array([len(each) for each in arrays], np.int64)
    batch = Batch(np.arange(len(arrays)), sizes, np.concatenate(arrays))
    rarity = Rarity(bits)
    rarity.count(batch.shingles)
    with TemporaryDirectory() as folder, Forest(Path(folder) / "f", len(sets)) as forest:
        uniting = Uniting(
            forest=forest, shingles_of=arrays.__getitem__, rarity=rarity, threshold=threshold
        )
        uniting.unite_all(iter(sorted(prefixes(batch, rarity, threshold))))
        return [forest.find(one) for one in range(len(sets))], uniting.unseen


def true_groups(sets: Sets, threshold: float) -> list[int]:
    """By comparing every pair."""
    groups = list(range(len(sets)))
    for one, other in combinations(range(len(sets)), 2):
        if similarity(sets[one], sets[other]) >= threshold - 1e-9:
            low, high = sorted((groups[one], groups[other]))
            groups = [low if group == high else group for group in groups]
    return groups


@settings(max_examples=300, deadline=None)
@given(
    st.lists(MEMBERS, min_size=1, max_size=25, unique=True),
    st.sampled_from([0.55, 0.6, 2 / 3, 0.7, 0.75, 0.8, 0.9, 1.0]),
)
def test_the_groups_are_those_of_comparing_every_pair(sets: Sets, threshold: float) -> None:
    groups, unseen = found_groups(sets, threshold)
    assert groups == true_groups(sets, threshold)
    assert unseen == 0


@settings(max_examples=300, deadline=None)
@given(st.lists(MEMBERS, min_size=5, max_size=25, unique=True), st.sampled_from([0.55, 0.7, 0.8]))
def test_a_large_bucket_is_parted_without_missing_any(sets: Sets, threshold: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_duplicates, "COMPARED", 3)
        groups, unseen = found_groups(sets, threshold)
    true = true_groups(sets, threshold)
    together = [(one, other) for one, other in combinations(range(len(sets)), 2)]
    assert all(groups[a] == groups[b] for a, b in together if true[a] == true[b])
    if not unseen:
        assert groups == true


def test_what_cannot_be_compared_is_united_and_counted(tmp_path: Path) -> None:
    entries = [(0, 2, unit) for unit in range(8)] + [(1, 2, 8), (1, 2, 9)]
    arrays = [sorted_members({0, unit + 1}) for unit in range(10)]
    with pytest.MonkeyPatch.context() as patch, Forest(tmp_path / "f", 10) as forest:
        patch.setattr(near_duplicates, "PARTED", 7)
        uniting = Uniting(
            forest=forest, shingles_of=arrays.__getitem__, rarity=Rarity(8), threshold=0.8
        )
        uniting.unite_all(iter(entries))
        assert [forest.find(unit) for unit in range(10)] == [0] * 8 + [8, 9]
    assert uniting.unseen == 7


def test_case_punctuation_and_spacing_do_not_tell_texts_apart() -> None:
    one, other = shingles_of("Sum  these:\n5, 7."), shingles_of("sum these 5 7")
    assert one.tolist() == other.tolist()
    assert word_pairs("東京は") == [("東", "京"), ("京", "は")]
    assert word_pairs("Stop!") == [("stop", "")]
    assert word_pairs(" ?! ") == [("?!", "")]


def test_hashed_pairs_are_as_similar_as_the_pairs() -> None:
    one = "please list the three largest cities of northern France by population"
    other = "list the three largest cities of northern France by population today"
    pairs = similarity(*(frozenset(map(hash, word_pairs(text))) for text in (one, other)))
    hashes = similarity(*(frozenset(shingles_of(text).tolist()) for text in (one, other)))
    assert pairs == hashes == 9 / 11
