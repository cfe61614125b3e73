"""`python -m docker.exercise`: builds what can be built here, runs what can be run, and says both.

Needs root, as an engine does, and bubblewrap. `--files` only reads the files; `KW_GIVE_WAY=off`
starts no service at a low priority, on a machine that is busy with other work.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from docker.exercise.building import Builder
from docker.exercise.composefile import Service, load, services
from docker.exercise.context import copy_context, read_rules
from docker.exercise.dockerfile import parse
from docker.exercise.failure import ExerciseFailure
from docker.exercise.running import Running
from docker.exercise.serving import require_service
from docker.exercise.stores import Stores
from kwsite.env import Environment
from kwsite.stack.ports import free_port

FOLDER = Path(__file__).resolve().parent.parent
CHECKOUT = FOLDER.parent
MIGRATION_S = 300.0
BEGAN = time.monotonic()
VARIABLES = {  # of docker/.env
    "KW_LLM_PROVIDER": "scripted",
    "KW_LLM_BASE_URL": "http://127.0.0.1:9/v1",
    "KW_NODES_ADDRESS": "127.0.0.1",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", action="store_true", help="only read the files")
    options = parser.parse_args()
    try:
        found = read_files()
        if not options.files:
            require_tools()
            with tempfile.TemporaryDirectory(prefix="kernelweave-docker-") as scratch:
                exercise(found, Path(scratch))
    except ExerciseFailure as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        return 1
    say("all is well, as far as it was exercised")
    return 0


def say(line: str) -> None:
    print(f"{time.monotonic() - BEGAN:5.0f} s  {line}", flush=True)


def read_files() -> dict[str, Service]:
    """Both compose files, by the specification and, where it is there, by the engine's own tool."""
    alone, with_nodes = (
        [FOLDER / "compose.yaml"],
        [
            FOLDER / "compose.yaml",
            FOLDER / "compose.nodes.yaml",
        ],
    )
    found = services(load(alone, VARIABLES))
    load(with_nodes, VARIABLES)
    say(f"compose files: as the specification wants them, {len(found)} services")
    for files in (alone, with_nodes):
        ask_compose(files)
    return found


def ask_compose(files: list[Path]) -> None:
    compose = ["docker", "compose"]
    if (
        not shutil.which("docker")
        or subprocess.run([*compose, "version"], capture_output=True).returncode
    ):
        say("NOT EXERCISED: docker compose config: docker compose is not at hand")
        return
    names = [word for file in files for word in ("--file", str(file))]
    ended = subprocess.run(
        [*compose, *names, "config", "--quiet"],
        env={**os.environ, **VARIABLES},
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        raise ExerciseFailure(f"docker compose config: {ended.stderr}")
    say(f"docker compose config: {', '.join(file.name for file in files)} passes")


def require_tools() -> None:
    if os.geteuid():
        raise ExerciseFailure("run it as root: steps of images are root's")
    for tool in ("bwrap", "setpriv"):
        if not shutil.which(tool):
            raise ExerciseFailure(f"{tool} is missing: `make debian` installs bubblewrap")


def exercise(found: dict[str, Service], scratch: Path) -> None:
    scratch.chmod(0o755)
    context = scratch / "context"
    rules = read_rules((FOLDER / "Dockerfile.dockerignore").read_text())
    say(f"context: {copy_context(CHECKOUT, rules, context)} files")
    stages = parse((FOLDER / "Dockerfile").read_text())
    builder = Builder(stages, context=context, scratch=scratch, say=say)
    for target in ("web", "worker", "trainer-gpu"):
        image = builder.image(target)
        say(f"{target}: built, runs as {image.user}")
    secrets = scratch / "secrets"
    subprocess.run([FOLDER / "secrets.sh", secrets], check=True, stdout=subprocess.DEVNULL)
    secrets.chmod(0o755)
    stores = Stores(scratch=scratch, secrets=secrets)
    try:
        stores.start(valkey=found["valkey"], root=builder.image("base").root)
        say("valkey: its command serves, with its secret; postgres: the embedded one stands for it")
        run_services(found, builder, scratch=scratch, secrets=secrets)
    finally:
        stores.stop()


def run_services(
    found: dict[str, Service], builder: Builder, *, scratch: Path, secrets: Path
) -> None:
    web_port, flower_port = free_port(), free_port()
    running = Running(
        scratch=scratch,
        secrets=secrets,
        give_way=Environment({}).flag("KW_GIVE_WAY", True),
        told={
            "GRANIAN_HOST": "127.0.0.1",
            "GRANIAN_PORT": str(web_port),
            "FLOWER_ADDRESS": "127.0.0.1",
            "FLOWER_PORT": str(flower_port),
        },
    )
    own = [service for service in found.values() if service.target and not service.profiles]
    began = [service for service in own if service.name != "migrate"]
    migrate, image = found["migrate"], builder.image(found["migrate"].target)
    try:
        running.run(migrate, image, within_s=MIGRATION_S)
        running.run(migrate, image, within_s=MIGRATION_S)
        say("migrate: ended well, twice")
        for service in began:
            if not running.is_unhealthy_where_nothing_runs(service, builder.image(service.target)):
                raise ExerciseFailure(f"{service.name}: healthy before it was started")
        for service in began:
            running.start(service, builder.image(service.target))
        for service in began:
            took_s = running.wait_until_healthy(service, builder.image(service.target))
            say(f"{service.name}: healthy; its check takes {took_s:.1f} s")
        require_service(
            running.container(migrate, image),
            web_port=web_port,
            flower_port=flower_port,
            flower_conf=secrets / "flower_conf",
            say=say,
        )
        running.end_well()
        say(f"{', '.join(service.name for service in began)}: ended well on SIGTERM")
    finally:
        running.stop()


if __name__ == "__main__":
    sys.exit(main())
