"""Whether there is a GPU for training, what it is called, and the most memory taken of it."""

from training.lora.job import Device

MIB = 2**20


def device_name(device: Device) -> str:
    import torch

    return torch.cuda.get_device_name() if device == "gpu" else "cpu"


def gpu_peak_mib(device: Device) -> float | None:
    """What PyTorch allocated at its peak, in this process; None without a GPU."""
    import torch

    return torch.cuda.max_memory_allocated() / MIB if device == "gpu" else None


def has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()
