"""The tree of a search as nested boxes that fold: a step each, with its figures."""

import math
from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from trajectories.markup import Tone, badge, brief, folded, link, text_block
from trajectories.story.steps import Beside, Step, read_tree
from trajectories.story.tree_drawing import tree_drawing

OUTCOME_TONES: dict[str, Tone] = {"ok": "success", "failed": "danger", "unverified": "warning"}
MOST_SHOWN = 400  # nodes of one tree
STEP_CHARS, SUMMARY_CHARS = 2_000, 90
NOTHING = Beside()
KEY = (
    "A box is a step, its bar its worth V/N: the mean reward of the simulations through it. N "
    "counts them. UCT is V/N plus what speaks for looking there again, PRM the reward model's "
    "score of the step. The search prunes a step with N of 3 or more and V/N below .3."
)


def tree_block(
    tree: dict[str, Any], beside: Beside = NOTHING, *, whole: str = "", anchor: str = "step"
) -> SafeString:
    """The root's children and the way to the given answer are opened; the rest is folded.

    Says where nodes are left out; `whole` is the address of them all. `anchor` tells the boxes of
    several trees on a page apart.
    """
    steps, cut = read_tree(tree, beside, MOST_SHOWN)
    drawn = tree_drawing(steps, anchor)
    boxes = format_html("{}{}", drawn, _boxes(steps, anchor, opened=True))
    if not cut:
        return boxes
    more = link(whole, "All of them, as data") if whole else ""
    return format_html("{}<p>The first {} steps are shown. {}</p>", boxes, MOST_SHOWN, more)


def tree_key() -> SafeString:
    """What the figures mean, for the top of a page."""
    return folded("What the figures mean", format_html("<p>{}</p>", KEY))


def _boxes(steps: Sequence[Step], anchor: str, *, opened: bool) -> SafeString:
    return format_html_join("", "{}", ((_box(step, anchor, opened=opened),) for step in steps))


def _box(step: Step, anchor: str, *, opened: bool) -> SafeString:
    edge = "var(--color-primary-600)" if step.chosen else "var(--color-base-400)"
    return format_html(
        '<div id="{}-{}" style="margin-left: 1rem; border-left: {} solid {}; '
        'padding-left: .5rem">{}</div>',
        anchor,
        step.number,
        "4px" if step.chosen else "2px",
        edge,
        folded(_summary(step), _inside(step, anchor), opened=opened or step.chosen),
    )


def _summary(step: Step) -> SafeString:
    return format_html(
        "{} {} <b>{}</b> {} <small>{}</small> {}",
        step.number,
        worth_bar(step.mean),
        f"{step.mean:.2f}",
        brief(step.step or "(nothing)", SUMMARY_CHARS),
        figures(step),
        _badges(step),
    )


def _is_cut(step: Step) -> bool:
    """Whether the summary shows less than the whole step."""
    return brief(step.step, SUMMARY_CHARS) != step.step


def worth_bar(mean: float) -> SafeString:
    """V/N as a bar; the figure stands beside it."""
    return format_html(
        '<span aria-hidden="true" style="display: inline-block; width: 3rem; height: .6rem; '
        'border: 1px solid currentColor"><span style="display: block; height: 100%; width: {}%; '
        'background: var(--color-primary-600)"></span></span>',
        f"{100 * min(max(mean, 0.0), 1.0):.0f}",
    )


def figures(step: Step) -> str:
    """N, V/N, UCT and the scores, on one line."""
    uct = "∞" if math.isinf(step.uct) else f"{step.uct:.2f}"
    told = [f"N {step.visits}", f"V/N {step.mean:.2f}", f"UCT {uct}"]
    if step.score is not None:
        told.append(f"PRM {step.score:.2f}")
    if step.rated is not None:
        told.append(f"rated {step.rated:.2f} by a person")
    return " · ".join(told)


def _badges(step: Step) -> SafeString:
    found = [badge("chosen path", "primary")] if step.chosen else []
    if step.outcome:
        found.append(badge(step.outcome["status"], OUTCOME_TONES[step.outcome["status"]]))
    if step.pruned:
        found.append(badge("pruned", "danger"))
    if step.penalised:
        times = "" if step.penalised == 1 else f" {step.penalised} times"
        found.append(badge(f"penalised{times}", "warning"))
    if step.reflection:
        found.append(badge("thought over", "info"))
    return format_html_join(" ", "{}", ((one,) for one in found))


def _inside(step: Step, anchor: str) -> SafeString:
    outcome = step.outcome
    told = [f"Verifier ({outcome['how']}): {outcome['reason']}"] if outcome else []
    if step.share:
        told.append(f"{step.share:.0%} of its parent's visits came here.")
    if step.after:
        told.append(f"Written after the reflection: {step.after}")
    if step.reflection:
        told.append(f"Reflection on the path that ends here: {step.reflection}")
    played = "\n\n".join(step.rollout)
    return format_html(
        "{}{}{}{}",
        text_block(step.step, most=STEP_CHARS) if _is_cut(step) else "",
        folded("Played out behind it", text_block(played, most=STEP_CHARS)) if played else "",
        format_html_join("", "<p>{}</p>", ((line,) for line in told)),
        _boxes(step.children, anchor, opened=False),
    )
