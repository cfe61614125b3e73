"""Each command that README.md and docs/ show is run against the running service."""

import os
from pathlib import Path

import pytest

from tests.guide_commands import Desk, Service, commands_of, guides, missing_of, name_of, to_run
from tests.stack_fixtures import StackProcess

WITHIN_S = 550.0  # a guide, on a busy machine; on a quiet one all of them take two minutes
GUIDES = [guide for guide in guides() if any(not one.not_run for one in commands_of(guide))]


@pytest.fixture
def desk(running_stack: StackProcess, tmp_path: Path) -> Desk:
    service = Service(
        url=running_stack.base_url.removesuffix("/v1"),
        api_key=running_stack.api_key,
        home=running_stack.home,
    )
    return Desk(tmp_path / "checkout", service, dict(os.environ))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("guide", GUIDES, ids=name_of)
def test_the_commands_of_a_guide_do_what_it_shows(guide: Path, desk: Desk) -> None:
    shell, python = to_run(guide, "sh"), to_run(guide, "python")
    outcome = desk.run_shell(shell, within_s=WITHIN_S)
    assert outcome.status == 0, outcome.report
    assert list(outcome.printed) == [block.line for block in shell]
    for block in shell:
        missing = missing_of(block.shown, outcome.printed[block.line])
        assert not missing, f"line {block.line}: {missing} not in\n{outcome.printed[block.line]}"
    programs = desk.run_python(python, within_s=WITHIN_S)
    assert programs.status == 0, programs.report
    assert list(programs.printed) == [block.line for block in python]
