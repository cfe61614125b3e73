"""Skills of agents: imported from files, ranked with the real encoder, found by what went well."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from pytest_django import Settings

from kernels.skill_models import Skill, SkillVector
from kernels.skills import importing
from kernels.skills.choosing import choose_skill
from kernels.skills.importing import import_skills
from kernels.skills.triggers import MOST_TRIGGERS, note_trigger
from tests.skill_rows import DEPLOY, INVOICE, add_agent_trajectory, write_skill
from trajectories.models import Client, Weight

pytestmark = pytest.mark.django_db(transaction=True)
PROMPT = "Roll the new version of the payments API out to production"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_skill(tmp_path, "deploy", DEPLOY)
    write_skill(tmp_path / "office", "invoice", INVOICE)
    return tmp_path


@pytest.fixture
def imported(folder: Path) -> Path:
    import_skills(folder=folder, client=None, prune=False)
    return folder


def skills(*arguments: Any) -> str:
    out = StringIO()
    call_command("skills", *map(str, arguments), stdout=out)
    return out.getvalue()


def rank(app: Browser, prompt: str, **fields: Any) -> Any:
    body = json.dumps({"prompt": prompt, **fields})
    return app.post("/api/skills/rank", data=body, content_type="application/json")


def never_embeds(*_: Any) -> Any:
    raise AssertionError("this was embedded again")


def test_a_folder_is_imported_with_its_subfolders(folder: Path) -> None:
    found = json.loads(skills("import", folder, "--json"))
    assert sorted(found["added"]) == ["deploy-service", "read-invoice"]
    deploy = Skill.objects.get(name="deploy-service")
    assert deploy.active
    assert deploy.source_path == str(folder / "deploy" / "SKILL.md")
    parts = list(deploy.vectors.values_list("part", flat=True))
    assert parts == ["intent", "step", "step", "gotcha", "trigger"]


def test_what_did_not_change_is_not_embedded_again(
    imported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "embed_all", never_embeds)
    report = import_skills(folder=imported, client=None, prune=False)
    assert sorted(report.unchanged) == ["deploy-service", "read-invoice"]


def test_what_changed_or_has_vectors_of_another_encoder_is_embedded_again(imported: Path) -> None:
    write_skill(imported, "deploy", DEPLOY.replace("container image", "wheel"))
    SkillVector.objects.filter(skill__name="read-invoice").update(encoder_digest="f" * 64)
    report = import_skills(folder=imported, client=None, prune=False)
    assert sorted(report.changed) == ["deploy-service", "read-invoice"]
    assert SkillVector.objects.filter(text="Build the wheel.").count() == 1
    assert not SkillVector.objects.filter(encoder_digest="f" * 64).exists()
    assert not SkillVector.objects.filter(text="Build the container image.").exists()


def test_a_bad_file_is_named_with_its_line_and_stops_no_other(folder: Path) -> None:
    bad = write_skill(folder, "bad", "---\nname: bad\ndescription: x\npatterns: (\n---\n")
    twice = write_skill(folder, "deploy-again", DEPLOY)
    out = StringIO()
    with pytest.raises(CommandError, match="2 files were left out"):
        call_command("skills", "import", str(folder), stdout=out)
    assert f"{bad}:4: '(' is no RE2 pattern" in out.getvalue()
    assert f"{twice}:2: " in out.getvalue()
    assert Skill.objects.filter(active=True).count() == 2


def test_what_is_gone_is_made_inactive_only_when_asked(imported: Path, client: Client) -> None:
    elsewhere = Skill.objects.create(
        name="elsewhere", digest="d", intent="i", text="t", source_path="/other/SKILL.md"
    )
    (imported / "deploy" / "SKILL.md").unlink()
    write_skill(imported, "office/invoice", "no front matter any more")
    assert import_skills(folder=imported, client=None, prune=False).gone == ["deploy-service"]
    assert Skill.objects.filter(active=True).count() == 3
    assert import_skills(folder=imported, client=client, prune=True).pruned == []
    assert import_skills(folder=imported, client=None, prune=True).pruned == ["deploy-service"]
    active = set(Skill.objects.filter(active=True).values_list("name", flat=True))
    assert active == {"read-invoice", elsewhere.name}  # what cannot be read is not gone
    write_skill(imported, "deploy", DEPLOY)
    assert import_skills(folder=imported, client=None, prune=False).changed == ["deploy-service"]
    assert Skill.objects.get(name="deploy-service").active


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = write_skill(tmp_path / "outside", "secret", DEPLOY)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "SKILL.md").symlink_to(secret)
    (inside / "linked").symlink_to(tmp_path / "outside")
    assert import_skills(folder=inside, client=None, prune=False).added == []


def test_a_prompt_is_ranked_over_http_with_the_part_that_matched(
    app: Browser, imported: Path
) -> None:
    found = rank(app, PROMPT).json()
    assert [one["name"] for one in found["skills"]] == ["deploy-service", "read-invoice"]
    first = found["skills"][0]
    assert first["score"] == pytest.approx(first["cosine"] * first["weight"], abs=1e-5)
    assert first["weight"] == 1.0
    assert first["matched"]["text"] in (
        "Roll it out region by region.",
        "deploy service: Deploys a service to production and watches the rollout.",
    )
    assert found["vector"]["name"] == "deploy-service"
    assert (found["serving"], found["regex"], found["skill"]) == ("regex", None, None)
    assert rank(app, PROMPT).json() == {**found, "cache_hit": True}
    assert len(rank(app, PROMPT, limit=1).json()["skills"]) == 1


def test_a_weight_moves_a_skill_for_its_client_alone(
    app: Browser, client: Client, imported: Path
) -> None:
    prompt = "Copy the due date of the scanned deployment invoice"
    before = rank(app, prompt).json()["skills"]
    assert before[0]["name"] == "read-invoice"
    other = Client.objects.create(name="other")
    Weight.objects.create(client=other, skill="read-invoice", value=0.5)
    assert rank(app, prompt).json()["skills"] == before
    Weight.objects.create(client=client, skill="read-invoice", value=0.5)
    after = {one["name"]: one for one in rank(app, prompt).json()["skills"]}
    assert after["read-invoice"]["weight"] == 0.5
    assert after["read-invoice"]["score"] == pytest.approx(before[0]["score"] / 2, abs=1e-5)


def test_patterns_put_their_choice_first_while_they_serve(app: Browser, imported: Path) -> None:
    found = rank(app, "Extract the supplier and the amounts of this scan, then ship it").json()
    assert found["vector"]["name"] == "read-invoice"
    assert found["regex"]["found"] == "ship it"
    assert [one["name"] for one in found["skills"]] == ["deploy-service", "read-invoice"]
    assert found["skill"] == "deploy-service"


def test_a_client_sees_its_own_and_the_shared_skills(
    app: Browser, imported: Path, tmp_path: Path
) -> None:
    other = Client.objects.create(name="other")
    own = tmp_path / "own"
    write_skill(own, "deploy", DEPLOY.replace("region by region", "all at once"))
    write_skill(own, "secret", INVOICE.replace("read-invoice", "secret"))
    import_skills(folder=own, client=other, prune=False)
    listed = app.get("/api/skills").json()["data"]
    assert [(one["name"], one["shared"]) for one in listed] == [
        ("deploy-service", True),
        ("read-invoice", True),
    ]
    assert listed[0]["vectors"] == {"intent": 1, "step": 2, "gotcha": 1, "trigger": 1}
    choice = choose_skill(client=other, prompt="roll it out all at once")
    assert choice.order[0].text == "Roll it out all at once."
    assert {one.skill for one in choice.order} == {"deploy-service", "read-invoice", "secret"}


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "prompt"),
        ({"prompt": " \u200b\n"}, "invalid_value", "prompt"),
        ({"prompt": 5}, "invalid_value", "prompt"),
        ({"prompt": "x" * 101}, "context_length_exceeded", "prompt"),
        ({"prompt": "x", "limit": 0}, "invalid_value", "limit"),
        ({"prompt": "x", "skill": "y"}, "unknown_parameter", "skill"),
    ],
)
def test_a_bad_request_is_refused(
    app: Browser, settings: Settings, body: dict[str, Any], code: str, param: str
) -> None:
    settings.KW_MAX_PROMPT_CHARS = 100
    sent = app.post("/api/skills/rank", data=json.dumps(body), content_type="application/json")
    assert sent.status_code == 400
    assert (sent.json()["error"]["code"], sent.json()["error"]["param"]) == (code, param)


def test_without_skills_nothing_is_chosen(app: Browser) -> None:
    found = rank(app, PROMPT).json()
    assert (found["skills"], found["skill"], found["vector"]) == ([], None, None)


def test_a_prompt_that_went_well_becomes_a_trigger_for_its_client(
    client: Client, imported: Path
) -> None:
    prompt = "Get the blue whale thing done for Friday"
    before = choose_skill(client=client, prompt=prompt)
    assert before.order[0].cosine < 0.5
    trajectory = add_agent_trajectory(client=client, prompt=prompt)
    row = note_trigger(trajectory=trajectory)
    assert row is not None
    assert note_trigger(trajectory=trajectory) == row  # once
    after = choose_skill(client=client, prompt=prompt)
    assert after.by_vector is not None
    assert (after.by_vector.skill, after.by_vector.part) == ("deploy-service", "trigger")
    assert after.by_vector.cosine == pytest.approx(1, abs=1e-3)
    other = Client.objects.create(name="other")
    assert choose_skill(client=other, prompt=prompt).order == before.order
    unseen = choose_skill(client=client, prompt=prompt, without=trajectory.pk)
    assert unseen.order == before.order


@pytest.mark.parametrize("advantage", [0.0, -0.1, None])
def test_a_prompt_that_went_no_better_than_others_is_no_trigger(
    client: Client, imported: Path, advantage: float | None
) -> None:
    trajectory = add_agent_trajectory(client=client)
    assert note_trigger(trajectory=trajectory) is not None
    trajectory.advantage = advantage  # scored again, after a correction
    assert note_trigger(trajectory=trajectory) is None
    assert not SkillVector.objects.exclude(trajectory=None).exists()


def test_the_best_triggers_stay_and_each_text_once(client: Client, imported: Path) -> None:
    said = [f"Deploy number {number}" for number in range(MOST_TRIGGERS + 2)]
    for number, prompt in enumerate([*said, said[-1]]):
        note_trigger(
            trajectory=add_agent_trajectory(
                client=client, prompt=prompt, advantage=0.01 * (number + 1)
            )
        )
    learned = SkillVector.objects.exclude(trajectory=None).order_by("advantage")
    assert [row.text for row in learned] == said[2:]
    assert learned.last().advantage == pytest.approx(0.01 * len(said) + 0.01)  # type: ignore[union-attr]


def test_learned_triggers_outlive_an_import_and_go_with_their_trajectory(
    client: Client, imported: Path
) -> None:
    trajectory = add_agent_trajectory(client=client)
    note_trigger(trajectory=trajectory)
    SkillVector.objects.exclude(trajectory=None).update(encoder_digest="f" * 64)
    write_skill(imported, "deploy", DEPLOY + "\nOne line more.\n")
    import_skills(folder=imported, client=None, prune=False)
    learned = SkillVector.objects.exclude(trajectory=None)
    assert [row.encoder_digest == "f" * 64 for row in learned] == [False]
    trajectory.delete()
    assert not learned.all().exists()


def test_ranking_at_the_command_line_explains_itself(client: Client, imported: Path) -> None:
    found = json.loads(skills("rank", PROMPT, "--client", "app", "--json"))
    assert found["vector"]["name"] == "deploy-service"
    assert found["skills"][0]["matched"]["part"] in ("step", "intent")
    with pytest.raises(CommandError, match="The prompt is empty"):
        skills("rank", " ")
    with pytest.raises(CommandError, match="is no folder"):
        skills("import", "/nowhere")
