"""The bench's pure parts: percentiles, stages, what is printed. Nothing is measured here."""

import io
import itertools
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from rich.console import Console

from kwsite.bench.figures import Figures, figures, percentile
from kwsite.bench.overhead import ArmResult, Overhead
from kwsite.bench.overhead_report import arms_table, overhead_json, stages_table
from kwsite.bench.prompts import REPEATED, new_prompts, repeated_prompts
from kwsite.bench.stages import median_stages, parse_server_timing, stages_of
from workers.stopwatch import Stopwatch

MEASURED = Overhead(
    arms=(
        ArmResult(1, "new", Figures(10, 20.0, 31.5, 48.0)),
        ArmResult(16, "repeated", Figures(10, 40.0, 90.0, 300.0)),
    ),
    stages={"new": {"http": 1.0, "queue": 2.0}, "repeated": {"http": 1.5, "queue": 2.5}},
)


def test_the_99th_percentile_of_a_hundred_values_is_the_second_largest() -> None:
    assert percentile([float(value) for value in range(100, 0, -1)], 99) == 99.0


def test_a_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 99) == 7.0


def test_figures_count_requests_over_the_time_of_the_whole_arm() -> None:
    assert figures([10.0, 30.0, 20.0], seconds=0.5) == Figures(3, 20.0, 30.0, 6.0)


def test_the_header_says_what_the_stopwatch_measured() -> None:
    watch = Stopwatch()
    watch.lap("embed")
    watch.lap("route")
    read = parse_server_timing(watch.server_timing())
    assert list(read) == ["embed", "route"]
    assert read["embed"] == pytest.approx(watch.stages_ms["embed"], abs=0.001)


def test_an_empty_header_has_no_stages() -> None:
    assert parse_server_timing("") == {}


def test_the_stages_split_the_whole_wait() -> None:
    run = {
        "created_at": "2026-01-01T00:00:00.000Z",
        "started_at": "2026-01-01T00:00:00.005Z",
        "finished_at": "2026-01-01T00:00:00.007Z",
    }
    stages = stages_of("row;dur=3, enqueue;dur=1, wait;dur=6", 12.0, run)
    assert stages == pytest.approx(
        {"http": 2, "row": 3, "enqueue": 1, "wait": 6, "queue": 2, "work": 2, "reply": 3}
    )


def test_each_stage_has_its_own_median() -> None:
    assert median_stages([{"a": 1.0, "b": 9.0}, {"a": 2.0, "b": 8.0}, {"a": 3.0, "b": 1.0}]) == {
        "a": 2.0,
        "b": 8.0,
    }


def test_new_prompts_never_repeat_and_are_none_of_the_repeated() -> None:
    new = list(itertools.islice(new_prompts(), 500))
    repeated = list(itertools.islice(repeated_prompts(), 3 * REPEATED))
    assert len(set(new)) == 500
    assert len(set(repeated)) == REPEATED
    assert not set(new) & set(repeated)


def test_the_json_has_every_arm_and_stage() -> None:
    written = json.loads(json.dumps(overhead_json(MEASURED)))
    assert written["arms"][0] == {
        "clients": 1,
        "prompts": "new",
        "requests": 10,
        "p50_ms": 20.0,
        "p99_ms": 31.5,
        "requests_per_s": 48.0,
    }
    assert written["stages_p50_ms"]["repeated"] == {"http": 1.5, "queue": 2.5}


def test_the_tables_show_goals_for_one_client_only() -> None:
    console = Console(file=io.StringIO(), width=100)
    console.print(arms_table(MEASURED), stages_table(MEASURED))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert text.count("<=") == 1
    assert "31.5" in text
    assert "queue" in text


@pytest.mark.parametrize("arguments", [[], ["nonesuch"]])
def test_without_a_known_name_the_benches_are_listed(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="overhead"):
        call_command("bench", *arguments)
