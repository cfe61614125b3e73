"""How long a search may take: its answer is there before the request's time is up."""

import pytest

from workers.searches.patience import Patience, seconds_left


@pytest.mark.parametrize(
    ("waited_s", "seconds"),
    [
        (0, 100),  # its own time is the shorter one
        (8, 100),
        (40, 68),  # it stood in the queue
        (106, 2),
        (108, 100),  # who waited has been told to look later
        (500, 100),
    ],
)
def test_a_search_ends_before_its_request_does(waited_s: float, seconds: float) -> None:
    assert seconds_left(100, request_s=120, waited_s=waited_s) == pytest.approx(seconds)


def test_a_short_request_has_a_short_search() -> None:
    assert seconds_left(100, request_s=30, waited_s=0) == pytest.approx(27)


def test_some_patience_more_is_a_later_end() -> None:
    assert Patience(lambda: False, 10.0).longer(5.0).ends_at == 15.0
