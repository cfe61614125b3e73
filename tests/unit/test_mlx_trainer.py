"""The MLX trainer, for real, with tiny models on whatever MLX has here: on Linux the CPU."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.numpy import load_file, save_file
from transformers import AutoModelForCausalLM

from tests.tiny_models import Told, byte_tokenizer, tiny_job, tiny_model, write_dataset
from tests.trainer_fixtures import data, model, one_thread, weights_of
from training.lora.dataset import read_dataset
from training.lora.job import LoraJob
from training.lora.mlx_trainer import train_mlx
from training.lora.peft_trainer import train_peft
from training.lora.tokens import tokenize
from training.lora.trainer import (
    BadCheckpoint,
    BadWeights,
    Cancelled,
    DeviceMissing,
    LeakingDataset,
    NotFinite,
    Trained,
    checkpoint_folder,
    checkpoints,
)

pytest.importorskip("mlx_lm", reason="NOT TESTED: mlx-lm is not installed")

from training.lora.mlx_model import rotary_names

__all__ = ["data", "model", "one_thread"]


def train(job: LoraJob, model: Path, data: Path, work: Path, told: Told) -> Trained:
    return train_mlx(
        job,
        weights=model,
        data=data,
        work=work,
        report=told.report,
        cancelled=told.cancelled,
    )


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[n], other[n]) for n in one)


def loss_by_torch(model: Path, adapter: Path | None, data: Path) -> float:
    """Of the validation side."""
    loaded: Any = AutoModelForCausalLM.from_pretrained(model)
    if adapter:
        loaded = PeftModel.from_pretrained(loaded, adapter)
    items = tokenize(read_dataset(data).valid, byte_tokenizer(), length=64, side="valid").items
    total, count = 0.0, 0
    for one in items:
        labels = torch.tensor([one.labels])
        with torch.no_grad():
            loss = loaded(input_ids=torch.tensor([one.ids]), labels=labels).loss
        total, count = total + float(loss) * sum(one.learned), count + sum(one.learned)
    return total / count


def test_its_adapter_is_loaded_by_peft_and_computes_the_same(
    model: Path, data: Path, tmp_path: Path
) -> None:
    told = Told()
    trained = train(tiny_job(iterations=12), model, data, tmp_path / "run", told)
    losses = trained.metadata["losses"]
    assert losses["validation_before"] == pytest.approx(loss_by_torch(model, None, data), abs=2e-5)
    after = loss_by_torch(model, trained.folder, data)
    assert losses["validation_after"] == pytest.approx(after, abs=2e-5)
    assert after < losses["validation_before"] - 0.1
    assert [one.iteration for one in told.all] == list(range(1, 13))
    assert [one.iteration for one in told.all if one.validation_loss] == [3, 6, 9, 12]
    assert {one.suffix for one in trained.folder.iterdir()} == {".json", ".safetensors"}
    assert json.loads((trained.folder / "kernelweave.json").read_text()) == trained.metadata


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"rope_theta": 5.0, "rope_parameters": {"rope_theta": 9.0}}, {}),
        ({}, {}),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": 9.0}}, {"rope_theta": 9.0}),
        (
            {"rope_parameters": {"rope_type": "linear", "rope_theta": 9.0, "factor": 2.0}},
            {
                "rope_theta": 9.0,
                "rope_scaling": {
                    "rope_type": "linear",
                    "type": "linear",
                    "rope_theta": 9.0,
                    "factor": 2.0,
                },
            },
        ),
        (
            {
                "rope_parameters": {
                    "full_attention": {"rope_type": "default", "rope_theta": 1e6},
                    "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
                }
            },
            {"rope_theta": 1e6, "rope_local_base_freq": 1e4},
        ),
    ],
)
def test_positions_are_said_in_the_names_that_mlx_reads(
    config: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert rotary_names(config) == expected


def test_both_trainers_adapt_the_same_weights_and_begin_with_the_same_losses(
    model: Path, data: Path, tmp_path: Path
) -> None:
    by_mlx, by_peft = Told(), Told()
    job = tiny_job(layers=1)
    one = train(job, model, data, tmp_path / "mlx", by_mlx)
    other = train_peft(
        job,
        weights=model,
        data=data,
        work=tmp_path / "peft",
        report=by_peft.report,
        cancelled=by_peft.cancelled,
    )
    assert by_mlx.all[0].loss == pytest.approx(by_peft.all[0].loss, abs=1e-4)
    shapes = [
        {name: one.shape for name, one in weights_of(trained.folder).items()}
        for trained in (one, other)
    ]
    assert shapes[0] == shapes[1]
    configs = [(trained.folder / "adapter_config.json").read_bytes() for trained in (one, other)]
    assert configs[0] == configs[1]


def test_resuming_makes_what_an_uninterrupted_training_makes(
    model: Path, data: Path, tmp_path: Path
) -> None:
    """Several epochs, dropout and a warm-up: order, RNG, optimizer and schedule must go on."""
    job = tiny_job(iterations=12, dropout=0.3)
    whole = train(job, model, data, tmp_path / "whole", Told())
    first = Told(cancel_after=5)
    with pytest.raises(Cancelled):
        train(job, model, data, tmp_path / "one", first)
    [kept] = [one for one in first.all if one.checkpoint]
    assert kept.checkpoint is not None
    shutil.copytree(kept.checkpoint, checkpoint_folder(tmp_path / "other", 3))
    told = Told()
    resumed = train(job, model, data, tmp_path / "other", told)
    assert told.all[0].iteration == 4
    assert same(weights_of(whole.folder), weights_of(resumed.folder))
    assert whole.metadata == resumed.metadata


def test_a_training_that_was_killed_at_its_end_only_writes_the_adapter(
    model: Path, data: Path, tmp_path: Path
) -> None:
    whole = train(tiny_job(), model, data, tmp_path / "run", Told())
    before = weights_of(whole.folder)
    shutil.rmtree(whole.folder)
    again = Told()
    assert same(before, weights_of(train(tiny_job(), model, data, tmp_path / "run", again).folder))
    assert not again.all


def test_it_trains_in_any_thread(model: Path, data: Path, tmp_path: Path) -> None:
    """A node's queue calls it in one of its own."""
    here = train(tiny_job(), model, data, tmp_path / "here", Told())
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(train, tiny_job(), model, data, tmp_path / "there", Told()).result()
    assert same(weights_of(here.folder), weights_of(there.folder))


