"""What it costs to hold an output to its contract, and how long hostile ones can hold it up."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import Any

from pydantic import TypeAdapter
from rich.table import Table

from kernels.conditions.checks import Subject
from kernels.conditions.kinds import Condition
from kernels.slots import bind
from kernels.verify import NotJson, parse_output, verify
from kwsite.bench.figures import percentile

GOAL_P50_MS = 1.0  # for outputs up to 4 kB
SIZES = (200, 1_000, 4_000)  # bytes of the output, about
HOSTILE_BYTES = 1_000_000
MOST_REASON = 18  # characters in the table; the JSON has all
_CONDITIONS: TypeAdapter[list[Condition]] = TypeAdapter(list[Condition])

SCHEMA = {
    "kind": "schema",
    "json_schema": {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z0-9-]+$"},
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "amount": {"type": "number"}},
                    "required": ["name", "amount"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["id", "rows"],
        "additionalProperties": False,
    },
}
CEL = {"kind": "cel", "expression": "output.rows.all(r, r.amount >= 0.0) && size(output.rows) > 0"}
REGEX = {"kind": "regex", "path": "id", "pattern": "[a-z]+-[0-9]+"}
EVIDENCE = {"kind": "evidence", "event": "message"}
PYTHON = {
    "kind": "python",
    "code": "def check(input, output, trace):\n"
    "    return sum(row['amount'] for row in output['rows']) >= 0",
}
MATH = {"kind": "math_equal", "path": "id", "expected": "'1/2'"}
CONTRACTS: dict[str, list[dict[str, Any]]] = {
    "schema": [SCHEMA],
    "schema, CEL, regex, evidence": [SCHEMA, CEL, REGEX, EVIDENCE],
    "the same and python": [SCHEMA, CEL, REGEX, EVIDENCE, PYTHON],
}


@dataclass(frozen=True)
class Timed:
    """Latency of one contract on outputs of one size, in milliseconds."""

    contract: str
    output_bytes: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Stopped:
    """What became of a hostile contract or output, and after how many milliseconds."""

    name: str
    status: str
    reason: str
    ms: float


def measure_contracts(repeats: int, advance: Callable[[], Any]) -> list[Timed]:
    """Each contract on each size, parsing included. `advance` is called once a pair of them."""
    found = []
    for name, conditions in CONTRACTS.items():
        contract = _CONDITIONS.validate_python(conditions)
        for size in SIZES:
            text, given = _output(size), bind("Sum the rows of order abc-12.")
            times = []
            for _ in range(repeats):
                began = perf_counter()
                verdict = verify(contract, Subject(given, parse_output(text), ("message",)))
                times.append((perf_counter() - began) * 1e3)
                assert verdict.passed, verdict.reason
            found.append(Timed(name, len(text), median(times), percentile(times, 99)))
            advance()
    return found


def _output(size: int) -> str:
    row = '{"name": "a line of the order", "amount": 12.5}'
    count = max(1, (size - 30) // (len(row) + 2))
    return f'{{"id": "abc-12", "rows": [{", ".join([row] * count)}]}}'


def measure_hostile(advance: Callable[[], Any]) -> list[Stopped]:
    """Each hostile contract or output once."""
    found = []
    for name, condition, text in hostile():
        began = perf_counter()
        try:
            contract = _CONDITIONS.validate_python([condition])
            (check,) = verify(contract, Subject(bind("p"), parse_output(text), ())).checks
            status, reason = str(check.status), check.reason
        except NotJson as error:
            status, reason = "refused as output", str(error)
        except ValueError as error:
            status, reason = "refused as contract", str(error)
        found.append(Stopped(name, status, reason, (perf_counter() - began) * 1e3))
        advance()
    return found


def hostile() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Name, condition, output."""
    long = '"' + "a" * HOSTILE_BYTES + '!"'
    deep = "[" * 100_000 + "]" * 100_000
    numbers = "[" + ", ".join(map(str, range(3_000))) + "]"
    code = "def check(input, output, trace):\n    "
    yield "catastrophic regex, 1 MB", {"kind": "regex", "pattern": "(a+)+b"}, long
    yield "look-around", {"kind": "regex", "pattern": "(?=a)b"}, long
    yield "schema pattern, 1 MB", _schema({"type": "string", "pattern": "^(a+)+$"}), long
    yield "1 MB through python", {"kind": "python", "code": f"{code}return len(output) > 5"}, long
    yield "endless loop", {"kind": "python", "code": f"{code}while True: pass"}, "1"
    yield "memory bomb", {"kind": "python", "code": f"{code}return len('a' * 10**10) > 1"}, "1"
    yield "import", {"kind": "python", "code": f"{code}import subprocess"}, "1"
    yield "file", {"kind": "python", "code": f"{code}return bool(open('/etc/hosts').read())"}, "1"
    yield "loop when saved", {"kind": "python", "code": "while True: pass"}, "1"
    yield "deep JSON", _schema({"type": "array"}), deep
    yield "endless schema", _schema({"$ref": "#"}), numbers
    yield "schema from elsewhere", _schema({"$ref": "http://127.0.0.1/x"}), numbers
    walks = "output.all(a, output.all(b, output.all(c, a + b + c >= 0)))"
    yield "CEL walks in walks", {"kind": "cel", "expression": walks}, numbers
    yield "power tower", {**MATH, "path": "", "expected": "'12'"}, '"$9^{9^{9^9}}$"'
    yield "code that hangs", {"kind": "tests", "tests": "assert f() == 1"}, '"while True: pass"'


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "schema", "json_schema": schema}


def verification_json(timed: list[Timed], stopped: list[Stopped]) -> dict[str, Any]:
    """Milliseconds."""
    return {
        "bench": "verify",
        "goal_p50_ms": GOAL_P50_MS,
        "contracts": [asdict(one) for one in timed],
        "hostile": [asdict(one) for one in stopped],
    }


def contracts_table(timed: list[Timed]) -> Table:
    table = Table(title="Holding an output to its contract", title_justify="left")
    table.add_column("contract")
    for column in ("output bytes", "p50 ms", "goal", "p99 ms"):
        table.add_column(column, justify="right")
    for one in timed:
        figures = (f"{one.p50_ms:.2f}", f"<= {GOAL_P50_MS:.0f}", f"{one.p99_ms:.2f}")
        table.add_row(one.contract, str(one.output_bytes), *figures)
    return table


def hostile_table(stopped: list[Stopped]) -> Table:
    """What each hostile contract or output came to, and when."""
    table = Table(title="Hostile contracts and outputs", title_justify="left")
    for column in ("what", "came to"):
        table.add_column(column, no_wrap=True)
    table.add_column("ms", justify="right", min_width=5)
    table.add_column("reason", overflow="ellipsis", no_wrap=True)
    for one in stopped:
        reason = one.reason.replace("\n", " ")[:MOST_REASON]
        table.add_row(one.name, one.status, f"{one.ms:.0f}", reason)
    return table
