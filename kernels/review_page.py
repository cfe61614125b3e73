"""What a reviewer reads about a version before deciding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from kernels import replay_words, slot_words, spec_words
from kernels.evidence_words import evidence_parts
from kernels.models import CandidateReplay, KernelVersion
from trajectories.markup import brief, json_block, link, table, text_block, verdict
from trajectories.models import Trajectory

MAX_ROWS = 50
HEAVY = ("description_embedding", "spec", "profile", "evidence")


@dataclass(frozen=True)
class Section:
    """A titled part of the page; `parts` are subtitles (may be empty) with their content."""

    title: str
    parts: tuple[tuple[str, SafeString], ...]


def review_sections(version: KernelVersion, replays: Sequence[CandidateReplay]) -> list[Section]:
    """The whole page, top to bottom. Few queries, whatever the version holds.

    `replays` come newest first; the newest that is done counts.
    """
    spec = version.spec
    finished = [one.result for one in replays if one.state == one.State.DONE]
    done = finished[0] if finished else {}
    steps = spec.get("steps", [])
    return [
        Section(
            "What it is for",
            (
                ("", _purpose(version)),
                ("Expected value", replay_words.worth(version.value, version.expected_value)),
                ("Where it came from", _origin(version)),
            ),
        ),
        Section(
            "Contract",
            (
                ("Its prompts look like", spec_words.templates(spec.get("templates", ()))),
                ("It applies when", spec_words.conditions(spec.get("preconditions", ()))),
                ("Its output is", spec_words.fields(spec.get("output_schema", {}))),
                ("Its output must satisfy", spec_words.conditions(spec.get("postconditions", ()))),
                ("In source", spec_words.source(spec)),
            ),
        ),
        Section("Template and slots", (("", slot_words.slots(version)),)),
        Section(
            "Recipe",
            (
                ("Steps", spec_words.recipe(steps)),
                ("Bindings", spec_words.bindings(steps)),
                ("To undo it (for compositions)", spec_words.recipe(spec.get("rollback", ()))),
            ),
        ),
        *replay_sections(version.evidence, done),
        Section("Evidence", _evidence(version)),
        Section("Record", (("", _record(version)),)),
        Section("Source trajectories", (("", _sources(version)),)),
        Section("Exemplars", (("", _exemplars(version)),)),
        Section("Tests", (("", _tests(version)),)),
    ]


def replay_sections(evidence: Mapping[str, Any], done: Mapping[str, Any]) -> list[Section]:
    """What it would do to traffic; where that is not known yet, how it did on its sources."""
    waits = format_html("<p>{}</p>", "Not known yet: it is found out by the replay.")
    compared, parts = done.get("counterfactual"), []
    if compared is None:
        parts.append(("On recent traffic", waits))
    elif not compared["rows"]:
        none = "No request that it would take is held out: all are among its sources, or none came."
        parts.append(("On recent traffic", format_html("<p>{}</p>", none)))
    else:
        parts.append(("On recent traffic that it was not made of", replay_words.verdicts(compared)))
        parts.append(("Side by side", replay_words.cases(compared["rows"])))
    if cases := evidence.get("cases"):
        title = "On its sources, each by a recipe that was made without it"
        parts.append((title, replay_words.cases(cases)))
    blast = replay_words.blast(done["blast"]) if "blast" in done else waits
    near = replay_words.neighbours(done["neighbours"]) if "neighbours" in done else waits
    return [
        Section("Counterfactual replay", tuple(parts)),
        Section("Blast radius", (("", blast),)),
        Section("Near neighbours", (("", near),)),
    ]


def _purpose(version: KernelVersion) -> SafeString:
    kernel, spec = version.kernel, version.spec
    serves = f"only {kernel.client}" if kernel.client else "every client"
    system = "one particular system prompt" if spec.get("system_digest") else "no system prompt"
    renders = spec.get("render")
    answer = f"the text of {renders}" if renders else "the output as JSON"
    return format_html(
        '<p class="leading-relaxed mb-3">{}</p>{}',
        spec.get("description") or kernel.description,
        table(
            ["", ""],
            [
                ["task family", spec.get("family") or kernel.family],
                ["serves", f"{serves}, under {system}"],
                ["answers with", answer],
            ],
        ),
    )


def _evidence(version: KernelVersion) -> tuple[tuple[str, SafeString], ...]:
    required = ", ".join(version.spec.get("evidence_requirements", ())) or "none"
    required_part = ("Required at run time", format_html("<p>{}</p>", required))
    return (*evidence_parts(version.evidence), required_part)


def _record(version: KernelVersion) -> SafeString:
    return table(
        ["passes", "failures", "confidence", "evidence debt"],
        [
            [
                str(version.passes),
                str(version.failures),
                f"{version.confidence:.2f}",
                f"{version.evidence_debt} more verdicts needed",
            ]
        ],
    )


def _sources(version: KernelVersion) -> SafeString:
    sources = (
        version.sources.select_related("client")
        .defer("embedding", "checks", "system", "output_schema")
        .order_by("-created_at")[:MAX_ROWS]
    )
    rows = [[_trajectory(t), str(t.client), _output(t), verdict(t.verified)] for t in sources]
    return table(["prompt", "client", "output", "checks"], rows)


def _trajectory(trajectory: Trajectory) -> SafeString:
    url = reverse("admin:trajectories_trajectory_change", args=[trajectory.pk])
    return link(url, brief(trajectory.prompt) or "(empty)")


def _output(trajectory: Trajectory) -> SafeString:
    if trajectory.output is None:
        return text_block(trajectory.output_text)
    return json_block(trajectory.output)


def _exemplars(version: KernelVersion) -> SafeString:
    exemplars = version.exemplars.defer("embedding").order_by("pk")[:MAX_ROWS]
    rows = [
        [brief(e.prompt, 300), json_block(e.output), "yes" if e.live else "no"] for e in exemplars
    ]
    return table(["prompt", "good output", "live"], rows)


def _tests(version: KernelVersion) -> SafeString:
    tests = version.spec.get("tests", ())[:MAX_ROWS]
    return table(
        ["prompt", "the contract must accept"],
        [[brief(test["prompt"], 300), json_block(test["output"])] for test in tests],
    )


def _origin(version: KernelVersion) -> SafeString:
    rows: list[list[Any]] = [["proposed by", _proposer(version)]]
    if version.edited_from is not None:
        rows.append(["edited from", _version(version.edited_from)])
    edits = [_version(one) for one in version.edits.defer(*HEAVY).select_related("kernel")[:10]]
    if edits:
        rows.append(["edited into", format_html_join(", ", "{}", ((one,) for one in edits))])
    return table(["descent", "from"], rows)


def _proposer(version: KernelVersion) -> str:
    if version.edited_from_id is not None:
        return "a person, who edited the contract"
    if origin := version.evidence.get("origin"):
        return f"the {origin}"
    traffic = "the compiler, from verified successes of traffic"
    return (
        traffic if version.exemplars.filter(trajectory__isnull=False).exists() else "the compiler"
    )


def _version(version: KernelVersion) -> SafeString:
    url = reverse("admin:kernels_kernelversion_change", args=[version.pk])
    return link(url, f"v{version.number} ({version.state})")
