"""docker/: the images run as nobody special, and the services are those of the embedded stack."""

import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from docker.exercise.composefile import Service, load, services
from docker.exercise.dockerfile import Stage, assignments, parse
from docker.exercise.failure import ExerciseFailure
from kwsite.celery import QUEUES
from kwsite.env import CHECKOUT
from kwsite.stack.service import WORKER_GROUPS
from training.nodes.models import TrainingNode

DOCKER = CHECKOUT / "docker"
COMPOSE = DOCKER / "compose.yaml"
TARGETS = ("web", "worker", "trainer-gpu")
ENDS_BY_ITSELF = ("migrate",)


@pytest.fixture(scope="module")
def stages() -> dict[str, Stage]:
    return parse((DOCKER / "Dockerfile").read_text())


@pytest.fixture(scope="module")
def composed() -> dict[str, Service]:
    return services(load([COMPOSE], {}))


@pytest.mark.parametrize("target", TARGETS)
def test_every_image_ends_as_a_user_without_a_name_to_log_in(
    stages: dict[str, Stage], target: str
) -> None:
    users = [told.text for told in stages[target].instructions if told.keyword == "USER"]
    assert users == ["10001:10001"]
    assert stages[target].instructions[-1].command[0] == "python"


def test_every_base_image_has_a_version(stages: dict[str, Stage]) -> None:
    images = {stage.parent for stage in stages.values()} - stages.keys()
    told = load([COMPOSE], {})["services"].values()
    images |= {service["image"] for service in told if "build" not in service}
    assert len(images) == 4
    for image in images:
        assert re.fullmatch(r"[a-z-]+(/[a-z-]+)?:v?(pg)?\d[\w.-]*", image), image


def test_torch_comes_before_what_would_bring_another(stages: dict[str, Stage]) -> None:
    for name in ("cpu", "trainer-gpu"):
        files = re.findall(
            r"requirements/(\w+)\.txt",
            " ".join(told.text for told in stages[name].instructions if told.keyword == "RUN"),
        )
        assert files[0] == "torch"
        assert {"base", "models"} < set(files)


def test_services_do_the_work_of_the_embedded_stack(composed: dict[str, Service]) -> None:
    for group in WORKER_GROUPS:
        if group.queues.startswith("train."):
            continue  # its service joins as a node
        words = composed[group.name].command
        assert words[words.index("--queues") + 1] == group.queues
        assert words[words.index("--concurrency") + 1] == str(group.threads)
        assert (words[:3] == ["nice", "-n", str(group.niceness)]) == bool(group.niceness)


def test_who_fine_tunes_has_the_model_that_is_served() -> None:
    told = load([COMPOSE], {})["services"]
    (model,) = [one for one in told["vllm"]["volumes"] if one.endswith(":/models:ro")]
    for name in ("learn", "train", "train-gpu"):
        assert model in told[name]["volumes"], name


def test_every_queue_is_worked_on_but_the_one_of_apple_silicon(
    composed: dict[str, Service],
) -> None:
    worked: set[str] = set()
    for service in composed.values():
        words = service.command
        if "--queues" in words:
            worked |= set(words[words.index("--queues") + 1].split(","))
        if "--device" in words:
            worked.add(f"train.{words[words.index('--device') + 1]}")
    assert worked == set(QUEUES) - {f"train.{TrainingNode.Device.MLX}"}


def test_no_service_is_root_nor_keeps_its_powers(composed: dict[str, Service]) -> None:
    told = load([COMPOSE], {})["services"]
    for name, service in composed.items():
        assert service.user not in ("", "root", "0"), name
        assert told[name]["cap_drop"] == ["ALL"], name
        assert told[name]["security_opt"] == ["no-new-privileges:true"], name
        assert not service.target or service.is_read_only, name


def test_every_service_that_stays_has_a_health_check(composed: dict[str, Service]) -> None:
    without = [name for name, service in composed.items() if service.health is None]
    assert tuple(without) == ENDS_BY_ITSELF


