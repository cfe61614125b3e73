"""The tree of a search as nested boxes: a step each, with its visits and its worth."""

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from trajectories.markup import Tone, badge, brief

OUTCOME_TONES: dict[str, Tone] = {"ok": "success", "failed": "danger", "unverified": "warning"}
MOST_SHOWN = 400  # nodes of one tree


def tree_block(tree: dict[str, Any]) -> SafeString:
    """The root's children, opened; the rest opens on a click. Says how many nodes are left out."""
    left = [MOST_SHOWN]
    boxes = _boxes(tree.get("children", []), tree.get("visits", 0), left, opened=True)
    if left[0] >= 0:
        return boxes
    return format_html("{}<p>The first {} steps are shown.</p>", boxes, MOST_SHOWN)


def _boxes(children: list[Any], above: int, left: list[int], *, opened: bool) -> SafeString:
    shown = []
    for child in children:
        left[0] -= 1
        if left[0] < 0:
            break
        shown.append((_box(child, above, left, opened=opened),))
    return format_html_join("", "{}", shown)


def _box(node: dict[str, Any], above: int, left: list[int], *, opened: bool) -> SafeString:
    visits, value = node.get("visits", 0), node.get("value", 0.0)
    worth = value / visits if visits else 0.0
    outcome = node.get("outcome")
    played = "\n\n".join(node.get("rollout", []))
    return format_html(
        '<details {} style="margin-left: 1rem; border-left: 2px solid; padding-left: .5rem">'
        "<summary><b>{}</b> × {} {} {} {}</summary>"
        '<pre class="text-xs" style="white-space: pre-wrap">{}</pre>{}{}</details>',
        SafeString("open") if opened else "",
        f"{worth:.2f}",
        visits,
        brief(node.get("step", "") or "(nothing)", 100),
        badge(outcome["status"], OUTCOME_TONES[outcome["status"]]) if outcome else "",
        badge("pruned", "danger") if node.get("pruned") else "",
        _told(node, above),
        _played(played, outcome),
        _boxes(node.get("children", []), visits, left, opened=False),
    )


def _told(node: dict[str, Any], above: int) -> str:
    scored = f"\nscore by the reward model {node['score']:.2f}" if "score" in node else ""
    share = f"\n{node.get('visits', 0)} of its parent's {above} visits" if above else ""
    return f"{node.get('step', '')}{scored}{share}"


def _played(played: str, outcome: dict[str, Any] | None) -> SafeString:
    said = f"{outcome['how']}: {outcome['reason']}" if outcome else ""
    return format_html(
        '<pre class="text-xs" style="white-space: pre-wrap; opacity: .85">{}</pre><p>{}</p>',
        played,
        said,
    )
