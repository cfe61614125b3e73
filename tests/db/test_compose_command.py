"""`manage.py compose`: a file of a plan is checked, stored as a candidate, tried."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from kernels.composition_models import Composition, PlanRun
from tests.composition_rows import add_live_kernel, kernel, parallel, sequence
from trajectories.models import Client
from workers.backends.choose import live_backend

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = {"type": "string", "minLength": 1}
LETTER = parallel(kernel("summarize"), kernel("entitle"))


@pytest.fixture(autouse=True)
def backend(settings: Settings) -> Iterator[Any]:
    settings.KW_LLM_PROVIDER = "scripted"
    settings.KW_KERNEL_RETRIES = 0
    live_backend.cache_clear()
    add_live_kernel("summarize", {"summary": TEXT})
    add_live_kernel("entitle", {"title": TEXT})
    add_live_kernel("count", {"count": {"type": "integer", "minimum": 0}})
    takes = {"required": ["count"], "properties": {"count": {"minimum": 1}}}
    add_live_kernel("price", {"total": {"type": "number"}}, input_schema=takes)
    yield live_backend()
    live_backend.cache_clear()


def compose(*arguments: Any) -> str:
    out = StringIO()
    call_command("compose", *map(str, arguments), stdout=out)
    return out.getvalue()


def file_of(folder: Path, plan: Any) -> Path:
    file = folder / "plan.json"
    file.write_text(json.dumps({"name": "letter", "plan": plan}))
    return file


def test_what_fits_is_drawn_and_stored(tmp_path: Path) -> None:
    file = file_of(tmp_path, LETTER)
    drawn = compose("check", file)
    assert "├─ summarize" in drawn
    assert drawn.endswith("It fits: each output satisfies the input of the step after it.\n")
    assert not Composition.objects.exists()
    client = Client.objects.create(name="app")
    assert "Candidate: letter v1 (candidate)" in compose("add", file, "--client", "app")
    assert Composition.objects.get().client == client


def test_what_does_not_fit_is_shown_with_a_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = file_of(tmp_path, sequence(kernel("count"), kernel("price")))
    with pytest.raises(CommandError, match="It does not fit"):
        call_command("compose", "check", str(file))
    assert "plan.steps[1] (price): unfit: input schema" in capsys.readouterr().out
    for command in (["add", file], ["run", file, "x"]):
        with pytest.raises(CommandError, match=r'for example \{"count": 0\}'):
            compose(*command)
    assert not Composition.objects.exists()


def test_it_runs_a_plan_and_stores_nothing(tmp_path: Path, backend: Any) -> None:
    backend.enqueue('{"summary": "x", "title": "x"}')
    backend.enqueue('{"summary": "x", "title": "x"}')
    with pytest.raises(CommandError, match="It failed: summarize: output schema failed"):
        compose("run", file_of(tmp_path, sequence(kernel("summarize"))), "Sum this up.")
    backend.replies.clear()
    backend.enqueue('{"summary": "Short."}', '{"title": "Letter"}')
    file = file_of(tmp_path, sequence(kernel("summarize"), kernel("entitle")))
    assert json.loads(compose("run", file, "Sum this up.")) == {"title": "Letter"}
    assert not PlanRun.objects.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "plan.json: Expecting"),
        ("[]", "a composition is a JSON object"),
        ("{}", "Missing required parameter: 'name'"),
        ('{"name": "x", "plan": {"kind": "kernel", "kernel": "none"}}', "No live kernel is called"),
        ('{"name": "x", "plan": {"kind": "loop", "at_most": 0}}', "'plan.body'"),
    ],
)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(CommandError, match=says):
        compose("check", file)
    with pytest.raises(CommandError, match="No such file"):
        compose("check", tmp_path / "none.json")
