"""Runs the services of the compose file, each in its image's folder, until they are healthy."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from docker.exercise.building import Image
from docker.exercise.composefile import Health, Service
from docker.exercise.container import Container, ask_to_end
from docker.exercise.failure import ExerciseFailure

POLL_S = 1.0


class Running:
    """Services by name. `stop` ends all; `end_well` asks them first and wants a good end."""

    def __init__(
        self, *, scratch: Path, secrets: Path, give_way: bool, told: Mapping[str, str]
    ) -> None:
        self._volumes = scratch / "volumes"
        self._logs = scratch / "logs"
        self._secrets = secrets
        self._give_way = give_way
        self._told = told  # what the network of an engine would give each service of its own
        self._processes: dict[str, tuple[Service, subprocess.Popen[bytes]]] = {}
        self._logs.mkdir()

    def container(self, service: Service, image: Image) -> Container:
        mounts: dict[str, Path] = {}
        for name, at in service.volumes:
            take = self._folder_of_host if name.startswith((".", "/")) else self._volume
            mounts[at] = take(name, image.root / at.lstrip("/"))
        return Container(
            root=image.root,
            name=f"{service.name}-1",
            environment={
                **image.environment,
                "HOME": "/var/lib/kernelweave",
                **service.environment,
                **self._told,
            },
            user=service.user or image.user,
            workdir=image.workdir,
            is_read_only=service.is_read_only,
            tmpfs=service.tmpfs,
            mounts=mounts,
            read_only_mounts={
                f"/run/secrets/{name}": self._secrets / name for name in service.secrets
            },
        )

    def run(self, service: Service, image: Image, *, within_s: float) -> None:
        """A service that ends, as the migration does."""
        ended = self.container(service, image).run(service.command, within_s=within_s)
        if ended.returncode:
            raise ExerciseFailure(f"{service.name}: exit code {ended.returncode}: {ended.stdout}")

    def start(self, service: Service, image: Image) -> None:
        command = service.command or image.command
        if not self._give_way and command[:2] == ["nice", "-n"]:
            command = [*command[:2], "0", *command[3:]]
        process = self.container(service, image).start(command, self._log(service))
        self._processes[service.name] = (service, process)

    def wait_until_healthy(self, service: Service, image: Image) -> float:
        """Asks its health check, again and again; seconds that the good one took."""
        health = service.health
        if health is None:
            raise ExerciseFailure(f"{service.name} has no health check")
        began = time.monotonic()
        patience_s = health.start_period_s + health.retries * health.interval_s
        while True:
            self._require_alive(service)
            took_s, said = self._checked(service, image, health)
            if not said:
                return took_s
            if time.monotonic() - began > patience_s:
                raise ExerciseFailure(
                    f"{service.name} is not healthy after {patience_s:.0f} s: {said}. "
                    f"Its log ends: {self._end_of_log(service)}"
                )
            time.sleep(POLL_S)

    def is_unhealthy_where_nothing_runs(self, service: Service, image: Image) -> bool:
        """Whether the health check fails as long as the service was not started."""
        if service.health is None:
            raise ExerciseFailure(f"{service.name} has no health check")
        return bool(self._checked(service, image, service.health)[1])

    def end_well(self) -> None:
        for _, process in self._processes.values():
            ask_to_end(process)
        for service, process in self._processes.values():
            try:
                code = process.wait(service.stop_s)
            except subprocess.TimeoutExpired:
                raise ExerciseFailure(
                    f"{service.name} still runs {service.stop_s:.0f} s after SIGTERM"
                ) from None
            if code:
                raise ExerciseFailure(
                    f"{service.name} ended with exit code {code} after SIGTERM. "
                    f"Its log ends: {self._end_of_log(service)}"
                )

    def stop(self) -> None:
        for _, process in self._processes.values():
            process.kill()
            process.wait()

    def _checked(self, service: Service, image: Image, health: Health) -> tuple[float, str]:
        """Seconds, and what a check that fails said; nothing where it is good."""
        began = time.monotonic()
        try:
            ended = self.container(service, image).run(health.test, within_s=health.timeout_s)
        except subprocess.TimeoutExpired:
            return health.timeout_s, f"its health check takes more than {health.timeout_s:.0f} s"
        said = ended.stdout.strip() or f"exit code {ended.returncode}"
        return time.monotonic() - began, said if ended.returncode else ""

    def _require_alive(self, service: Service) -> None:
        code = self._processes[service.name][1].poll()
        if code is not None:
            raise ExerciseFailure(
                f"{service.name} ended with exit code {code}: {self._end_of_log(service)}"
            )

    def _volume(self, name: str, beneath: Path) -> Path:
        """A new volume takes over what the image has there and its owner, as with an engine."""
        folder = self._volumes / name
        if not folder.exists():
            self._volumes.mkdir(exist_ok=True)
            if not beneath.is_dir():
                raise ExerciseFailure(f"volume {name}: the image has no {beneath.name} to own it")
            shutil.copytree(beneath, folder, symlinks=True)
            owner = beneath.stat()
            for path in (folder, *folder.rglob("*")):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
        return folder

    def _folder_of_host(self, name: str, beneath: Path) -> Path:
        """An engine makes both ends where they are missing; ours is empty."""
        folder = self._volumes.parent / "host" / Path(name).name
        for end in (folder, beneath):
            end.mkdir(parents=True, exist_ok=True)
        return folder

    def _log(self, service: Service) -> Path:
        return self._logs / f"{service.name}.log"

    def _end_of_log(self, service: Service) -> str:
        return self._log(service).read_text(errors="replace")[-1500:]
