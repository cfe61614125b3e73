"""What a reviewer reads about a composition before deciding."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernels import spec_words
from kernels.algebra.drawing import drawn
from kernels.composition_models import Composition
from kernels.compositions import plan_of
from kernels.models import KernelVersion
from kernels.review_page import Section
from trajectories.markup import json_block, link, moment, table, text_block

MAX_ROWS = 20


def composition_sections(composition: Composition) -> list[Section]:
    """The whole page, top to bottom. Four queries, whatever the composition holds."""
    return [
        Section("What it is for", (("", _purpose(composition)),)),
        Section("Plan", (("", text_block(drawn(plan_of(composition).plan))),)),
        Section("Kernels", (("", _kernels(composition)),)),
        Section("Static check", (("", _findings(composition)),)),
        Section(
            "Contract",
            (
                ("It takes", _schema(composition.input_schema)),
                ("It gives", _schema(composition.output_schema)),
            ),
        ),
        Section("Record", (("", _runs(composition)),)),
        Section("Review history", (("", _history(composition)),)),
        Section("As data", (("", json_block(composition.plan)),)),
    ]


def _purpose(composition: Composition) -> SafeString:
    serves = f"only {composition.client}" if composition.client else "every client"
    return format_html(
        '<p class="leading-relaxed mb-3">{}</p>{}',
        composition.plan["description"] or "No description.",
        table(["", ""], [["may be run by", serves], ["digest", composition.digest]]),
    )


def _schema(schema: object) -> SafeString:
    return spec_words.fields(schema) if isinstance(schema, dict) else json_block(schema)


def _kernels(composition: Composition) -> SafeString:
    used = composition.evidence.get("kernels", ())
    states = dict(
        KernelVersion.objects.filter(pk__in=[one["version_id"] for one in used]).values_list(
            "pk", "state"
        )
    )
    by_id = {str(pk): state for pk, state in states.items()}
    rows = [
        [
            link(
                reverse("admin:kernels_kernelversion_change", args=[one["version_id"]]),
                f"{one['name']} v{one['version']}",
            ),
            by_id.get(one["version_id"], "deleted"),
            one["digest"][:8],
        ]
        for one in used
    ]
    return table(["kernel", "state now", "digest"], rows)


def _findings(composition: Composition) -> SafeString:
    proved = format_html("<p>{}</p>", "Each output satisfies the input of the step after it.")
    found = composition.evidence.get("findings", ())
    if not found:
        return proved
    rows = [[one["where"], one["reason"], json_block(one["counterexample"])] for one in found]
    return format_html("{}{}", proved, table(["may fail at", "because", "for example"], rows))


def _runs(composition: Composition) -> SafeString:
    record = f"{composition.passes} runs went through, {composition.failures} failed."
    rows = [
        [
            link(reverse("admin:kernels_planrun_change", args=[run.pk]), str(run.pk)),
            run.status,
            str(run.client),
            moment(run.created_at),
        ]
        for run in composition.runs.select_related("client").defer("state")[:MAX_ROWS]
    ]
    return format_html("<p>{}</p>{}", record, table(["run", "status", "client", "begun"], rows))


def _history(composition: Composition) -> SafeString:
    reviews = composition.reviews.select_related("user")
    rows = [[moment(r.at), str(r.user or "—"), r.action, r.reason] for r in reviews]
    reason = composition.decision_reason
    if reason and (not rows or rows[0][-1] != reason):  # decided by another one's review
        decided = composition.decided_at or composition.created_at
        rows.insert(0, [moment(decided), "—", f"now {composition.state}", reason])
    return table(["when", "who", "what", "why"], rows)
