"""What was written in an order is read in that order: models answer in the order of a schema."""

import json
from typing import Any

import pytest

from kernels.library.reading import starters
from kernels.models import Exemplar, KernelVersion
from kernels.registry import Sample, propose_version
from tests.db.rows import chat, claimed_run, generated, recorded, schema_format
from trajectories.models import Client, Run, Trajectory

pytestmark = pytest.mark.django_db
# Neither by length nor by letter, as jsonb has them.
REASONED = {
    "type": "object",
    "properties": {"reasoning": {"type": "string"}, "b": {}, "answer": {"type": "string"}},
    "required": ["reasoning", "answer"],
}


def order(schema: Any) -> list[str]:
    return list(schema["properties"])


def test_a_request_keeps_the_order_of_its_schema(client: Client) -> None:
    request = chat("Think first", response_format=schema_format(REASONED))
    run = claimed_run(client, request)  # as a worker reads it
    assert order(run.request["response_format"]["json_schema"]["schema"]) == order(REASONED)
    assert order(Run.objects.get().request["response_format"]["json_schema"]["schema"]) == order(
        REASONED
    )


@pytest.mark.parametrize("output", [{"z": 1, "a": 2}, ["b"], "text", 7, None, True, "null"])
def test_an_output_is_read_as_it_was_written(client: Client, output: Any) -> None:
    request = chat("Think first", response_format=schema_format(REASONED))
    recorded(client, request, generated(output))
    found = Trajectory.objects.get()
    assert json.dumps(found.output) == json.dumps(output)
    assert order(found.output_schema) == order(REASONED)


def test_a_kernel_keeps_the_order_of_schema_and_examples() -> None:
    spec = starters()[0].spec.model_copy(update={"output_schema": REASONED, "tests": ()})
    propose_version(
        spec=spec,
        samples=[Sample("Why?", {"reasoning": "so", "answer": "it is"})],
        client=None,
        confidence=0.7,
        evidence={},
    )
    assert order(KernelVersion.objects.get().spec["output_schema"]) == order(REASONED)
    assert list(Exemplar.objects.get().output) == ["reasoning", "answer"]
