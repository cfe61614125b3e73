"""The bench of decoding under a schema: what is counted."""

from kernels.spec import GenerateStep, KernelSpec
from kwsite.bench.constraint import Task, Wrote, constraint_table, measure

SCHEMA = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}}
SPEC = KernelSpec(
    name="say", family="words", description="Says.", output_schema=SCHEMA, steps=(GenerateStep(),)
)
CONSTRAINED = [
    Wrote('{"a": "x"}', 10, 1.0, "stop", 1),
    Wrote('{"a": "xyz"}', 30, 2.0, "length", 2),
    Wrote('{"a": "too long"}', 10, 1.0, "stop", 1),
    Wrote('{"a": "x', 50, 1.0, "length", 3),
]


def test_each_output_is_counted_for_what_it_is() -> None:
    left = iter(CONSTRAINED)

    def write(task: Task, constrained: bool) -> Wrote:
        return next(left) if constrained else Wrote("No.", 5, 1.0, "stop", 1)

    told: list[None] = []
    asked = [Task(f"prompt {n}", SPEC) for n in range(4)]
    held, free = measure("here", write, asked, lambda: told.append(None))
    assert (held.count, held.json, held.valid, held.cut, held.at_bound) == (4, 3, 2, 1, 1)
    assert (held.again, held.tokens, held.tokens_per_s) == (2, 25.0, 20.0)
    assert (free.json, free.valid, free.cut, free.tokens) == (0, 0, 0, 5.0)
    assert len(told) == 8
    assert constraint_table([held, free]).row_count == 2
