"""Writes compositions: pinned to live kernels, checked before they run, never stored unchecked."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError
from django.db.models import F, Q, QuerySet

from kernels.algebra.bounded_checking import check_in_time
from kernels.algebra.checking import Finding, Report, entries
from kernels.algebra.inputs import InputFailed, bound_input
from kernels.algebra.plan import Composition as Plan
from kernels.algebra.schemas import Schema
from kernels.composition_models import Composition
from kernels.conditions.checks import Subject
from kernels.conditions.kinds import SchemaCondition
from kernels.models import KernelVersion
from kernels.routing import VersionFacts, preconditions, version_facts
from kernels.verify import verify
from trajectories.errors import KernelWeaveError
from trajectories.models import Client


class UnknownKernel(KernelWeaveError):
    """The plan names a kernel that is not live."""


class CompositionRefused(KernelWeaveError):
    """The static check refuses the plan."""

    def __init__(self, report: Report) -> None:
        refused = [finding for finding in report.findings if finding.kind != "may_fail"]
        super().__init__("; ".join(str(finding) for finding in refused[:5]))
        self.findings = tuple(finding_json(finding) for finding in report.findings)


class AlreadyThere(KernelWeaveError):
    """This very composition is there already."""


class CompositionNotFound(KernelWeaveError):
    """There is no such composition."""


class CompositionNotLive(KernelWeaveError):
    """The composition is not live: an operator approves it in the admin."""


class KernelNotLive(KernelWeaveError):
    """A kernel of the composition is not live."""


class InputRefused(KernelWeaveError):
    """The composition does not take this input."""


@dataclass(frozen=True)
class Checked:
    """A composition, the kernels that it names by digest, and what the check says of them."""

    plan: Plan
    kernels: dict[str, VersionFacts]
    report: Report


def pinned(document: dict[str, Any], client: Client | None) -> dict[str, Any]:
    """The document of a composition with the digest of the live version wherever none is given.

    It is otherwise left as it came: what is wrong with it, validation says. Raises UnknownKernel.
    """
    whole = copy.deepcopy(document)
    bare = [node for node in _kernel_nodes(whole.get("plan")) if "digest" not in node]
    names = {node["kernel"] for node in bare if isinstance(node.get("kernel"), str)}
    digests = dict(
        _live_versions(client)
        .filter(kernel__name__in=[name for name in names if "\0" not in name])
        .values_list("kernel__name", "digest")
    )
    if unknown := sorted(names - digests.keys()):
        raise UnknownKernel(f"No live kernel is called {', '.join(unknown)}.")
    for node in bare:
        if isinstance(node.get("kernel"), str):
            node["digest"] = digests[node["kernel"]]
    return whole


def _kernel_nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("kind") == "kernel":
            yield value
        for name in ("then", "otherwise", "body"):
            yield from _kernel_nodes(value.get(name))
        for name in ("steps", "branches"):
            inner = value.get(name)
            for one in inner if isinstance(inner, list) else ():
                yield from _kernel_nodes(one)


def _live_versions(client: Client | None) -> QuerySet[KernelVersion]:
    """The live versions that a client's compositions may use; shared ones use shared kernels."""
    return KernelVersion.objects.filter(
        Q(kernel__client=None) | Q(kernel__client=client), state=KernelVersion.State.LIVE
    )


def live_kernels(plan: Plan, client: Client | None) -> dict[str, VersionFacts]:
    """The live ones of the kernels that a plan names, by digest."""
    digests = {ref.digest for ref in plan.kernels}
    rows = _live_versions(client).filter(digest__in=digests).values_list("digest", "pk")
    return {digest: version_facts(pk) for digest, pk in rows}


def require_live_kernels(plan: Plan, client: Client | None) -> dict[str, VersionFacts]:
    """Like `live_kernels`. Raises KernelNotLive when one of them is not."""
    found = live_kernels(plan, client)
    if missing := sorted({ref.kernel for ref in plan.kernels if ref.digest not in found}):
        raise KernelNotLive(
            f"The version of {', '.join(missing)} that the composition names is not live (any "
            "more): propose the composition anew with the one that is."
        )
    return found


