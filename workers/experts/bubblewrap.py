"""Runs a Python script in a bubblewrap sandbox: no network, no files but Python's, limits on all.

What it does not cover: a flaw in the kernel or in bubblewrap; the processor, which several runs
share; where the script runs hostile code in its own process, that code can forge what it reports.
"""

import os
import selectors
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from workers.experts.seccomp import program

WALL_S = 6.0
MOST_OUTPUT = 64 * 1024
TMP_BYTES = 16 * 1024**2
LIMITS = {  # names of the resource module; the script inside sets them
    "RLIMIT_CPU": 4,
    "RLIMIT_AS": 512 * 1024**2,
    "RLIMIT_FSIZE": TMP_BYTES,
    "RLIMIT_NOFILE": 64,
    "RLIMIT_CORE": 0,
}
SCRIPT = "/run/script.py"


@dataclass(frozen=True)
class Ran:
    """What a sandboxed process wrote, and what stopped it, if anything did."""

    output: bytes
    stopped: str = ""  # by us
    signal: int = 0  # that ended it


def run_script(script: Path, given: bytes, *, wall_s: float = WALL_S) -> Ran:
    """Runs a script of the standard library with `given` on its standard input."""
    with _filter() as descriptor:
        process = subprocess.Popen(
            [*_command(script), "--seccomp", str(descriptor), "--", *_python()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(descriptor,),
            env={},
            cwd="/",
            start_new_session=True,
        )
        try:
            return _watched(process, given, time.monotonic() + wall_s, wall_s)
        finally:
            process.kill()  # its whole namespace goes with it
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


@lru_cache(maxsize=1)
def missing() -> str:
    """Why bubblewrap cannot be used here; empty where it can. Found out by running it once."""
    if shutil.which("bwrap") is None:
        return "bwrap is not installed"
    if program() is None:
        return "the system calls of this processor are not known"
    ran = run_script(Path(__file__).with_name("sandbox_probe.py"), b"")
    said = ran.output.decode(errors="replace").strip()
    if said == "inside":
        return ""
    return ran.stopped or f"bwrap does not work here: {said[:200] or 'it wrote nothing'}"


def _watched(
    process: "subprocess.Popen[bytes]", given: bytes, deadline: float, wall_s: float
) -> Ran:
    """Writes and reads until the process ends, writes too much, or its time is over."""
    assert process.stdin is not None
    assert process.stdout is not None
    output = b""
    with selectors.DefaultSelector() as watched:
        os.set_blocking(process.stdin.fileno(), False)
        watched.register(process.stdin, selectors.EVENT_WRITE)
        watched.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            ready = watched.select(max(left, 0))
            if left <= 0 or not ready:
                return Ran(output, f"it took more than {wall_s:g} s")
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    given = _written(process.stdin.fileno(), given)
                    if not given:
                        watched.unregister(process.stdin)
                        process.stdin.close()
                    continue
                piece = os.read(process.stdout.fileno(), MOST_OUTPUT)
                if not piece:
                    return Ran(output, signal=_signal(process, left))
                output += piece
                if len(output) > MOST_OUTPUT:
                    return Ran(output, f"it wrote more than {MOST_OUTPUT // 1024} KiB")


def _signal(process: "subprocess.Popen[bytes]", within_s: float) -> int:
    """Which signal ended the script; bubblewrap tells it as 128 and its number."""
    try:
        return max(process.wait(within_s) - 128, 0)
    except subprocess.TimeoutExpired:  # it closed its output and goes on
        return signal.SIGKILL


def _written(descriptor: int, given: bytes) -> bytes:
    """What is left to write; nothing where nobody reads any more."""
    try:
        return given[os.write(descriptor, given) :]
    except BlockingIOError:
        return given
    except BrokenPipeError:
        return b""


def _python() -> list[str]:
    return [os.path.realpath(sys.executable), "-I", "-S", "-B", SCRIPT]


def _command(script: Path) -> list[str]:
    shown = [argument for path in _readable() for argument in ("--ro-bind", path, path)]
    for name in ("lib", "lib64", "bin"):
        path = Path("/", name)
        if path.is_symlink():
            shown += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir() and name != "bin":
            shown += ["--ro-bind", str(path), str(path)]
    return [
        *(
            shutil.which("bwrap") or "bwrap",
            "--unshare-all",
            "--unshare-user",
            "--disable-userns",
            "--die-with-parent",
        ),
        *("--new-session", "--clearenv", "--cap-drop", "ALL", "--uid", "65534", "--gid", "65534"),
        *("--hostname", "sandbox", *shown, "--ro-bind", str(script), SCRIPT),
        *("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"),
        *("--size", str(TMP_BYTES), "--tmpfs", "/tmp", "--remount-ro", "/", "--chdir", "/tmp"),
    ]


def _readable() -> list[str]:
    """Shared libraries, and this Python with its standard library; not its site packages' home."""
    executable = os.path.realpath(sys.executable)
    paths = ["/usr/lib", "/usr/lib64", executable]
    library = sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix})
    if not library.startswith("/usr/lib/"):
        paths.append(str(Path(library).parent))
    return [path for path in paths if os.path.exists(path)]


@contextmanager
def _filter() -> Iterator[int]:
    """A descriptor from which bubblewrap reads the filter."""
    code = program()
    assert code is not None
    descriptor = os.memfd_create("seccomp")
    try:
        os.write(descriptor, code)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