def test_secrets_are_in_files_that_are_read(composed: dict[str, Service]) -> None:
    for service in composed.values():
        for name, value in service.environment.items():
            secret = re.search(r"(PASSWORD|SECRET|KEY|_URL)(_FILE)?$", name)
            if secret and name != "KW_LLM_BASE_URL":
                assert name.endswith("_FILE"), f"{service.name}: {name}"
                assert value.removeprefix("/run/secrets/") in service.secrets


def test_ports_are_open_to_this_machine_alone_unless_told_otherwise() -> None:
    told = load([COMPOSE], {})["services"]
    ports = {name: service["ports"] for name, service in told.items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8000:8000"], "flower": ["127.0.0.1:5555:5555"]}


def test_the_stores_are_open_to_nodes_only_at_an_address_that_is_said() -> None:
    both = [COMPOSE, DOCKER / "compose.nodes.yaml"]
    with pytest.raises(ExerciseFailure, match="KW_NODES_ADDRESS must be set: the address"):
        load(both, {})
    told = load(both, {"KW_NODES_ADDRESS": "10.0.0.1"})["services"]
    assert told["postgres"]["ports"] == ["10.0.0.1:5432:5432"]
    assert told["valkey"]["ports"] == ["10.0.0.1:6379:6379"]
    assert told["postgres"]["networks"] == ["stores", "default"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("restart: unless-stopped", "restart: sometimes", "unknown variant `sometimes`"),
        ("condition: service_healthy", "condition: healthy", "unknown variant `healthy`"),
        ("stores:\n    internal", "shops:\n    internal", "network `stores`"),
        ("    - llm_api_key\n", "    - llm_key\n", "secret `llm_key`"),
        ("user: valkey", "usr: valkey", "extension key `usr`"),
    ],
)
def test_a_compose_file_that_the_specification_forbids_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = COMPOSE.read_text()
    assert old in text
    (tmp_path / "compose.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(ExerciseFailure, match=re.escape(said)):
        load([tmp_path / "compose.yaml"], {})


def test_variables_of_a_compose_file_are_replaced(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(
        "services: {web: {image: 'a:${TAG:-1}', command: ['$$HOME', '${NONE:-}', 'x${TAG}']}}"
    )
    told = load([file], {"TAG": "2"})["services"]["web"]
    assert told == {"image": "a:2", "command": ["$HOME", "", "x2"]}


def test_secrets_are_made_once_and_stay(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"

    def made() -> dict[str, str]:
        subprocess.run([DOCKER / "secrets.sh", folder], check=True, capture_output=True)
        return {file.name: file.read_text() for file in folder.iterdir()}

    first = made()
    assert first.keys() == load([COMPOSE], {})["secrets"].keys()
    assert made() == first
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o644}
    assert first["postgres_password"].strip() in first["database_url"]
    assert first["valkey_conf"].split()[1] in first["redis_url"]
    (folder / "database_url").unlink()
    assert made() == first


def broken(text: str) -> Callable[[], object]:
    return lambda: [told.command for told in parse(text)["a"].instructions]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("RUN true\n", "line 1: RUN before FROM"),
        ("FROM x AS a\nFROM y AS a\n", "line 2: FROM without a name of its own"),
        ("FROM x AS a\n\nHEALTHCHECK NONE\n", "line 3: HEALTHCHECK is an instruction nobody"),
        ("FROM x AS a\nCMD python\n", "line 2: CMD is not in exec form"),
        ("FROM x AS a\nRUN one \\\n", "line 2: the file ends in the middle"),
    ],
)
def test_a_dockerfile_that_cannot_be_exercised_is_refused(text: str, said: str) -> None:
    with pytest.raises(ExerciseFailure, match=said):
        broken(text)()


def test_instructions_go_over_lines_and_comments() -> None:
    (told,) = parse('FROM x AS a\n# why\nENV one=1 \\\n# between\n    two="$one and $PATH"\n')[
        "a"
    ].instructions
    assert told.line == 3
    assert assignments(told, {"PATH": "/bin"}) == {"one": "1", "two": " and /bin"}
