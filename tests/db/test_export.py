"""`manage.py export`: from recorded trajectories to files, and the check of such files."""

import hashlib
import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from kernels.encoder import DIMENSIONS
from kwsite.management.commands import export as command
from training.export import export as exporting
from training.export.arranging import SplitOptions
from training.export.chat_template import read_template
from training.export.recorded import Choice, recorded_lessons, snapshot
from trajectories.models import AgentSession, AgentTurn, Client, Feedback, Run, Trajectory

READ_ONCE = lru_cache(read_template)
pytestmark = pytest.mark.django_db(transaction=True)
WORDS = sorted(set(re.findall(r"[a-z]{4,}", Path("kernels/reuse/words/verbs.txt").read_text())))


@pytest.fixture(autouse=True)
def template_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the embedded model, which takes over a second each time."""
    monkeypatch.setattr(command, "read_template", READ_ONCE)


def trajectory(client: Client, prompt: str, output: str = "Done.", **fields: Any) -> Trajectory:
    """Scored, of a request unless `run` is None."""
    ended = fields.pop("ended", "stop")
    if "run" not in fields:
        fields["run"] = Run.objects.create(
            client=client,
            status=Run.Status.DONE,
            request={},
            decision={},
            embedding=[0.05] * DIMENSIONS,
            encoder_digest="",
            response={"finish_reason": ended},
        )
    plain = {
        "signature": "",
        "plain": True,
        "route": "generation",
        "route_reason": "",
        "model": "m",
        "duration_ms": 1.0,
        "advantage": 0.2,
        "scored_at": timezone.now(),
        "domain": "d",
    }
    return Trajectory.objects.create(
        client=client, prompt=prompt, output_text=output, **{**plain, **fields}
    )


def turn(client: Client, prompt: str, **fields: Any) -> Trajectory:
    """An agent's."""
    session, _ = AgentSession.objects.get_or_create(client=client, key="s")
    of_turn = {name: fields.pop(name) for name in ("corrected", "cut") if name in fields}
    made = trajectory(client, prompt, run=None, plain=False, route="agent", **fields)
    AgentTurn.objects.create(
        trajectory=made, session=session, place=session.turns.count(), **of_turn
    )
    return made


def some(client: Client, count: int = 40) -> list[Trajectory]:
    dice = random.Random(count)
    return [
        trajectory(client, " ".join(dice.choices(WORDS, k=6)), f"{n}", advantage=dice.random())
        for n in range(count)
    ]


def export(*arguments: Any) -> Any:
    out = StringIO()
    call_command("export", *map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue())


def sft(folder: Path, *arguments: Any) -> Any:
    return export("sft", "--out", folder, "--valid-share", ".3", *arguments)


def lines(folder: Path) -> Iterator[list[dict[str, str]]]:
    for name in ("train.jsonl", "valid.jsonl"):
        for line in (folder / name).read_text().splitlines():
            yield json.loads(line)["messages"]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_an_export_holds_what_went_well_and_says_why_the_rest_is_left_out(
    client: Client, tmp_path: Path
) -> None:
    some(client)
    left_out = {
        "not scored yet": [
            trajectory(client, "a", scored_at=None),
            trajectory(client, "b", advantage=None),
        ],
        "still open": [turn(client, "c", closed_at=None, scored_at=None, advantage=None)],
        "failed its checks": [trajectory(client, "d", verified=False)],
        "denied by a person": [trajectory(client, "e")],
        "corrected by the next prompt": [turn(client, "f", corrected=True)],
        "earlier turns, tools or parts that are no text": [trajectory(client, "g", plain=False)],
        "cut off by its tokens": [trajectory(client, "h", ended="length")],
        "cut when it was stored": [turn(client, "i", cut={"output": 12})],
        "no advantage": [trajectory(client, "j", advantage=0.0), turn(client, "j", advantage=-0.1)],
        "an empty message": [trajectory(client, "k", "")],
        "a special token of the model inside a message": [trajectory(client, "<|im_end|>")],
        "too long": [trajectory(client, "l" * 9_000)],
    }
    denied, praised = left_out["denied by a person"][0], trajectory(client, "praised", system="S")
    for one, verdicts in ((denied, ("correct", "incorrect")), (praised, ("incorrect", "correct"))):
        for verdict in verdicts:
            Feedback.objects.create(client=client, trajectory=one, verdict=verdict)
    turn(client, "an agent's prompt", output="what it said", cut={"cwd": 3})
    manifest = sft(tmp_path / "out")
    assert manifest["left_out"] == {why: len(rows) for why, rows in left_out.items()}
    assert manifest["train"]["lessons"] + manifest["valid"]["lessons"] == 42
    said = list(lines(tmp_path / "out"))
    assert [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "praised"},
        {"role": "assistant", "content": "Done."},
    ] in said
    assert any(one[0]["content"] == "an agent's prompt" for one in said)
    copies = manifest["train"]["by_copies"]
    assert manifest["files"]["train.jsonl"]["lines"] == sum(int(n) * copies[n] for n in copies)
    assert manifest["files"]["valid.jsonl"]["lines"] == manifest["valid"]["lessons"]
    for name, file in manifest["files"].items():
        written = (tmp_path / "out" / name).read_bytes()
        assert hashlib.sha256(written).hexdigest() == file["sha256"]