def check(plan: Plan, client: Client | None) -> Checked:
    """What the static check says of a plan over the kernels that are live now."""
    kernels = live_kernels(plan, client)
    specs = {digest: facts.spec for digest, facts in kernels.items()}
    return Checked(plan, kernels, check_in_time(plan, specs))


def add_composition(*, plan: Plan, client: Client | None) -> Composition:
    """Stores a checked composition as a candidate. Raises CompositionRefused, AlreadyThere."""
    checked = check(plan, client)
    if not checked.report.fits:
        raise CompositionRefused(checked.report)
    versions = list(Composition.objects.filter(client=client, name=plan.name).order_by("-number"))
    for version in versions:
        if version.digest == plan.digest and version.is_open:
            raise AlreadyThere(f"This very composition is there already: {version}.")
    try:
        return Composition.objects.create(
            client=client,
            name=plan.name,
            number=versions[0].number + 1 if versions else 1,
            plan=plan.model_dump(mode="json"),
            digest=plan.digest,
            input_schema=checked.report.input_schema,
            output_schema=checked.report.output_schema,
            evidence=evidence_of(checked),
        )
    except IntegrityError as error:
        raise AlreadyThere("A composition of this name was proposed at the same time.") from error


def evidence_of(checked: Checked) -> dict[str, Any]:
    """What a reviewer reads beside the plan: its kernels, and what the check found."""
    kernels = [
        {"name": f.kernel, "version": f.number, "version_id": str(f.version_id), "digest": digest}
        for digest, f in checked.kernels.items()
    ]
    findings = [finding_json(finding) for finding in checked.report.findings]
    return {"kernels": kernels, "findings": findings}


def finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "where": finding.where,
        "reason": finding.reason,
        "counterexample": finding.counterexample,
    }


def visible_compositions(client: Client) -> QuerySet[Composition]:
    """The compositions that a client may see: its own and shared ones."""
    return Composition.objects.filter(Q(client=client) | Q(client=None))


def live_composition(*, name: str, client: Client) -> Composition:
    """What a client means by a name: its own live composition, or else the shared one.

    Raises CompositionNotFound, CompositionNotLive.
    """
    named = visible_compositions(client).filter(name=name)
    live = named.filter(state=Composition.State.LIVE)
    found = live.order_by(F("client").asc(nulls_last=True)).first()
    if found is not None:
        return found
    if named.exists():
        raise CompositionNotLive()
    raise CompositionNotFound(f"There is no composition {name!r}.")


def accepted_input(plan: Plan, takes: Schema, given: dict[str, Any]) -> dict[str, Any]:
    """What the plan gets: the input as it is where the composition says what it takes.

    Otherwise the input is a prompt, and the plan gets what is found in it, as a single kernel does.
    `takes` is the input schema that the check found. Raises InputRefused.
    """
    stated = plan.input_schema is not None
    if not stated and "prompt" not in given:
        raise InputRefused("prompt is missing")
    try:
        found = given if stated else bound_input(given)
    except InputFailed as error:
        raise InputRefused(error.detail) from error
    schema = takes if isinstance(takes, dict) else {"allOf": [takes]}
    condition = SchemaCondition(json_schema=schema, label="input schema")
    checked = verify((condition,), Subject(input=found, output=found))
    if not checked.passed:
        raise InputRefused(checked.reason)
    return found


def require_preconditions(
    plan: Plan, kernels: dict[str, VersionFacts], accepted: dict[str, Any]
) -> None:
    """Raises InputRefused when a kernel that must run, and on this input, would not take it."""
    for ref in entries(plan.plan):
        given = preconditions(kernels[ref.digest].spec, bound_input(accepted))
        if failed := next((one for one in given if one.status != "ok"), None):
            said = f"{ref.kernel}: precondition {failed.label or failed.kind}: {failed.reason}"
            raise InputRefused(said)


def plan_of(composition: Composition) -> Plan:
    """The composition as a value."""
    return Plan.model_validate(composition.plan)