def test_a_model_that_mlx_quantized_is_trained(model: Path, data: Path, tmp_path: Path) -> None:
    from mlx_lm.utils import load_model, quantize_model, save_config, save_model

    loaded, config = load_model(model)
    small, config = quantize_model(loaded, config, group_size=32, bits=4)
    folder = tmp_path / "quantized"
    folder.mkdir()
    save_model(folder, small)
    save_config(config, folder / "config.json")
    byte_tokenizer().save_pretrained(folder)
    trained = train(tiny_job(iterations=12), folder, data, tmp_path / "run", Told())
    losses = trained.metadata["losses"]
    assert losses["validation_after"] < losses["validation_before"] - 0.1
    assert PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(model), trained.folder)


def test_cancelling_stops_before_the_next_iteration(
    model: Path, data: Path, tmp_path: Path
) -> None:
    told = Told(cancel_after=2)
    with pytest.raises(Cancelled):
        train(tiny_job(), model, data, tmp_path / "run", told)
    assert told.all[-1].iteration == 2
    assert not (tmp_path / "run" / "adapter").exists()


@pytest.mark.parametrize(
    ("factors", "why"),
    [
        ({"model.norm": 3e38}, "validation loss of the base model is NaN"),
        (
            {"input_layernorm": 1e30, "q_proj": 1e-30, "k_proj": 1e-30, "v_proj": 1e-30},
            "gradient of iteration 1 is (infinite|NaN)",
        ),
    ],
)
def test_what_is_no_number_fails_with_the_reason(
    model: Path, data: Path, tmp_path: Path, factors: dict[str, float], why: str
) -> None:
    broken = shutil.copytree(model, tmp_path / "broken")
    tensors = load_file(broken / "model.safetensors")
    for name in tensors:
        for part, factor in factors.items():
            tensors[name] *= np.float32(factor if part in name else 1)
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(NotFinite, match=why):
        train(tiny_job(), broken, data, tmp_path / "run", Told())
    assert not (tmp_path / "run" / "adapter").exists()


def test_a_leaking_dataset_is_refused(model: Path, tmp_path: Path) -> None:
    data = write_dataset(tmp_path / "data")
    shutil.copy(data / "train.jsonl", data / "valid.jsonl")
    with pytest.raises(LeakingDataset, match="8 of 8"):
        train(tiny_job(), model, data, tmp_path / "run", Told())


def test_checkpoints_are_not_mixed_up(model: Path, data: Path, tmp_path: Path) -> None:
    train(tiny_job(), model, data, tmp_path / "run", Told())
    assert [number for number, _ in checkpoints(tmp_path / "run")] == [6, 3]
    with pytest.raises(BadCheckpoint, match="another job, base model or trainer"):
        train(tiny_job(seed=3), model, data, tmp_path / "run", Told())
    (checkpoint_folder(tmp_path / "run", 6) / "state.safetensors").write_bytes(b"torn")
    with pytest.raises(BadCheckpoint, match="cannot be read"):
        train(tiny_job(), model, data, tmp_path / "run", Told())


def test_weights_that_cannot_be_used_are_refused(data: Path, tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(BadWeights):
        train(tiny_job(), folder, data, tmp_path / "run", Told())


def test_without_mlx_the_device_is_missing(
    model: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.lora.mlx_trainer.find_spec", lambda name: None)
    with pytest.raises(DeviceMissing, match=r"requirements/mlx\.txt"):
        train(tiny_job(), model, data, tmp_path / "run", Told())
