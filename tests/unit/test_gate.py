"""When a replayed kernel is better than what answered before."""

import pytest

from kernels.gate import Replayed


def replayed(**figures: int) -> Replayed:
    plain = {"prompts": 6, "accepted": 6, "agreed": 6, "failed": 0, "won": 0}
    plain |= {"kernel_tokens": 100, "original_tokens": 300}
    return Replayed(**{**plain, **figures})


@pytest.mark.parametrize(
    ("figures", "better"),
    [
        ({}, True),  # as many right, for fewer tokens
        ({"kernel_tokens": 300}, False),
        ({"agreed": 5}, False),  # fewer right, however cheap
        ({"agreed": 5, "failed": 2, "won": 2, "kernel_tokens": 900}, True),
        ({"agreed": 5, "failed": 2, "won": 1, "kernel_tokens": 900}, False),
        ({"agreed": 4, "left": 2}, True),  # what it leaves is answered as before
        ({"agreed": 3, "left": 2}, False),
        ({"agreed": 0, "left": 6, "kernel_tokens": 300}, False),
        ({"original_tokens": 0}, None),
    ],
)
def test_strictly_better_is_more_right_or_as_many_for_fewer_tokens(
    figures: dict[str, int], better: bool | None
) -> None:
    assert replayed(**figures).better is better