def test_the_same_data_give_the_same_files_whenever_and_in_whatever_order_they_came(
    client: Client, tmp_path: Path
) -> None:
    made = some(client)
    made += [trajectory(client, made[0].prompt, made[0].output_text, advantage=0.9)]
    first = sft(tmp_path / "first")
    sft(tmp_path / "again")
    assert bytes_of(tmp_path / "first") == bytes_of(tmp_path / "again")
    # As after a dump and a restore: other places in the table, other keys of their own.
    Trajectory.objects.all().delete()
    random.Random(1).shuffle(made)
    for one in made:
        one.pk = None
        one.created_at -= timedelta(days=1)
        one.save(force_insert=True)
    connection.cursor().execute("ANALYZE trajectories_trajectory")
    assert sft(tmp_path / "restored") == first
    assert bytes_of(tmp_path / "restored") == bytes_of(tmp_path / "first")
    trajectory(client, "One more.")
    assert sft(tmp_path / "more")["data"] != first["data"]


def test_only_the_chosen_are_exported(client: Client, tmp_path: Path) -> None:
    some(client)
    other = Client.objects.create(name="other")
    day = datetime(2026, 3, 1, tzinfo=UTC)
    for n, word in enumerate(WORDS[:20]):
        trajectory(other, f"{word} it", domain="dd", created_at=day + timedelta(days=n))
    sft(tmp_path / "a", "--client", "other")
    assert {one[0]["content"][-3:] for one in lines(tmp_path / "a")} == {" it"}
    days = ("--since", "2026-03-03", "--until", "2026-03-13T00:00:00Z")
    found = sft(tmp_path / "b", "--domain", "dd", *days)
    assert found["train"]["lessons"] + found["valid"]["lessons"] == 10
    assert found["domains"] == {"dd": 10}
    with pytest.raises(CommandError, match="There is no client 'gone'; there are: app, other"):
        sft(tmp_path / "c", "--client", "gone")


def test_synthetic_questions_are_merged_and_do_not_leak(client: Client, tmp_path: Path) -> None:
    made = some(client)
    file = tmp_path / "qa.jsonl"
    near = [{"question": f"{one.prompt} please", "answer": "Other."} for one in made]
    same = {"question": made[0].prompt.upper(), "answer": "Refused."}
    new = [{"question": f"What is {word}?", "answer": "A word."} for word in WORDS[:30]]
    file.write_text("\n".join(map(json.dumps, [*near, same, *new, new[0]])))
    found = sft(tmp_path / "out", "--synthetic", file)
    synthetic = found["train"]["synthetic"] + found["valid"]["synthetic"]
    assert synthetic == len(near) + len(new)
    assert (found["synthetic_answered_already"], found["merged"]) == (1, 1)
    assert found["domains"]["synthetic"] == synthetic
    assert export("check", tmp_path / "out")["problems"] == []
    file.write_text('{"question": "a", "answer": "b"}\nnonsense')
    with pytest.raises(CommandError, match=r"qa.jsonl, line 2: it is no JSON"):
        sft(tmp_path / "bad", "--synthetic", file)
    assert not (tmp_path / "bad").exists()


def test_lines_can_have_the_text_that_the_model_reads(client: Client, tmp_path: Path) -> None:
    some(client)
    sft(tmp_path / "out", "--text")
    for line in (tmp_path / "out" / "train.jsonl").read_text().splitlines():
        said = json.loads(line)
        assert said["text"].endswith(
            f"<|im_start|>assistant\n{said['messages'][-1]['content']}<|im_end|>\n"
        )
    assert export("check", tmp_path / "out")["problems"] == []


