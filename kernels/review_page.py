"""What a reviewer reads about a version before deciding."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernels import spec_words
from kernels.evidence_words import evidence_parts
from kernels.models import KernelVersion
from trajectories.markup import brief, json_block, link, moment, table, text_block, verdict
from trajectories.models import Trajectory

MAX_ROWS = 50


@dataclass(frozen=True)
class Section:
    """A titled part of the page; `parts` are subtitles (may be empty) with their content."""

    title: str
    parts: tuple[tuple[str, SafeString], ...]


def review_sections(version: KernelVersion) -> list[Section]:
    """The whole page, top to bottom. Four queries, whatever the version holds."""
    spec = version.spec
    steps = spec.get("steps", [])
    return [
        Section("What it is for", (("", _purpose(version)),)),
        Section(
            "Contract",
            (
                ("Its prompts look like", spec_words.templates(spec.get("templates", ()))),
                ("It applies when", spec_words.conditions(spec.get("preconditions", ()))),
                ("Its output is", spec_words.fields(spec.get("output_schema", {}))),
                ("Its output must satisfy", spec_words.conditions(spec.get("postconditions", ()))),
            ),
        ),
        Section(
            "Recipe",
            (
                ("Steps", spec_words.recipe(steps)),
                ("Bindings", spec_words.bindings(steps)),
                ("To undo it (for compositions)", spec_words.recipe(spec.get("rollback", ()))),
            ),
        ),
        Section("Evidence", _evidence(version)),
        Section("Record", (("", _record(version)),)),
        Section("Source trajectories", (("", _sources(version)),)),
        Section("Exemplars", (("", _exemplars(version)),)),
        Section("Tests", (("", _tests(version)),)),
        Section("Review history", (("", _history(version)),)),
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


def _history(version: KernelVersion) -> SafeString:
    reviews = version.reviews.select_related("user")
    rows = [[moment(r.at), str(r.user or "—"), r.action, r.reason] for r in reviews]
    reason = version.decision_reason
    if reason and (not rows or rows[0][-1] != reason):  # decided by the gate, or by another review
        decided = version.decided_at or version.created_at
        rows.insert(0, [moment(decided), "—", f"now {version.state}", reason])
    return table(["when", "who", "what", "why"], rows)
