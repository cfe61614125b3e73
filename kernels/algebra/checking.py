"""Checks a whole composition before it runs: what each step gives against what the next one takes.

Each finding is of one kind:

- `unfit`: a value that may occur and that the next step refuses; it is the counterexample;
- `conflict`: parts of the plan that are at odds, whatever the values;
- `undecided`: neither proved nor refuted;
- `may_fail`: the values fit, and a precondition refuses some of them; it is checked when the plan
  runs, and the step then fails under its strategy. Not said of the kernels that take the plan's own
  input: theirs are checked when the plan is chosen for an input, as a single kernel's are.

Not covered: that `when`, `until` and expressions other than paths and texts have a value for every
input. They are tried on values at the edges of the schemas. What conditions promise beyond the
schemas is not used for proofs.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kernels.algebra.acceptance import bound_schema, refusal, unmet
from kernels.algebra.candidates import Hints, candidates, hints_of
from kernels.algebra.containment import unproven
from kernels.algebra.contradictions import contradiction
from kernels.algebra.expression_types import Untold, type_of_template
from kernels.algebra.flows import Flow, combined, merged, object_of, union, written
from kernels.algebra.hints import cel_of, constants, read_by
from kernels.algebra.inputs import SLOTS
from kernels.algebra.plan import (
    Composition,
    Conditional,
    KernelRef,
    Loop,
    Node,
    Parallel,
    Sequence,
    Template,
)
from kernels.algebra.schemas import (
    Schema,
    all_of,
    canonical,
    generous,
    is_valid,
    readable,
    unread,
)
from kernels.algebra.templates import NoValue, build, holds
from kernels.spec import KernelSpec

MAX_PRECONDITION_SAMPLES = 24
MAX_ROUNDS = 4
EFFECTS = frozenset(("tool_call", "tool_result"))  # evidence of these: it acts on the world
_OUTPUT = re.compile(r"""\boutputs(?:\.(\w+)|\[["'](\w+)["']\])""")

Kind = Literal["unfit", "conflict", "undecided", "may_fail"]


@dataclass(frozen=True)
class Finding:
    """Something to know about one place of a plan."""

    kind: Kind
    where: str
    reason: str
    counterexample: Any = None

    def __str__(self) -> str:
        shown = (
            "" if self.counterexample is None else f", for example {_short(self.counterexample)}"
        )
        return f"{self.where}: {self.kind.replace('_', ' ')}: {self.reason}{shown}"


@dataclass(frozen=True)
class Report:
    """What was found, and the schemas of what the composition takes and gives."""

    findings: tuple[Finding, ...]
    input_schema: Schema
    output_schema: Schema

    @property
    def fits(self) -> bool:
        """Whether every output was proved to satisfy the input after it, without conflict."""
        return all(finding.kind == "may_fail" for finding in self.findings)


def check_composition(composition: Composition, specs: Mapping[str, KernelSpec]) -> Report:
    """Checks a composition over the kernels with these specs, by digest."""
    used = [specs[ref.digest] for ref in composition.kernels if ref.digest in specs]
    seen = [read_by(spec) for spec in used]
    taken_schema = input_schema_of(composition, specs)
    hints = hints_of(taken_schema, seen, constants(composition, used))
    checker = _Checker(specs, hints, entries(composition.plan))
    taken = checker.flow_of(taken_schema)
    given = checker.node(composition.plan, taken, _Frame(taken, {}), "plan")
    findings = tuple({str(found): found for found in checker.findings}.values())
    return Report(findings, taken_schema, given.schema)


def input_schema_of(composition: Composition, specs: Mapping[str, KernelSpec]) -> Schema:
    """What a composition takes: what it says, or any prompt that its first kernels take."""
    if composition.input_schema is not None:
        return composition.input_schema
    first = [specs[ref.digest] for ref in entries(composition.plan) if ref.digest in specs]
    asked = [readable(spec.input_schema) for spec in first]
    return all_of((SLOTS, *(schema for schema in asked if not unread(schema))))


def entries(node: Node) -> tuple[KernelRef, ...]:
    """The kernels that must run, and on what the node takes, unchanged."""
    if node.input is not None:
        return ()
    match node:
        case KernelRef():
            return (node,)
        case Sequence():
            return entries(node.steps[0])
        case Parallel():
            if node.strategy.kind == "best_effort":
                return ()  # it can do without any one of them
            return tuple(ref for branch in node.branches for ref in entries(branch))
        case Loop():
            return entries(node.body)
        case Conditional():
            return ()


@dataclass(frozen=True)
class _Frame:
    """What the expressions of a node may look at: its parent's input, its elder siblings' outputs.

    `exposed`: something that runs beside or after the node may fail, and undo it.
    """

    input: Flow
    outputs: dict[str, Flow]
    exposed: bool = False


class _Checker:
    def __init__(
        self, specs: Mapping[str, KernelSpec], hints: Hints, first: tuple[KernelRef, ...]
    ) -> None:
        self.specs = specs
        self.first = first  # their preconditions are checked when the plan is chosen for an input
        self.hints = hints
        self.findings: list[Finding] = []
        self._samples: dict[str, tuple[Any, ...]] = {}

    def find(self, kind: Kind, where: str, reason: str, counterexample: Any = None) -> None:
        self.findings.append(Finding(kind, where, reason, counterexample))

    def flow_of(self, schema: Schema) -> Flow:
        """All values of a schema, with samples from its edges."""
        key = canonical(schema)
        if key not in self._samples:
            found = candidates(generous(readable(schema)), self.hints)
            self._samples[key] = tuple(value for value in found if is_valid(schema, value))
        return Flow(generous(readable(schema)), self._samples[key])

    def node(self, node: Node, given: Flow, frame: _Frame, where: str) -> Flow:
        """Checks a node that takes `given`, or what its template builds; what it gives."""
        if node.input is not None:
            given = self._built(node.input, frame, f"{where}.input")
        match node:
            case KernelRef():
                return self._kernel(node, given, frame.exposed, where)
            case Sequence():
                return self._sequence(node, given, frame.exposed, where)
            case Parallel():
                return self._parallel(node, given, frame.exposed, where)
            case Conditional():
                return self._conditional(node, given, frame.exposed, where)
            case Loop():
                return self._loop(node, given, frame.exposed, where)

    def _built(self, template: Template, frame: _Frame, where: str) -> Flow:
        text = " ".join(template.values())
        named = {first or second for first, second in _OUTPUT.findall(text)}
        if unknown := sorted(named - set(frame.outputs)):
            self.find("conflict", where, f"no earlier step here is called {', '.join(unknown)}")
            return Flow(True, told=True)
        used = {name: flow for name, flow in frame.outputs.items() if name in named}
        samples, sources = [], []
        failed: list[tuple[str, Any]] = []
        for values in combined({"": frame.input, **used}):
            variables = {"input": values.pop(""), "outputs": values}
            try:
                samples.append(build(template, variables))
                sources.append(variables)
            except NoValue as error:
                failed.append((error.detail, variables))
        if failed:
            reason, source = min(failed, key=lambda one: len(json.dumps(one[1])))
            self.find("unfit", where, reason, source)
        schema: Schema | None = None
        try:
            outputs = {name: flow.schema for name, flow in used.items()}
            variables = {"input": frame.input.schema, "outputs": object_of(outputs)}
            schema = type_of_template(template, variables)
        except Untold as error:
            if not failed:
                self.find("undecided", where, str(error))
        if schema is None:
            return Flow({"type": "object"}, tuple(samples), tuple(sources), told=True)
        return Flow(schema, tuple(samples), tuple(sources))

    def _kernel(self, node: KernelRef, given: Flow, exposed: bool, where: str) -> Flow:
        where = f"{where} ({node.kernel})"
        spec = self.specs.get(node.digest)
        if spec is None or spec.name != node.kernel:
            found = "no kernel" if spec is None else f"the kernel {spec.name}"
            self.find("conflict", where, f"{found} has the digest {node.digest[:12]}")
            return Flow(True, told=True)
        if exposed and EFFECTS & set(spec.evidence_requirements) and not spec.rollback:
            self.find(
                "conflict", where, "it calls tools, has no rollback, and may have to be undone"
            )
        if self._accepts(spec, given, where) and not any(node is one for one in self.first):
            self._meets(spec, given, where)
        return self.flow_of(spec.output_schema)

    def _accepts(self, spec: KernelSpec, given: Flow, where: str) -> bool:
        """Whether no value was found that the kernel does not take."""
        refused = [(i, why) for i, s in enumerate(given.samples) if (why := refusal(spec, s))]
        if refused:
            index, why = min(refused, key=lambda one: len(json.dumps(given.source(one[0]))))
            self.find("unfit", where, why, given.source(index))
            return False
        try:
            missing = "" if given.told else unproven(bound_schema(given.schema), spec.input_schema)
        except Untold as error:
            missing = str(error)
        if missing:
            self.find("undecided", where, f"its input: {missing}")
        return True

    def _meets(self, spec: KernelSpec, given: Flow, where: str) -> None:
        tried = list(enumerate(given.samples[:MAX_PRECONDITION_SAMPLES]))
        failed = [(index, why) for index, sample in tried if (why := unmet(spec, sample))]
        if failed:
            index, why = failed[0]
            often = "all" if len(failed) == len(tried) else len(failed)
            reason = f"{why} ({often} of {len(tried)} values tried)"
            self.find("may_fail", where, reason, given.source(index))

    def _sequence(self, node: Sequence, given: Flow, exposed: bool, where: str) -> Flow:
        outputs: dict[str, Flow] = {}
        flows: list[Flow] = []
        undoes = node.strategy.kind != "best_effort"
        for index, step in enumerate(node.steps):
            last = index == len(node.steps) - 1 and node.output is None
            frame = _Frame(given, dict(outputs), exposed or (undoes and not last))
            taken = flows[-1] if flows else given
            flows.append(self.node(step, taken, frame, f"{where}.steps[{index}]"))
            if step.name:
                outputs[step.name] = flows[-1]
            if index:
                self._agrees(node.steps[index - 1], step, f"{where}.steps[{index}]")
        if node.output is not None:
            built = self._built(node.output, _Frame(given, outputs), f"{where}.output")
            return Flow(built.schema, built.samples, told=built.told)
        return flows[-1] if undoes else union(flows)

    def _agrees(self, before: Node, step: Node, where: str) -> None:
        """What a kernel promises of its output against what the next one asks of its input."""
        if before.kind != "kernel" or before.digest not in self.specs:
            return
        promised = self.specs[before.digest]
        sure = promised.output_schema.get("required", ())
        promises = [
            re.sub(r"\boutput\.", "input.", text)
            for text in cel_of(promised.postconditions)
            if set(re.findall(r"\b(?:output|input)\.(\w+)", text)) <= set(sure)
            and not re.search(r"\b(?:input|trace)\b", text)
        ]
        for ref in entries(step):
            asked = cel_of(self.specs[ref.digest].preconditions) if ref.digest in self.specs else []
            if said := contradiction(promises, asked):
                self.find("conflict", where, f"{before.kernel} and {ref.kernel}: {said}")

    def _parallel(self, node: Parallel, given: Flow, exposed: bool, where: str) -> Flow:
        undoes = node.strategy.kind != "best_effort"
        frame = _Frame(given, {}, exposed or (undoes and len(node.branches) > 1))
        flows: list[Flow] = []
        for index, branch in enumerate(node.branches):
            flow = self.node(branch, given, frame, f"{where}.branches[{index}]")
            if branch.name:
                samples = tuple({branch.name: sample} for sample in flow.samples)
                flow = Flow(object_of({branch.name: flow.schema}), samples)
            flows.append(flow)
        if undoes:
            self._one_input(node, where)
        if not self._objects(flows, where):
            return Flow({"type": "object"})
        self._one_writer(flows, where)
        return merged(flows, each_may_be_missing=not undoes)

    def _one_input(self, node: Parallel, where: str) -> None:
        """All branches take the same input: what their kernels ask of it must be possible."""
        first = [ref for branch in node.branches for ref in entries(branch)]
        asked = [
            (r.kernel, cel_of(self.specs[r.digest].preconditions))
            for r in first
            if r.digest in self.specs
        ]
        for index, (name, conditions) in enumerate(asked):
            for other, others in asked[index + 1 :]:
                if said := contradiction(conditions, others):
                    self.find("conflict", where, f"{name} and {other} take the same input: {said}")

    def _objects(self, flows: list[Flow], where: str) -> bool:
        fine = True
        for index, flow in enumerate(flows):
            bad = [sample for sample in flow.samples if not isinstance(sample, dict)]
            branch = f"{where}.branches[{index}]"
            if bad:
                self.find("unfit", branch, "what it gives is no object to merge", bad[0])
            elif written(flow.schema) is None:
                self.find("undecided", branch, "it may give something that is no object")
            fine = fine and not bad and written(flow.schema) is not None
        return fine

    def _one_writer(self, flows: list[Flow], where: str) -> None:
        pieces = [piece for flow in flows if (piece := written(flow.schema))]
        for second, piece in enumerate(pieces):
            for first, other in enumerate(pieces[:second]):
                both = f"branches {first} and {second}"
                shared = sorted(piece.names & other.names)
                unnamed = (piece.others, other.others)
                if shared:
                    self.find("conflict", where, f"{both} both write {', '.join(shared)}")
                elif True in unnamed:
                    self.find("undecided", where, f"{both} may write the same unnamed properties")

    def _conditional(self, node: Conditional, given: Flow, exposed: bool, where: str) -> Flow:
        sides: dict[bool, list[Any]] = {True: [], False: []}
        failed: list[tuple[str, Any]] = []
        for index, sample in enumerate(given.samples):
            try:
                sides[holds(node.when, {"input": sample})].append(sample)
            except NoValue as error:
                failed.append((error.detail, given.source(index)))
        if failed:
            reason, source = min(failed, key=lambda one: len(json.dumps(one[1])))
            self.find("unfit", f"{where}.when", reason, source)
        then, otherwise = given.only(sides[True]), given.only(sides[False])
        flows = [self.node(node.then, then, _Frame(then, {}, exposed), f"{where}.then")]
        if node.otherwise is None:
            return union([*flows, otherwise])
        frame = _Frame(otherwise, {}, exposed)
        return union([*flows, self.node(node.otherwise, otherwise, frame, f"{where}.otherwise")])

    def _loop(self, node: Loop, given: Flow, exposed: bool, where: str) -> Flow:
        repeated = node.at_most > 1
        exposed = exposed or repeated or node.until is not None
        taken = self._taken_by_turns(node, given, where) if repeated else given
        given_by_turn = self.node(node.body, taken, _Frame(taken, {}, exposed), f"{where}.body")
        if node.until is None:
            return given_by_turn
        done = self._split(node.until, given, given_by_turn, where)[0]
        return given_by_turn.only(done)

    def _taken_by_turns(self, node: Loop, given: Flow, where: str) -> Flow:
        """What the body takes in any turn: the loop's input, or what a turn before gave."""
        taken = given
        for _ in range(MAX_ROUNDS):
            trial = _Checker(self.specs, self.hints, self.first)
            found = trial.node(node.body, taken, _Frame(taken, {}), where)
            if node.until is not None:
                found = found.only(trial._split(node.until, given, found, where)[1])
            before, taken = taken, union([taken, found])
            if not unproven(found.schema, before.schema):
                return taken
        self.find("undecided", where, "what the turns give does not settle on one schema")
        return taken

    def _split(
        self, until: str, given: Flow, found: Flow, where: str
    ) -> tuple[list[Any], list[Any]]:
        """The samples after which a loop is done, and those after which it goes on."""
        done: list[Any] = []
        more: list[Any] = []
        for values in combined({"input": given.only(given.samples[:1]), "output": found}):
            try:
                (done if holds(until, values) else more).append(values["output"])
            except NoValue as error:
                self.find("unfit", f"{where}.until", error.detail, values)
                break
        return done, more


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}..."
