"""The PEFT trainer, with tiny models on the CPU."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.numpy import load_file, save_file
from transformers import AutoModelForCausalLM

from tests.tiny_models import Told, byte_tokenizer, tiny_job, tiny_model
from tests.trainer_fixtures import data, model, one_thread, weights_of
from training.lora.dataset import read_dataset
from training.lora.job import LoraJob
from training.lora.peft_trainer import train_peft
from training.lora.tokens import tokenize
from training.lora.trainer import (
    BadCheckpoint,
    BadWeights,
    Cancelled,
    DeviceMissing,
    Diverged,
    NotFinite,
    Trained,
    TrainingFailed,
    checkpoint_folder,
    checkpoints,
)
from training.lora.weights import digest_of_weights

__all__ = ["data", "model", "one_thread"]


def train(job: LoraJob, model: Path, data: Path, work: Path, told: Told, **more: Any) -> Trained:
    return train_peft(
        job,
        weights=model,
        data=data,
        work=work,
        report=told.report,
        cancelled=told.cancelled,
        **more,
    )


def test_it_learns_and_tells_each_iteration_once(model: Path, data: Path, tmp_path: Path) -> None:
    told = Told()
    trained = train(tiny_job(iterations=30), model, data, tmp_path / "run", told)
    assert [one.iteration for one in told.all] == list(range(1, 31))
    assert [one.iteration for one in told.all if one.validation_loss] == list(range(3, 31, 3))
    assert told.all[-1].loss < told.all[0].loss - 0.2
    assert all(one.tokens_per_s > 0 for one in told.all)
    assert told.all[0].line.splitlines()[0] == "8 conversations to train on"
    assert trained.metadata["weights"] == digest_of_weights(model)
    losses = trained.metadata["losses"]
    assert losses["validation_after"] == pytest.approx(told.all[-1].validation_loss, abs=1e-5)


def test_its_adapter_is_loaded_by_peft_and_changes_the_answers(
    model: Path, data: Path, tmp_path: Path
) -> None:
    trained = train(tiny_job(), model, data, tmp_path / "run", Told())
    ids = torch.arange(3, 20)[None]
    base = AutoModelForCausalLM.from_pretrained(model)
    before = base(ids).logits
    after = PeftModel.from_pretrained(base, trained.folder)(ids).logits
    assert (before - after).abs().max() > 1e-3
    assert {one.suffix for one in trained.folder.iterdir()} == {".json", ".safetensors"}
    said = json.loads((trained.folder / "kernelweave.json").read_text())
    assert said == trained.metadata
    assert said["job"]["rank"] == 4
    assert said["device"] == "cpu"


def test_only_the_last_blocks_are_adapted_where_the_job_says_so(
    model: Path, data: Path, tmp_path: Path
) -> None:
    trained = train(tiny_job(layers=1, iterations=2), model, data, tmp_path / "run", Told())
    assert {name.split(".layers.")[1][0] for name in weights_of(trained.folder)} == {"1"}
    loaded = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(model), trained.folder)
    assert not any("layers.0" in name for name, _ in loaded.named_parameters() if "lora" in name)


def test_equal_jobs_make_equal_files(model: Path, data: Path, tmp_path: Path) -> None:
    one, other = (
        train(tiny_job(dropout=0.2), model, data, tmp_path / name, Told()) for name in "ab"
    )
    for file in one.folder.iterdir():
        assert file.read_bytes() == (other.folder / file.name).read_bytes()
    third = train(tiny_job(dropout=0.2, seed=1), model, data, tmp_path / "c", Told())
    assert not same(weights_of(one.folder), weights_of(third.folder))


@pytest.mark.parametrize("reached", [3, 5])
def test_resuming_makes_what_an_uninterrupted_training_makes(
    model: Path, data: Path, tmp_path: Path, reached: int
) -> None:
    """Several epochs, dropout and a warm-up: order, RNG, optimizer and schedule must go on."""
    job = tiny_job(iterations=12, dropout=0.3)
    whole = train(job, model, data, tmp_path / "whole", Told())
    with pytest.raises(Cancelled):
        train(job, model, data, tmp_path / "cut", Told(cancel_after=reached))
    told = Told()
    resumed = train(job, model, data, tmp_path / "cut", told)
    assert told.all[0].iteration == 4
    assert "resumed from iteration 3" in told.all[0].line
    assert same(weights_of(whole.folder), weights_of(resumed.folder))
    assert whole.metadata == resumed.metadata


def test_a_checkpoint_goes_on_in_another_folder(model: Path, data: Path, tmp_path: Path) -> None:
    """As on another node, which gets nothing but the checkpoint that was told."""
    job = tiny_job()
    first = Told(cancel_after=4)
    with pytest.raises(Cancelled):
        train(job, model, data, tmp_path / "one", first)
    [kept] = [one for one in first.all if one.checkpoint]
    assert kept.checkpoint == checkpoint_folder(tmp_path / "one", 3)
    shutil.copytree(kept.checkpoint, checkpoint_folder(tmp_path / "other", 3))
    shutil.rmtree(tmp_path / "one")
    told = Told()
    train(job, model, data, tmp_path / "other", told)
    assert [one.iteration for one in told.all] == [4, 5, 6]


def test_a_training_that_was_killed_at_its_end_only_writes_the_adapter(
    model: Path, data: Path, tmp_path: Path
) -> None:
    whole = train(tiny_job(), model, data, tmp_path / "run", Told())
    before = weights_of(whole.folder)
    shutil.rmtree(whole.folder)
    again = Told()
    assert same(before, weights_of(train(tiny_job(), model, data, tmp_path / "run", again).folder))
    assert not again.all


def test_no_more_than_two_checkpoints_are_kept(model: Path, data: Path, tmp_path: Path) -> None:
    train(tiny_job(save_every=1), model, data, tmp_path / "run", Told())
    assert [number for number, _ in checkpoints(tmp_path / "run")] == [6, 5]
    assert not any(one.suffix == ".bin" for one in (tmp_path / "run").rglob("*"))


def test_a_checkpoint_of_another_job_is_refused(model: Path, data: Path, tmp_path: Path) -> None:
    train(tiny_job(), model, data, tmp_path / "run", Told())
    with pytest.raises(BadCheckpoint, match="another job"):
        train(tiny_job(rank=2), model, data, tmp_path / "run", Told())


def test_a_checkpoint_on_other_weights_is_refused(model: Path, data: Path, tmp_path: Path) -> None:
    train(tiny_job(), model, data, tmp_path / "run", Told())
    other = tiny_model(tmp_path / "other", seed=1)
    with pytest.raises(BadCheckpoint, match="base model"):
        train(tiny_job(), other, data, tmp_path / "run", Told())


def test_what_a_kill_left_unfinished_is_no_checkpoint(
    model: Path, data: Path, tmp_path: Path
) -> None:
    draft = tmp_path / "run" / "checkpoints" / ".draft" / "checkpoint-3"
    draft.mkdir(parents=True)
    (draft / "optimizer.pt").write_bytes(b"torn")
    told = Told()
    train(tiny_job(), model, data, tmp_path / "run", told)
    assert told.all[0].iteration == 1


def test_cancelling_stops_before_the_next_iteration(
    model: Path, data: Path, tmp_path: Path
) -> None:
    told = Told(cancel_after=2)
    with pytest.raises(Cancelled):
        train(tiny_job(), model, data, tmp_path / "run", told)
    assert told.all[-1].iteration == 2
    assert not (tmp_path / "run" / "adapter").exists()


def test_what_the_report_raises_ends_the_training(model: Path, data: Path, tmp_path: Path) -> None:
    class Gone(Exception):
        pass

    class Lost(Told):
        def report(self, progress: Any) -> None:
            raise Gone

    with pytest.raises(Gone):
        train(tiny_job(), model, data, tmp_path / "run", Lost())


def scaled(model: Path, folder: Path, factors: dict[str, float]) -> Path:
    """The model with the weights whose names have a part in common multiplied."""
    shutil.copytree(model, folder)
    tensors = load_file(folder / "model.safetensors")
    for name in tensors:
        for part, factor in factors.items():
            tensors[name] *= np.float32(factor if part in name else 1)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def test_a_base_model_that_overflows_fails_at_once(model: Path, data: Path, tmp_path: Path) -> None:
    broken = scaled(model, tmp_path / "broken", {"model.norm": 3e38})
    with pytest.raises(NotFinite, match="validation loss of the base model is NaN"):
        train(tiny_job(), broken, data, tmp_path / "run", Told())


def test_a_gradient_that_overflows_fails_with_its_iteration(
    model: Path, data: Path, tmp_path: Path
) -> None:
    """What the model says is as before, but the adapter's inputs are huge."""
    small = dict.fromkeys(("q_proj", "k_proj", "v_proj"), 1e-30)
    broken = scaled(model, tmp_path / "broken", {"input_layernorm": 1e30, **small})
    told = Told()
    with pytest.raises(NotFinite, match="gradient of iteration 1 is infinite"):
        train(tiny_job(), broken, data, tmp_path / "run", told)
    assert not told.all
    assert not (tmp_path / "run" / "adapter").exists()


