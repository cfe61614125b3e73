"""The search behind an answer: who searched how, what the gate said, and every step tried."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify

from trajectories.markup import badge, link, table, text_block, verdict
from trajectories.models import SearchRecord
from trajectories.story.section import Section
from trajectories.story.steps import Beside, Path
from trajectories.tree_markup import OUTCOME_TONES, tree_block, tree_key


def search_section(record: SearchRecord, rated: Mapping[Path, float], whole: str) -> Section:
    """`rated` are people's scores by the path to a step, `whole` the trees' address as data."""
    trees = record.trees().items()
    drawn = format_html_join(
        "",
        '<h4 class="font-semibold">{}</h4>{}',
        ((name, tree_of(record, name, tree, rated, whole)) for name, tree in trees),
    )
    drawn = format_html("{}{}", tree_key(), drawn)
    return Section("search", "Search", (("", _facts(record)), ("Tree", drawn)))


def tree_of(
    record: SearchRecord, worker: str, tree: Any, rated: Mapping[Path, float], whole: str
) -> SafeString:
    """One worker's tree; `rated` are people's scores by the path to a step."""
    beside = _beside(record, worker, rated)
    return tree_block(tree, beside, whole=whole, anchor=f"step-{slugify(worker)}")


def _beside(record: SearchRecord, worker: str, rated: Mapping[Path, float]) -> Beside:
    """What is known beside a worker's tree; only the one that answered gave the answer."""
    return Beside(record.steps, rated) if worker == record.worker else Beside()


def steps_block(record: SearchRecord) -> SafeString:
    """The steps of the given answer with the scores they were held to be worth."""
    scores = zip(record.steps, record.step_scores, strict=True)
    rows = [[str(n), text_block(step), f"{score:.2f}"] for n, (step, score) in enumerate(scores, 1)]
    return table(["", "step", "score"], rows)


def searched_by(record: SearchRecord) -> SafeString:
    url = reverse("admin:trajectories_searchrecord_change", args=[record.pk])
    return link(url, f"a search by {record.worker} ({record.strategy.replace('_', ' ')})")


def _facts(record: SearchRecord) -> SafeString:
    likely = sorted(record.probabilities.items(), key=lambda pair: -pair[1])
    chances = ", ".join(f"{name} {share:.2f}" for name, share in likely)
    far = (
        f"{record.simulations} simulations, {record.depth} steps deep at most, "
        f"{record.tokens:,} tokens; it stopped: {record.stopped}"
    )
    rows = [
        ["worker", f"{record.worker}{' (named, or at random to learn)' if record.alone else ''}"],
        ["router", chances],
        ["strategy", f"{record.strategy.replace('_', ' ')}: {record.strategy_reason}"],
        ["went as far as", far],
        ["outcome", _outcome(record)],
        ["gate at first", verdict(record.gate_first)],
        ["gate in the end", verdict(record.gate_passed)],
    ]
    rows += [[f"reflection {n}", text] for n, text in enumerate(record.reflections, 1)]
    return table(["what", "value"], rows)


def _outcome(record: SearchRecord) -> SafeString:
    shown = badge(record.outcome, OUTCOME_TONES[record.outcome])
    return format_html_join("", "{} {}", [(shown, record.outcome_reason)])
