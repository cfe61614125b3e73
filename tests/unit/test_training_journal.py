"""What a run's row keeps of its training is bounded, and says the most of it."""

import math

from training.lora.journal import MOST_CHARS, MOST_POINTS, Journal, cut, thinned
from training.lora.trainer import Progress


def progress(iteration: int, loss: float = 2.0, valid: float | None = None) -> Progress:
    return Progress(iteration, loss, valid, 50.0, None, f"iteration {iteration}")


def test_a_long_training_keeps_its_first_and_its_last_points() -> None:
    journal = Journal()
    for iteration in range(1, 10_001):
        journal.tell(progress(iteration))
    places = [point[0] for point in journal.curve]
    assert MOST_POINTS / 2 <= len(places) <= MOST_POINTS
    assert places[0] <= 64
    assert places[-1] == 10_000
    assert places == sorted(set(places))


def test_validation_losses_outlast_the_others() -> None:
    curve = [[n, 1.0, 1.1 if n % 10 == 0 else None] for n in range(1, 102)]
    kept = thinned(curve, most=100)
    assert len(kept) <= 100
    assert [p[0] for p in kept if p[2]] == list(range(10, 102, 10))


def test_measured_at_each_iteration_the_curve_is_bounded_all_the_same() -> None:
    curve = [[n, 1.0, 1.1] for n in range(501)]
    assert len(thinned(curve)) <= MOST_POINTS
    assert thinned(curve)[-1][0] == 500


def test_a_long_log_keeps_its_beginning_and_its_end_in_whole_lines() -> None:
    journal = Journal()
    for number in range(20_000):
        journal.say(f"line {number}")
    lines = journal.log.splitlines()
    assert len(journal.log) <= MOST_CHARS
    assert (lines[0], lines[-1]) == ("line 0", "line 19999")
    assert lines.count("[...]") == 1
    assert all(line == "[...]" or line.startswith("line ") for line in lines)


def test_a_short_log_is_as_it_is() -> None:
    assert cut("a\nb\n") == "a\nb\n"


def test_what_is_no_number_is_no_point() -> None:
    journal = Journal()
    journal.tell(progress(1, math.nan))
    assert journal.curve == [[1, None, None]]


def test_a_resumed_training_goes_on_from_its_checkpoint() -> None:
    before = [[n, 2.0, None] for n in range(1, 9)]
    journal = Journal(curve=before, log="attempt 1\n", iteration=5)
    journal.tell(progress(6))
    assert [point[0] for point in journal.curve] == [1, 2, 3, 4, 5, 6]
    assert journal.log == "attempt 1\niteration 6\n"
