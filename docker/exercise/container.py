"""A folder as the root of processes, by bubblewrap: their user, paths, mounts and host name.

Not covered: the base image's own programs (this machine's `/usr` stands for them), the engine's
networks and limits. The network is this machine's, so that the stores on loopback can be reached.
"""

import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

BASE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
PYTHON = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
SITE = Path(sysconfig.get_paths()["purelib"]).resolve()
PROGRAMS = Path(sysconfig.get_paths()["scripts"]).resolve()


@dataclass(frozen=True)
class Container:
    """What a process inside sees. `mounts` are folders or files here by their place inside."""

    root: Path
    name: str
    environment: Mapping[str, str]
    user: str = "0:0"
    workdir: str = "/"
    is_read_only: bool = False
    tmpfs: Sequence[str] = ()
    mounts: Mapping[str, Path] = field(default_factory=dict)
    read_only_mounts: Mapping[str, Path] = field(default_factory=dict)

    def words(self, command: Sequence[str]) -> list[str]:
        user, _, group = self.user.partition(":")
        return [
            *("bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc"),
            *("--unshare-uts", "--hostname", self.name),
            *("--ro-bind" if self.is_read_only else "--bind", str(self.root), "/"),
            *("--ro-bind", "/usr", "/usr", *_python_in_usr_local()),
            *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/run/secrets"),
            *("--perms", "1777", "--tmpfs", "/dev/shm"),
            *(word for at in self.tmpfs for word in ("--perms", "1777", "--tmpfs", at)),
            *_parents_within(self.tmpfs),
            *(word for path in _outside_usr() for word in ("--ro-bind", path, path)),
            *_binds("--bind", self.mounts),
            *_binds("--ro-bind", self.read_only_mounts),
            *("--chdir", self.workdir, "--clearenv"),
            *(
                word
                for name, value in self.environment.items()
                for word in ("--setenv", name, value)
            ),
            *("--", "setpriv", f"--reuid={user}", f"--regid={group or user}", "--clear-groups"),
            *(() if user == "0" else ("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all")),
            *command,
        ]

    def run(self, command: Sequence[str], *, within_s: float) -> subprocess.CompletedProcess[str]:
        """Waits for its end; both outputs are in `stdout`. One that takes longer is killed."""
        return subprocess.run(
            self.words(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=within_s,
        )

    def start(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as out:
            return subprocess.Popen(
                self.words(command), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )


def make_root(root: Path) -> None:
    """An empty root: the places where something is mounted, the accounts, and links to `/usr`."""
    places = ["usr", "proc", "dev", "run/secrets", "app", "opt", "var/lib", "data", "etc"]
    for place in [*places, *(path.lstrip("/") for path in _outside_usr())]:
        (root / place).mkdir(parents=True, exist_ok=True)
    (root / "tmp").mkdir(exist_ok=True)  # a checkout may lie below it
    (root / "tmp").chmod(0o1777)
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        if Path("/", name).is_symlink():
            (root / name).symlink_to(os.readlink(Path("/", name)))
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/ld.so.cache").write_bytes(Path("/etc/ld.so.cache").read_bytes())


def ask_to_end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the process inside, as an engine sends it: bubblewrap passes none on."""
    inside = psutil.Process(process.pid)
    for _ in range(2):  # bubblewrap outside, bubblewrap as the first process, the command
        children = inside.children()
        if not children:
            return
        inside = children[0]
    inside.send_signal(signal.SIGTERM)


def _outside_usr() -> list[str]:
    """Where the packages lie, and Python itself: its programs know libraries by that path."""
    paths = (Path(sys.base_prefix), SITE, PROGRAMS)
    return [str(path) for path in paths if not path.is_relative_to("/usr")]


def _parents_within(tmpfs: Sequence[str]) -> list[str]:
    """A checkout may lie below /tmp; folders that bubblewrap makes itself are for root alone."""
    parents = [at for path in _outside_usr() for at in reversed(Path(path).parents)]
    below = [at for at in parents if any(Path(place) in at.parents for place in tmpfs)]
    return [word for at in dict.fromkeys(below) for word in ("--perms", "0755", "--dir", str(at))]


def _python_in_usr_local() -> list[str]:
    """There the Python images have theirs."""
    if sys.base_prefix != "/usr":
        return ["--ro-bind", sys.base_prefix, "/usr/local"]
    return ["--tmpfs", "/usr/local/bin", "--symlink", str(PYTHON), "/usr/local/bin/python"]


def _binds(option: str, mounts: Mapping[str, Path]) -> list[str]:
    return [word for at in sorted(mounts) for word in (option, str(mounts[at]), at)]
