"""What decoding under the schema gives and costs, on a model server and in this process."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
from rich.table import Table

from kernels.library.reading import starters
from kernels.slots import bind
from kernels.spec import KernelSpec
from kernels.verify import NotJson, parse_output
from kwsite.bench.model_server import ModelServer
from kwsite.stack.llama_model import weights
from training.decoding.local_model import LocalModel
from workers.backends.completion import ModelRequest
from workers.backends.held import HeldToSchema
from workers.backends.openai_compatible import OpenAICompatible

MOST_TOKENS = 512


@dataclass(frozen=True)
class Task:
    """A prompt of the library, asked for output under its kernel's schema."""

    prompt: str
    spec: KernelSpec

    @property
    def messages(self) -> tuple[dict[str, Any], ...]:
        """Both arms are told the schema in words; only one is held to it."""
        told = f"Answer in JSON that satisfies this JSON Schema: {self.spec.output_schema}"
        return (
            {"role": "system", "content": told},
            {"role": "user", "content": str(bind(self.prompt)["prompt"])},
        )


@dataclass(frozen=True)
class Wrote:
    """One generation."""

    text: str
    tokens: int  # of all rounds
    seconds: float
    finish_reason: str
    rounds: int


@dataclass(frozen=True)
class Arm:
    """All generations of one way to decode."""

    where: str
    constrained: bool
    count: int
    json: int
    valid: int
    cut: int  # the tokens ended before the JSON did
    at_bound: int  # whole, but as long as a bound that only the tokens set
    again: int  # decoded more than once
    tokens: float  # an output, all rounds together
    tokens_per_s: float


Write = Callable[[Task, bool], Wrote]


def tasks(count: int) -> list[Task]:
    """Prompts of all kernels of the library in turn, so that any number has all schemas."""
    found = {
        example.prompt: Task(example.prompt, starter.spec)
        for starter in starters()
        for example in starter.examples
        if starter.spec.generate is not None
    }
    by_kernel: dict[str, list[Task]] = {}
    for task in found.values():
        by_kernel.setdefault(task.spec.name, []).append(task)
    return list(_in_turn(list(by_kernel.values())))[:count]


def _in_turn(rows: Sequence[Sequence[Task]]) -> Iterator[Task]:
    for position in range(max(map(len, rows), default=0)):
        yield from (row[position] for row in rows if position < len(row))


def measure(
    where: str, write: Write, asked: Sequence[Task], advance: Callable[[], object]
) -> list[Arm]:
    """Both arms on the same tasks, in turn, so that a busy machine slows both."""
    written: dict[bool, list[tuple[Task, Wrote]]] = {True: [], False: []}
    for task in asked:
        for constrained, found in written.items():
            found.append((task, write(task, constrained)))
            advance()
    return [_arm(where, constrained, found) for constrained, found in written.items()]


def _arm(where: str, constrained: bool, found: Sequence[tuple[Task, Wrote]]) -> Arm:
    states = [_state(task.spec.output_schema, wrote.text) for task, wrote in found]
    limited = [
        state != "text"
        for state, (_, wrote) in zip(states, found, strict=True)
        if wrote.finish_reason == "length"
    ]
    tokens = sum(wrote.tokens for _, wrote in found)
    return Arm(
        where,
        constrained,
        len(found),
        sum(state != "text" for state in states),
        states.count("valid"),
        limited.count(False),
        limited.count(True),
        sum(wrote.rounds > 1 for _, wrote in found),
        tokens / len(found),
        tokens / sum(wrote.seconds for _, wrote in found),
    )


def _state(schema: dict[str, Any], text: str) -> str:
    try:
        output = parse_output(text)
    except NotJson:
        return "text"
    return "valid" if jsonschema_rs.is_valid(schema, output) else "json"


def on_server(server: ModelServer) -> Write:
    backend = HeldToSchema(
        OpenAICompatible(
            base_url=server.base_url, api_key=server.api_key, model=server.model,
            timeout_s=300, connect_timeout_s=5, dialect=server.dialect,
        )
    )  # fmt: skip

    def write(task: Task, constrained: bool) -> Wrote:
        schema = task.spec.output_schema if constrained else None
        asked = ModelRequest(task.messages, MOST_TOKENS, schema, options={"temperature": 0.0})
        began = time.monotonic()
        done = backend.complete(asked)
        seconds = time.monotonic() - began
        return Wrote(done.text, done.completion_tokens, seconds, done.finish_reason, done.rounds)

    return write


def in_process() -> Write:
    model = LocalModel(weights())

    def write(task: Task, constrained: bool) -> Wrote:
        schema = task.spec.output_schema if constrained else None
        began = time.monotonic()
        done = model.complete(list(task.messages), max_tokens=MOST_TOKENS, schema=schema)
        seconds = time.monotonic() - began
        return Wrote(done.text, done.completion_tokens, seconds, done.finish_reason, done.rounds)

    return write


def constraint_table(arms: Sequence[Arm]) -> Table:
    table = Table(
        title="Decoding under the output schema",
        title_justify="left",
        caption=(
            f"At most {MOST_TOKENS} tokens a round. Cut: the limit came first. At a bound: whole,"
            " but as long as only the tokens ask. Again: more than one round, all of them counted."
        ),
        caption_justify="left",
    )
    table.add_column("where")
    table.add_column("constrained")
    names = ("outputs", "JSON", "valid", "cut", "at a bound", "again", "tokens each", "tokens/s")
    for name in names:
        table.add_column(name, justify="right")
    for arm in arms:
        table.add_row(
            arm.where,
            "yes" if arm.constrained else "no",
            str(arm.count),
            f"{arm.json / arm.count:.1%}",
            f"{arm.valid / arm.count:.1%}",
            str(arm.cut),
            str(arm.at_bound),
            str(arm.again),
            f"{arm.tokens:.0f}",
            f"{arm.tokens_per_s:.0f}",
        )
    return table
