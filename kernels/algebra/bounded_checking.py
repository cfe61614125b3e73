"""The check of a composition within a time limit: unions of many cases may take for ever to prove.

It runs in a process of its own, which is killed when it is late. What was not decided by then is
undecided.
"""

import json
from dataclasses import asdict

from kernels.algebra.checking import Finding, Report, check_composition
from kernels.algebra.plan import Composition
from kernels.conditions.isolated import NoResult, run_isolated
from kernels.spec import KernelSpec

CHECK_TIME_S = 5.0  # of processor time


def check_in_time(
    composition: Composition, specs: dict[str, KernelSpec], within_s: float = CHECK_TIME_S
) -> Report:
    """Like `check_composition`; undecided as a whole when that takes too long."""
    texts = {digest: spec.model_dump_json() for digest, spec in specs.items()}
    try:
        said = run_isolated(
            __name__, "check_text", composition.model_dump_json(), texts, within_s=within_s
        )
    except NoResult as error:
        return Report((Finding("undecided", "plan", f"the check: {error}"),), True, True)
    found = json.loads(said)
    findings = tuple(Finding(**finding) for finding in found["findings"])
    return Report(findings, found["input_schema"], found["output_schema"])


def check_text(composition: str, specs: dict[str, str]) -> str:
    """`check_composition` from JSON to JSON."""
    read = {digest: KernelSpec.model_validate_json(text) for digest, text in specs.items()}
    return json.dumps(asdict(check_composition(Composition.model_validate_json(composition), read)))
