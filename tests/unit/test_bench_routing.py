"""The routing bench's pure parts: the cut of the data, the figures, the report."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from rich.console import Console

from kwsite.bench.routing import CeilingResult, RoutingResult
from kwsite.bench.routing_data import BANKING, CLINC, UnusableData, data_sets, split
from kwsite.bench.routing_figures import (
    RoutingFigures,
    Scored,
    coverage,
    expected_calibration_error,
    traffic_weights,
    wrong_share,
)
from kwsite.bench.routing_report import ceilings_table, routers_table, routing_json

HEAD = RoutingFigures(0.9, 0.97, 0.02, 0.75, 0.6)
MEASURED = RoutingResult(
    "CLINC150",
    10,
    0,
    (300, 10),
    {"head": HEAD, "BM25": RoutingFigures(0.7, 0.8, None, 0.1, 0.0)},
    HEAD,
    (CeilingResult(0.01, 0.99, 0.5, 0.004, 0.98),),
)


def write_clinc(folder: Path) -> None:
    rows = [[f"{intent} {n}", f"i{intent}"] for intent in range(3) for n in range(40)]
    data = {
        "train": rows,
        "val": [[f"test {intent}", f"i{intent}"] for intent in range(3)],
        "oos_train": [["strange", "oos"]],
        "oos_val": [["stranger", "oos"]],
    }
    (folder / CLINC).write_text(json.dumps(data))


def write_banking(folder: Path) -> None:
    with (folder / BANKING).open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "category"])
        rows.writerows([f"{intent} {n}", f"i{intent}"] for intent in range(16) for n in range(36))


def scored(scores: list[float], right: list[bool]) -> Scored:
    return Scored(np.array(scores), np.array(right), np.ones(len(scores), dtype=bool))


@pytest.mark.parametrize("name", [CLINC, BANKING])
def test_no_prompt_is_in_two_parts(name: str, tmp_path: Path) -> None:
    write_clinc(tmp_path)
    write_banking(tmp_path)
    cut = split(tmp_path, name, exemplars=10, seed=3)
    parts = [
        *[[prompt for prompt, _ in part] for part in (cut.exemplars, cut.recorded, cut.inside)],
        list(cut.background),
        list(cut.outside),
    ]
    assert all(parts)
    assert len({p for part in parts for p in part}) == sum(map(len, parts))


def test_clinc_is_tested_on_val_alone(tmp_path: Path) -> None:
    write_clinc(tmp_path)
    cut = split(tmp_path, CLINC, exemplars=10, seed=0)
    assert {prompt for prompt, _ in cut.inside} == {"test 0", "test 1", "test 2"}
    assert cut.outside == ("stranger",)
    assert (len(cut.exemplars), len(cut.recorded)) == (30, 60)


def test_all_prompts_as_exemplars_leave_no_recorded_traffic(tmp_path: Path) -> None:
    write_clinc(tmp_path)
    assert split(tmp_path, CLINC, exemplars=40, seed=0).recorded == ()


def test_banking_hides_other_intents_from_the_head_than_from_the_test(tmp_path: Path) -> None:
    write_banking(tmp_path)
    cut = split(tmp_path, BANKING, exemplars=10, seed=0)
    intents = [{p.split()[0] for p in part} for part in (cut.background, cut.outside)]
    assert not intents[0] & intents[1]
    assert not (intents[0] | intents[1]) & {intent[1:] for intent in cut.intents}


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match=CLINC):
        data_sets(tmp_path)


def test_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / CLINC).write_text('{"train": []}')
    with pytest.raises(UnusableData, match="format"):
        split(tmp_path, CLINC, exemplars=10, seed=0)


def test_coverage_is_the_largest_share_at_the_precision() -> None:
    found = scored([0.9, 0.8, 0.7, 0.6], [True, True, False, True])
    weights = np.ones(4)
    assert coverage(found, weights, 1.0) == 0.5
    assert coverage(found, weights, 0.75) == 1.0


def test_equal_scores_are_served_together() -> None:
    assert coverage(scored([0.9, 0.9], [True, False]), np.ones(2), 0.99) == 0


def test_weights_bring_out_of_scope_to_its_share() -> None:
    inside = np.array([True] * 9 + [False])
    weights = traffic_weights(inside, 0.25)
    assert weights[~inside].sum() / weights.sum() == pytest.approx(0.25)


def test_a_calibrated_score_has_no_error() -> None:
    found = scored([0.75] * 4, [True, True, True, False])
    assert expected_calibration_error(found, np.ones(4)) == pytest.approx(0)
    assert expected_calibration_error(scored([1.0], [False]), np.ones(1)) == 1


def test_nothing_served_is_nothing_wrong() -> None:
    assert wrong_share(scored([0.5], [False]), 2.0) == 0
    assert wrong_share(scored([0.5, 0.9], [False, True]), 0.4) == 0.5


def test_the_report_has_goals_and_published_figures() -> None:
    written = json.loads(json.dumps(routing_json([MEASURED], None)))
    assert written["results"][0]["routers"]["head"]["coverage_99"] == 0.6
    assert written["published_clinc150"]["coverage_99"]["ceiling"] == 0.78
    console = Console(file=io.StringIO(), width=160)
    console.print(routers_table([MEASURED]), ceilings_table([MEASURED]))
    assert isinstance(console.file, io.StringIO)
    assert ">= 0.58" in console.file.getvalue()


def test_it_asks_for_the_data(settings: object) -> None:
    with pytest.raises(CommandError, match="--data"):
        call_command("bench", "routing", "--data", "")
