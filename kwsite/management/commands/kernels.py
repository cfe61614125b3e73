"""Works with kernels: `init`, `add`, `compile`, `plan`, `run`, `check`, `mutate`."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from rich.console import Console

from kernels.compiler.errors import NothingInCommon
from kernels.conditions.checks import Subject
from kernels.models import KernelVersion
from kernels.mutation import Accepted, MutationScore, mutation_score
from kernels.registry import NameTaken, SameVersion, Sample, propose_version
from kernels.slots import bind
from kernels.spec import KernelSpec
from kernels.verify import verify
from kwsite.commandline.clients import find_client
from kwsite.commandline.kernel_tables import gate_table, mutation_table, tests_table
from kwsite.management.quick_command import QuickCommand
from trajectories.models import Client
from workers.backends.choose import WrongModelServerSettings, live_backend
from workers.backends.completion import BackendError
from workers.family_file import FamilyError, new_family, read_family, sample_of, write_family
from workers.proposal import Proposal, compile_family
from workers.replay_case import OBSERVED
from workers.replies import asker

State = KernelVersion.State


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)

        init = commands.add_parser("init", help="begin a family of samples in a file")
        init.add_argument("file", type=Path)
        init.add_argument("--system", default="", help="the system prompt of its requests")
        init.add_argument("--schema", type=Path, help="file of a JSON Schema for every output")

        add = commands.add_parser("add", help="add a prompt with its right output")
        add.add_argument("file", type=Path)
        add.add_argument("prompt")
        add.add_argument("output", help="JSON object, or text")

        compiling = commands.add_parser("compile", help="make a candidate of the samples")
        compiling.add_argument("file", type=Path)
        compiling.add_argument("--client", help="whose requests it serves (default: everybody's)")
        compiling.add_argument("--dry-run", action="store_true", help="show it, store nothing")
        compiling.add_argument("--json", action="store_true", help="print one JSON object")

        for name, what in (
            ("plan", "explain which way a prompt would go (as `manage.py plan`)"),
            ("run", "ask the running service (as `manage.py ask`)"),
        ):
            alias = commands.add_parser(name, help=what)
            alias.add_argument("arguments", nargs=argparse.REMAINDER)

        for name, what in (
            ("check", "hold a kernel's own tests to its contract"),
            ("mutate", "try its contract on wrong outputs"),
        ):
            named = commands.add_parser(name, help=what)
            named.add_argument("kernel", help="its name: the live version, or else the newest")
            named.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['command']}")(options)
        except (FamilyError, NothingInCommon, BackendError, WrongModelServerSettings) as error:
            raise CommandError(error.detail) from error

    def _init(self, options: dict[str, Any]) -> None:
        file: Path = options["file"]
        if file.exists():
            raise CommandError(f"{file} exists; add to it, or name another file.")
        schema = None
        if options["schema"]:
            try:
                schema = json.loads(options["schema"].read_text())
            except (OSError, ValueError) as error:
                raise CommandError(f"{options['schema']}: {error}") from error
        family = new_family(options["system"], schema)
        write_family(file, family)
        self.stdout.write(f"{file} is there. Next: manage.py kernels add {file} PROMPT OUTPUT")

    def _add(self, options: dict[str, Any]) -> None:
        file: Path = options["file"]
        sample = sample_of(options["prompt"], _object_or_text(options["output"]))
        family = read_family(file).with_sample(sample)
        write_family(file, family)
        missing = settings.KW_PROMOTE_MIN_SUCCESSES - len(family.samples)
        then = f"{missing} more to compile" if missing > 0 else f"manage.py kernels compile {file}"
        self.stdout.write(f"{len(family.samples)} samples. Next: {then}")

    def _compile(self, options: dict[str, Any]) -> None:
        family = read_family(options["file"])
        traces = family.traces()
        if len(traces) < settings.KW_PROMOTE_MIN_SUCCESSES:
            raise CommandError(
                f"{len(traces)} samples are too few: add other prompts until there are "
                f"{settings.KW_PROMOTE_MIN_SUCCESSES} (KW_PROMOTE_MIN_SUCCESSES)."
            )
        client = find_client(options["client"])
        proposal = compile_family(
            traces,
            family.conditions if family.output_schema else (),
            owner=str(client.pk) if client else "",
            conflicts=0,
            min_confidence=settings.KW_PROMOTE_MIN_CONFIDENCE,
            ask=asker(live_backend()),
        )
        version = None if options["dry_run"] else _store(proposal, client)
        if options["json"]:
            stored = {"version_id": str(version.pk), "state": version.state} if version else None
            found = {"spec": proposal.spec.model_dump(mode="json"), **proposal.evidence}
            self.stdout.write(json.dumps({**found, "stored": stored}))
            return
        console = Console()
        console.print(gate_table(proposal.evidence))
        console.print(mutation_table(proposal.mutation))
        if proposal.refusal:
            console.print(f"Rejected: {proposal.refusal}")
        elif version:
            console.print(f"Candidate: {version}. Approve it in the admin's candidate queue.")
        else:
            console.print(f"{proposal.spec.name} would be a candidate.")

    def _plan(self, options: dict[str, Any]) -> None:
        call_command("plan", *options["arguments"], stdout=self.stdout)

    def _run(self, options: dict[str, Any]) -> None:
        call_command("ask", *options["arguments"], stdout=self.stdout)

    def _check(self, options: dict[str, Any]) -> None:
        spec = _spec(options["kernel"])
        results = [(test.prompt, _problem(spec, test.prompt, test.output)) for test in spec.tests]
        if options["json"]:
            listed = [{"prompt": p, "passed": not why, "reason": why} for p, why in results]
            self.stdout.write(json.dumps({"kernel": spec.name, "tests": listed}))
        else:
            Console().print(tests_table(results))
        if failed := sum(bool(problem) for _, problem in results):
            raise CommandError(f"{failed} of {len(results)} tests fail.")

    def _mutate(self, options: dict[str, Any]) -> None:
        spec = _spec(options["kernel"])
        score = _teeth(spec)
        if options["json"]:
            self.stdout.write(json.dumps({"kernel": spec.name, **score.as_json()}))
        else:
            Console().print(mutation_table(score))


def _object_or_text(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, dict) else text


def _store(proposal: Proposal, client: Client | None) -> KernelVersion:
    try:
        return propose_version(
            spec=proposal.spec,
            samples=[Sample(trace.prompt, trace.answer) for trace in proposal.traces],
            client=client,
            confidence=proposal.confidence["total"],
            evidence=proposal.evidence,
            state=State.REJECTED if proposal.refusal else State.CANDIDATE,
            reason=proposal.refusal,
        )
    except (NameTaken, SameVersion) as error:
        raise CommandError(error.detail) from error


def _spec(name: str) -> KernelSpec:
    versions = KernelVersion.objects.filter(kernel__name=name)
    found = versions.filter(state=State.LIVE).first() or versions.order_by("-number").first()
    if found is None:
        raise CommandError(f"There is no kernel {name!r}; the admin lists those that there are.")
    return KernelSpec.model_validate(found.spec)


def _problem(spec: KernelSpec, prompt: str, output: Any) -> str:
    contract = [condition for condition in spec.contract if condition.kind != "judge"]
    verdict = verify(contract, Subject(spec.given(bind(prompt)), output, OBSERVED))
    return verdict.reason if verdict.passed is False else ""


def _teeth(spec: KernelSpec) -> MutationScore:
    outputs = [Accepted(spec.given(bind(test.prompt)), test.output) for test in spec.tests]
    return mutation_score(spec.contract, outputs, OBSERVED)
