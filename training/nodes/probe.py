"""What a machine has to train with: `python -m training.nodes.probe DEVICE` prints it as JSON.

A process of its own looks, for a GPU or MLX library that was loaded stays loaded.
"""

import contextlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from training.lora.job import Device
from training.lora.trainer import DeviceMissing

LIBRARIES: dict[Device, tuple[str, ...]] = {
    "cpu": ("torch", "transformers", "peft", "trl"),
    "gpu": ("torch", "transformers", "peft", "trl", "accelerate"),
    "mlx": ("mlx", "mlx-lm"),
}
MIB = 2**20
LOOK_S = 120.0
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Machine:
    """`hardware`: accelerator and its memory, the machine's memory (MiB), cores, system."""

    hardware: dict[str, Any]
    versions: dict[str, str]


def machine_with(device: Device) -> Machine:
    """Raises DeviceMissing with what is to be done."""
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "training.nodes.probe", device],
            capture_output=True,
            text=True,
            timeout=LOOK_S,
            check=False,
            cwd=CHECKOUT,
        )
    except subprocess.TimeoutExpired as error:
        raise DeviceMissing(f"Looking for {device} took more than {LOOK_S:.0f} s.") from error
    lines = ended.stdout.splitlines()
    if ended.returncode or not lines:
        said = ended.stderr.strip().splitlines()
        raise DeviceMissing(said[-1] if said else f"Looking for {device} ended without a word.")
    return Machine(**json.loads(lines[-1]))


def look(device: Device) -> Machine:
    """The same in this process. Raises DeviceMissing."""
    versions = {"python": platform.python_version()}
    for library in LIBRARIES[device]:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            raise DeviceMissing(
                f"The package {library} is missing, which a node for {device} needs: install "
                f"requirements/{'mlx' if device == 'mlx' else 'train'}.txt."
            ) from None
    own = {
        "cores": _cores(),
        "memory_mib": _memory_mib(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    return Machine({**_accelerator(device), **own}, versions)


def _accelerator(device: Device) -> dict[str, Any]:
    if device == "cpu":
        return {}
    return _cuda() if device == "gpu" else _mlx()


def _cuda() -> dict[str, Any]:
    import torch

    if not torch.cuda.is_available():
        raise DeviceMissing("torch sees no CUDA device: install its driver and a torch for CUDA.")
    found = torch.cuda.get_device_properties(0)
    count = torch.cuda.device_count()
    return {
        "accelerator": found.name if count == 1 else f"{count} x {found.name}",
        "accelerator_memory_mib": found.total_memory // MIB * count,
        "cuda": torch.version.cuda,
    }


def _mlx() -> dict[str, Any]:
    try:
        import mlx.core as mx
    except ImportError as error:
        raise DeviceMissing(f"mlx cannot be loaded: {error}") from error
    device = mx.default_device()
    found = mx.device_info(device)
    named = {"accelerator": str(found.get("device_name", device))}
    memory = found.get("max_recommended_working_set_size") or found.get("memory_size")
    return {**named, "accelerator_memory_mib": int(memory) // MIB} if memory else named


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_mib() -> int:
    """Of the machine, or what its container may take of it."""
    own = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # "max", or no such group of processes
        own = min(own, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return own // MIB


if __name__ == "__main__":
    try:
        print(json.dumps(asdict(look(sys.argv[1]))))  # type: ignore[arg-type]
    except DeviceMissing as error:
        sys.exit(error.detail)
