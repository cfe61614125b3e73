"""Reads the compose file as the specification says: variables, services, healthy or not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from compose_spec import PyOptions

from docker.exercise.failure import ExerciseFailure

VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::([-?])([^}]*))?\})")


@dataclass(frozen=True)
class Health:
    test: list[str]
    interval_s: float
    timeout_s: float
    retries: int
    start_period_s: float


@dataclass(frozen=True)
class Service:
    name: str
    target: str  # of the Dockerfile; empty: an image of somebody else's
    command: list[str]  # empty: the image's
    environment: dict[str, str]
    user: str
    is_read_only: bool
    tmpfs: list[str]
    secrets: list[str]
    volumes: list[tuple[str, str]]  # name or path, where it is mounted
    health: Health | None
    stop_s: float
    profiles: list[str] = field(default_factory=list)


def load(files: list[Path], variables: Mapping[str, str]) -> dict[str, Any]:
    """The files put together, variables replaced; raises for what the specification forbids."""
    merged: dict[str, Any] = {}
    for file in files:
        merged = _merged(merged, _replaced(yaml.safe_load(file.read_text()), variables))
    try:
        PyOptions(apply_merge=True).from_yaml(yaml.safe_dump(merged)).validate()
    except ValueError as error:
        names = ", ".join(file.name for file in files)
        raise ExerciseFailure(f"{names}: {error}") from error
    return merged


def services(compose: Mapping[str, Any]) -> dict[str, Service]:
    return {name: _service(name, told) for name, told in compose["services"].items()}


def _service(name: str, told: Mapping[str, Any]) -> Service:
    mounts = [str(volume).split(":")[:2] for volume in told.get("volumes", [])]
    return Service(
        name=name,
        target=told.get("build", {}).get("target", ""),
        command=[str(word) for word in told.get("command", [])],
        environment={key: str(value) for key, value in told.get("environment", {}).items()},
        user=str(told.get("user", "")),
        is_read_only=bool(told.get("read_only", False)),
        tmpfs=[str(path).split(":")[0] for path in told.get("tmpfs", [])],
        secrets=list(told.get("secrets", [])),
        volumes=[(source, at) for source, at in mounts],
        health=_health(told["healthcheck"]) if "healthcheck" in told else None,
        stop_s=seconds(told.get("stop_grace_period", "10s")),
        profiles=list(told.get("profiles", [])),
    )


def _health(told: Mapping[str, Any]) -> Health:
    kind, *test = told["test"]
    return Health(
        test=test if kind == "CMD" else ["/bin/sh", "-c", *test],
        interval_s=seconds(told["interval"]),
        timeout_s=seconds(told["timeout"]),
        retries=told["retries"],
        start_period_s=seconds(told["start_period"]),
    )


def seconds(text: str) -> float:
    """Of a duration in whole seconds or minutes, as in 90s, 2m."""
    found = re.fullmatch(r"(\d+)([sm])", text)
    if found is None:
        raise ExerciseFailure(f"{text!r} is no duration in seconds or minutes")
    return float(found[1]) * (60 if found[2] == "m" else 1)


def _replaced(told: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(told, dict):
        return {key: _replaced(value, variables) for key, value in told.items()}
    if isinstance(told, list):
        return [_replaced(value, variables) for value in told]
    if not isinstance(told, str) or "$" not in told:
        return told
    text = VARIABLE.sub(lambda found: _value(found, variables), told)
    return int(text) if text.isdigit() and VARIABLE.fullmatch(told) else text


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    dollar, name, kind, otherwise = found.groups()
    if dollar:
        return "$"
    value = variables.get(name, "")
    if not value and kind == "?":
        raise ExerciseFailure(f"{name} must be set: {otherwise}")
    return value or otherwise or ""


def _merged(first: Any, second: Any) -> Any:
    """Mappings are put together, lists follow each other, anything else is replaced."""
    if isinstance(first, dict) and isinstance(second, dict):
        both = {key: _merged(first[key], second[key]) for key in first.keys() & second.keys()}
        return {**first, **second, **both}
    if isinstance(first, list) and isinstance(second, list):
        return [*first, *(item for item in second if item not in first)]
    return second