def test_a_loss_that_is_no_number_fails_with_its_iteration(data: Path, tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "model", spread=0.5)
    with pytest.raises(NotFinite, match=r"iteration \d+ is (NaN|infinite)"):
        train(
            tiny_job(alpha=1024, learning_rate=1.0, iterations=60),
            scaled(model, tmp_path / "large", {"model.norm": 1e36}),
            data,
            tmp_path / "run",
            Told(),
        )


def test_a_rising_loss_fails_as_divergence(data: Path, tmp_path: Path) -> None:
    """A model that knows the answers has much to lose."""
    model = learned_model(tmp_path / "model", data)
    told = Told()
    with pytest.raises(Diverged, match=r"diverges: [0-9.]+ at iteration \d+, smoothed, and 0\.\d+"):
        train(tiny_job(learning_rate=1.0, iterations=60), model, data, tmp_path / "run", told)
    assert told.all[-1].iteration < 20


def test_a_gpu_that_is_not_there_is_missing(model: Path, data: Path, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("NOT TESTED: this machine has a GPU")
    with pytest.raises(DeviceMissing):
        train(tiny_job(), model, data, tmp_path, Told(), device="gpu")


@pytest.mark.parametrize("kind", ["missing", "text", "folder", "pickled"])
def test_weights_that_cannot_be_used_are_refused(
    model: Path, data: Path, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "weights"
    if kind == "text":
        path.write_text("no model")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pickled":
        shutil.copytree(model, path)
        (path / "model.safetensors").unlink()
        torch.save({}, path / "pytorch_model.bin")
    with pytest.raises(BadWeights):
        train(tiny_job(), path, data, tmp_path / "run", Told())


def test_training_tells_nobody_outside(
    model: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRL tells its makers of each training, in a thread of its own."""
    reached: list[Any] = []
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(
        "trl.trainer.base_trainer.send_telemetry", lambda **said: reached.append(said)
    )
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: reached.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: reached.append(host))
    train(tiny_job(), model, data, tmp_path, Told())
    assert not reached


def test_two_processes_make_what_one_makes(model: Path, data: Path, tmp_path: Path) -> None:
    """On the CPU, as several GPUs do it: by accelerate, a share of each batch in each process."""
    job = tiny_job(iterations=4, save_every=2)
    one = train(job, model, data, tmp_path / "one", Told())
    told = Told()
    two = train(job, model, data, tmp_path / "two", told, processes=2)
    assert [progress.iteration for progress in told.all] == [1, 2, 3, 4]
    assert [number for number, _ in checkpoints(tmp_path / "two")] == [4, 2]
    alone, together = weights_of(one.folder), weights_of(two.folder)
    assert alone.keys() == together.keys()
    assert all(np.allclose(alone[name], together[name], atol=1e-5) for name in alone)


def test_processes_fail_with_the_reason_and_resume(model: Path, data: Path, tmp_path: Path) -> None:
    job, work = tiny_job(iterations=400, save_every=2, evaluate_every=400), tmp_path / "run"
    with pytest.raises(Cancelled):
        train(job, model, data, work, Told(cancel_after=2), processes=2)
    last = checkpoints(work)[0][0]
    assert 2 <= last < 400
    told = Told(cancel_after=last + 2)
    with pytest.raises(Cancelled):
        train(job, model, data, work, told, processes=2)
    assert told.all[0].iteration == last + 1
    broken = scaled(model, tmp_path / "broken", {"model.norm": 3e38})
    with pytest.raises(NotFinite, match="validation loss of the base model is NaN"):
        train(job, broken, data, tmp_path / "other", Told(), processes=2)


def test_a_batch_must_be_divisible_among_the_processes(
    model: Path, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingFailed, match="batch of 2 cannot be divided among 3"):
        train(tiny_job(), model, data, tmp_path, Told(), processes=3)


def learned_model(folder: Path, data: Path) -> Path:
    """A tiny model with all its weights fitted to the dataset."""
    tiny_model(folder)
    tokenizer = byte_tokenizer()
    model = AutoModelForCausalLM.from_pretrained(folder)
    dataset = read_dataset(data)
    items = tokenize([*dataset.train, *dataset.valid], tokenizer, length=64, side="all").items
    longest = max(len(one.ids) for one in items)
    ids = torch.tensor([[*one.ids, *[0] * (longest - len(one.ids))] for one in items])
    labels = torch.tensor([[*one.labels, *[-100] * (longest - len(one.ids))] for one in items])
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(150):
        optimizer.zero_grad()
        model(input_ids=ids, labels=labels).loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    return folder


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[n], other[n]) for n in one)
