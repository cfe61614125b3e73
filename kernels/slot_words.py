"""The gaps of a version's templates, with what its tests' prompts fill in."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernels.models import KernelVersion
from kernels.spec_words import marked_slots
from kernels.template import match_template, slot_names
from trajectories.markup import brief, table

MOST_TEMPLATES = 10
MOST_EXAMPLES = 3


def slots(version: KernelVersion) -> SafeString:
    """One row a gap: its template, its type, and examples."""
    spec = version.spec
    prompts = [test["prompt"] for test in spec.get("tests", ())[:50]]
    rows = [
        row for item in spec.get("templates", ())[:MOST_TEMPLATES] for row in _rows(item, prompts)
    ]
    if not rows:
        nothing = "Its prompts have no common form; what they hold is found by type alone."
        return format_html("<p>{}</p>", nothing)
    return table(["template", "slot", "type", "for example"], rows)


def _rows(template: str, prompts: list[str]) -> list[list[SafeString | str]]:
    found = [match for prompt in prompts if (match := match_template(template, prompt))]
    return [
        [
            marked_slots(template),
            name,
            name.rstrip("0123456789"),
            ", ".join(brief(str(match[name]), 40) for match in found[:MOST_EXAMPLES])
            or "none seen",
        ]
        for name in slot_names(template)
    ]
