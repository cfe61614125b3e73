"""Which failures speak against the kernel that answered, and which against what the app asked."""

from dataclasses import replace

from kernels.conditions.kinds import CelCondition
from tests.unit.test_answer import BAD, GOOD, Told, ask, kernel
from workers.backends.scripted import ScriptedBackend
from workers.request import AskedContract

NEVER = AskedContract(conditions=(CelCondition(expression="output.label == 'wish'", label="wish"),))
MISSPELT = AskedContract(conditions=(CelCondition(expression="output.labl == 'bug'", label="?"),))


def test_what_an_app_asks_beside_speaks_against_no_shared_kernel() -> None:
    for asked in (NEVER, MISSPELT):
        told = Told(ask(contract=asked), kernel(), ScriptedBackend([GOOD, GOOD, GOOD]))
        assert told.answer.failed_kernel is not None
        assert not told.answer.proven


def test_an_apps_condition_speaks_against_its_own_kernel_where_it_could_run() -> None:
    chosen = kernel()
    own = replace(chosen, facts=replace(chosen.facts, client=7))
    refused = Told(ask(contract=NEVER), own, ScriptedBackend([GOOD, GOOD, GOOD]))
    assert refused.answer.proven
    could_not_run = Told(ask(contract=MISSPELT), own, ScriptedBackend([GOOD, GOOD, GOOD]))
    assert could_not_run.answer.failed_kernel is not None
    assert not could_not_run.answer.proven


def test_a_breach_of_its_own_contract_speaks_against_any_kernel() -> None:
    told = Told(ask(contract=NEVER), kernel(), ScriptedBackend([BAD, BAD, GOOD]))
    assert told.answer.failed_kernel is not None
    assert told.answer.proven
