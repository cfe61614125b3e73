"""What an answer was worth: the reward's parts with their weights and reasons."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from trajectories.markup import moment, table
from trajectories.models import Trajectory
from trajectories.story.section import said


def reward_block(trajectory: Trajectory) -> SafeString:
    """The sum, its advantage, then each part."""
    if trajectory.reward is None:
        return said("It has no reward yet: it is scored when it is finished, and when judged.")
    told = f"Its reward is {trajectory.reward:.3f}"
    if trajectory.advantage is not None:
        told += f", {trajectory.advantage:+.3f} against the mean of its domain"
    sentence = format_html("{} ({}).", told, trajectory.domain) if trajectory.domain else f"{told}."
    if trajectory.scored_at is not None:
        sentence = format_html("{} Scored at {}.", sentence, moment(trajectory.scored_at))
    return format_html("{}{}", said(sentence), _parts(trajectory))


def _parts(trajectory: Trajectory) -> SafeString:
    parts = trajectory.reward_parts or {}
    rows = [
        [name, "", f"{parts[name]:.3f}", ""]
        for name in ("total", "outcome", "process", "efficiency")
        if name in parts
    ]
    rows += [
        [
            f"{signal['part']}: {signal['name'].replace('_', ' ')}",
            f"{signal['weight']:.0%}",
            "-" if signal["value"] is None else f"{signal['value']:.3f}",
            signal["why"],
        ]
        for signal in parts.get("signals", [])
    ]
    return table(["part", "weight", "value", "why"], rows) if rows else SafeString("")