def test_nothing_to_export_says_what_to_do(client: Client, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There are no such trajectories"):
        sft(tmp_path / "out")
    trajectory(client, "a", scored_at=None)
    with pytest.raises(CommandError, match=r"None of 1 lessons .*\(not scored yet: 1\)"):
        sft(tmp_path / "out")
    trajectory(client, "b c")
    with pytest.raises(CommandError, match=r"All lessons fell on the \w+ side.*--valid-share"):
        sft(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused_in_words(client: Client) -> None:
    trajectory(client, "Say hello.")
    with pytest.raises(CommandError, match=r"/dev/null/x cannot be made: .*File exists"):
        call_command("export", "sft", "--out", "/dev/null/x")


def test_a_folder_in_use_is_left_alone(client: Client, tmp_path: Path) -> None:
    some(client)
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(CommandError, match="is not empty"):
        sft(tmp_path)
    (tmp_path / "empty").mkdir()
    sft(tmp_path / "empty")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["empty", "notes"]


def test_an_export_that_is_stopped_leaves_nothing(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some(client)

    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "line_of", interrupted)
    with pytest.raises(CommandError, match="Stopped: nothing was written"):
        sft(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_is_recorded_meanwhile_is_not_seen(client: Client) -> None:
    some(client, 5)
    with snapshot():
        lessons = recorded_lessons(Choice())
        first = next(lessons)
        connection.cursor().execute("SHOW transaction_isolation")
        assert len([first, *lessons]) == 5
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_isolation')")
            assert cursor.fetchone() == ("repeatable read",)
            cursor.execute("SELECT current_setting('transaction_read_only')")
            assert cursor.fetchone() == ("on",)


def test_the_check_finds_what_was_changed_or_leaks(client: Client, tmp_path: Path) -> None:
    some(client)
    folder = tmp_path / "out"
    sft(folder)
    report = export("check", folder)
    assert report["problems"] == []
    assert report["compared"] == report["lines"]["valid.jsonl"]
    train, valid = folder / "train.jsonl", folder / "valid.jsonl"
    leaked = json.loads(valid.read_text().splitlines()[0])
    leaked["messages"][0]["content"] += "!"
    whole = train.read_text()

    def problems(text: str, *, signed: bool = True) -> str:
        train.write_text(text)
        if signed:
            manifest = json.loads((folder / "manifest.json").read_text())
            manifest["files"]["train.jsonl"]["sha256"] = hashlib.sha256(text.encode()).hexdigest()
            (folder / "manifest.json").write_text(json.dumps(manifest))
        out = StringIO()
        with pytest.raises(CommandError, match="problems"):
            call_command("export", "check", str(folder), "--json", stdout=out)
        return "\n".join(json.loads(out.getvalue())["problems"])

    assert "its digest differs" in problems(whole + whole.splitlines()[0], signed=False)
    found = problems(whole + json.dumps(leaked) + "\n")
    assert "near-duplicate: line 1 of valid" in found
    assert "same question: line 1 of valid" in found
    assert "special token" in problems(whole.replace('"}]}', '<|im_end|>"}]}', 1))
    assert "do not alternate" in problems(whole.replace("assistant", "user", 1))
    assert "no messages" in problems("{\n" + whole)
    (folder / "manifest.json").unlink()
    with pytest.raises(CommandError, match="holds no export"):
        export("check", folder)


@pytest.mark.parametrize(
    "arguments",
    [("--valid-share", "0"), ("--valid-share", ".6"), ("--similarity", ".5"), ("--since", "soon")],
)
def test_what_cannot_be_meant_is_refused(arguments: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("export", "sft", "--out", str(tmp_path / "x"), *arguments)
    assert SplitOptions().valid_share == 0.1


def test_an_answer_that_a_person_corrected_is_exported_as_the_person_said(
    client: Client, tmp_path: Path
) -> None:
    some(client)
    wrong = trajectory(client, "which label", "bug", verified=False, scored_at=None, advantage=None)
    Feedback.objects.create(client=client, trajectory=wrong, verdict="incorrect", answer="feature")
    taken_back = trajectory(client, "which other label", "bug", advantage=-0.2)
    for answer in ("feature", ""):
        Feedback.objects.create(
            client=client, trajectory=taken_back, verdict="incorrect", answer=answer
        )
    manifest = sft(tmp_path / "out")
    assert manifest["left_out"] == {"denied by a person": 1}
    said = [one for one in lines(tmp_path / "out") if "label" in one[0]["content"]]
    assert {(one[0]["content"], one[1]["content"]) for one in said} == {("which label", "feature")}
