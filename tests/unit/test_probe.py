"""What a machine has to train with is found by a process of its own, or said to be missing."""

import pytest

from training.lora.job import Device
from training.lora.trainer import DeviceMissing
from training.nodes import probe
from training.nodes.probe import look, machine_with


@pytest.mark.parametrize("device", ["cpu", "mlx"])
def test_hardware_and_versions_are_told(device: Device) -> None:
    found = machine_with(device)
    assert found.hardware["cores"] >= 1
    assert found.hardware["memory_mib"] > 100
    assert set(found.versions) == {"python", *probe.LIBRARIES[device]}
    assert ("accelerator" in found.hardware) == (device == "mlx")


def test_a_missing_gpu_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(DeviceMissing, match="torch sees no CUDA device"):
        machine_with("gpu")


def test_a_missing_package_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(probe.LIBRARIES, "mlx", ("mlx-of-tomorrow",))
    with pytest.raises(DeviceMissing, match=r"mlx-of-tomorrow .* requirements/mlx\.txt"):
        look("mlx")


def test_a_look_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "LOOK_S", 0.01)
    with pytest.raises(DeviceMissing, match="took more than"):
        machine_with("cpu")
