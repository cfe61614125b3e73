"""`manage.py kernels`: from a file of samples to a candidate, and what its contract is worth."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from kernels.models import Exemplar, KernelVersion
from trajectories.models import Client
from workers.backends.choose import live_backend

pytestmark = pytest.mark.django_db
SCHEMA = {
    "type": "object",
    "properties": {"metres": {"type": "number"}},
    "required": ["metres"],
    "additionalProperties": False,
}


@pytest.fixture
def file(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.KW_LLM_PROVIDER = "scripted"
    live_backend.cache_clear()
    yield tmp_path / "family.json"
    live_backend.cache_clear()


def kernels(*arguments: Any) -> str:
    out = StringIO()
    call_command("kernels", *map(str, arguments), stdout=out)
    return out.getvalue()


def begun(file: Path, count: int = 8) -> Path:
    schema = file.with_name("schema.json")
    schema.write_text(json.dumps(SCHEMA))
    kernels("init", file, "--schema", schema)
    for n in range(1, count + 1):
        kernels("add", file, f"Convert {n} km to metres.", json.dumps({"metres": n * 1000}))
    return file


def test_samples_become_a_candidate(file: Path) -> None:
    Client.objects.create(name="app")
    found = json.loads(kernels("compile", begun(file), "--client", "app", "--json"))
    assert found["stored"]["state"] == "candidate"
    assert found["mutation"]["score"] == 1.0
    version = KernelVersion.objects.get()
    assert str(version.kernel.client) == "app"
    assert Exemplar.objects.filter(version=version, live=False).count() == 8


def test_a_dry_run_stores_nothing(file: Path) -> None:
    found = json.loads(kernels("compile", begun(file), "--dry-run", "--json"))
    assert found["gate"]["passed"]
    assert found["stored"] is None
    assert not KernelVersion.objects.exists()


def test_too_few_samples_are_not_compiled(file: Path) -> None:
    with pytest.raises(CommandError, match="7 samples are too few"):
        kernels("compile", begun(file, 7))


def test_an_unknown_client_is_an_error(file: Path) -> None:
    with pytest.raises(CommandError, match="no client 'nobody'"):
        kernels("compile", begun(file), "--client", "nobody")


@pytest.mark.parametrize(
    ("prompt", "output", "reason"),
    [
        ("Convert 9 km to metres.", '{"metres": "many"}', "output schema"),
        ("Convert 1 km to metres.", '{"metres": 1000}', "in the file already"),
        ("  ", '{"metres": 1000}', "^prompt: it is empty$"),
        ("Convert 9 km to metres.", "", "^output: it is empty$"),
    ],
)
def test_a_bad_sample_is_not_added(file: Path, prompt: str, output: str, reason: str) -> None:
    before = begun(file).read_text()
    with pytest.raises(CommandError, match=reason):
        kernels("add", file, prompt, output)
    assert file.read_text() == before


@pytest.mark.parametrize("content", ["", "{}x", '{"samples": [{"prompt": 1}]}', '{"other": 1}'])
def test_a_damaged_file_is_an_error(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(CommandError, match=r"family\.json"):
        kernels("add", file, "a", "b")


def test_each_mistake_in_a_file_is_a_line_with_its_place(file: Path) -> None:
    broken = {
        "samples": [{"prompt": 1, "output": 3}, {"prompt": "a"}, {"prompt": "", "output": "b"}],
        "conditions": [
            {"kind": "cel", "expression": "1 +"},
            {"kind": "cel", "expression": 1},
            {"expression": "output"},
            {"kind": "wish"},
        ],
        "sample": [],
    }
    file.write_text(json.dumps(broken))
    with pytest.raises(CommandError) as raised:
        kernels("compile", file)
    lines = [line.removeprefix(f"{file}: ") for line in str(raised.value).split("\n")]
    syntax = next(line for line in lines if line.startswith("conditions[0].expression"))
    assert "not a CEL expression" in syntax
    choice = next(line for line in lines if line.startswith("conditions[3]"))
    assert choice.startswith("conditions[3]: 'kind' must be one of 'schema', 'cel'")
    assert set(lines) - {syntax, choice} == {
        "samples[0].prompt: text is expected",
        "samples[0].output: an object is expected, or text is expected",
        "samples[1].output: it is missing",
        "samples[2].prompt: it is empty",
        "conditions[1].expression: text is expected",
        "conditions[2]: 'kind' is missing",
        "sample: nothing of this name is expected",
    }


def test_a_file_that_is_no_json_says_where(file: Path) -> None:
    file.write_text('{"samples": [}')
    with pytest.raises(CommandError, match=r"no JSON can be read: .*line 1 column 14"):
        kernels("compile", file)


def test_an_empty_object_is_an_output_where_a_schema_allows_it(file: Path) -> None:
    kernels("init", file)
    with pytest.raises(CommandError, match="it is empty"):
        kernels("add", file, "Who is in it?", "{}")
    file.write_text('{"output_schema": {"type": "object"}}')
    kernels("add", file, "Who is in it?", "{}")
    assert json.loads(file.read_text())["samples"][0]["output"] == {}


def test_a_schema_that_is_none_begins_no_family(file: Path) -> None:
    schema = file.with_name("schema.json")
    schema.write_text('{"type": "nope"}')
    with pytest.raises(CommandError, match=r"^output_schema: not a JSON Schema") as raised:
        kernels("init", file, "--schema", schema)
    assert "pydantic" not in str(raised.value)
    assert not file.exists()


def test_a_family_is_begun_once(file: Path) -> None:
    kernels("init", file)
    with pytest.raises(CommandError, match="exists"):
        kernels("init", file)


def test_tests_and_teeth_of_a_kernel_can_be_seen(file: Path) -> None:
    name = json.loads(kernels("compile", begun(file), "--json"))["spec"]["name"]
    checked = json.loads(kernels("check", name, "--json"))
    assert [test["passed"] for test in checked["tests"]] == [True] * 3
    assert json.loads(kernels("mutate", name, "--json"))["score"] == 1.0
    with pytest.raises(CommandError, match="no kernel 'nothing'"):
        kernels("mutate", "nothing")


def test_a_kernel_that_breaks_its_own_tests_fails_the_check(file: Path) -> None:
    name = json.loads(kernels("compile", begun(file), "--json"))["spec"]["name"]
    version = KernelVersion.objects.get()
    version.spec["tests"][0]["output"]["metres"] = 7
    version.save(update_fields=["spec"])
    with pytest.raises(CommandError, match="1 of 3 tests fail"):
        kernels("check", name)


def test_the_same_samples_are_not_stored_twice(file: Path) -> None:
    name = json.loads(kernels("compile", begun(file), "--json"))["spec"]["name"]
    with pytest.raises(CommandError, match=rf"{name} v1 \(candidate\)"):
        kernels("compile", file)
    KernelVersion.objects.update(state="quarantined")
    with pytest.raises(CommandError, match=rf"{name} v1 \(quarantined\)"):
        kernels("compile", file)
    KernelVersion.objects.update(state="rejected")
    kernels("compile", file)
    assert KernelVersion.objects.get(number=2).state == "candidate"


def test_one_prompt_many_times_is_one_sample(file: Path) -> None:
    family = json.loads(begun(file, 1).read_text())
    family["samples"] *= 8
    file.write_text(json.dumps(family))
    with pytest.raises(CommandError, match="1 samples are too few"):
        kernels("compile", file)
    with pytest.raises(CommandError, match="in the file already"):
        kernels("add", file, " Convert 1 km  to metres.", '{"metres": 1000}')


def test_two_answers_to_one_prompt_are_an_error(file: Path) -> None:
    family = json.loads(begun(file, 8).read_text())
    family["samples"].append({**family["samples"][2], "output": {"metres": 3}})
    file.write_text(json.dumps(family))
    with pytest.raises(CommandError, match="Sample 9 has another output"):
        kernels("compile", file)
