"""One training in this process: `python -m kwsite.bench.lora.arm`. It needs no Django."""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kwsite.bench.lora.material import write_conversations, write_model
from kwsite.bench.lora.report import Measured
from kwsite.bench.lora.sizes import SIZES
from kwsite.bench.memory import peak_mib
from training.lora.gpu import device_name, gpu_peak_mib
from training.lora.job import Device, LoraJob
from training.lora.trainers import TrainerOptions, trainer_of

FIRST = 3  # iterations that are not counted
RANK, ALPHA = 8, 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arm", choices=("ours", "plain"), required=True)
    parser.add_argument("--size", choices=SIZES, required=True)
    parser.add_argument("--device", choices=("cpu", "gpu"), required=True)
    parser.add_argument("--iterations", type=int, default=30)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--recompute", action="store_true")
    parser.add_argument("--work", type=Path, required=True, help="an empty folder")
    parser.add_argument("--result", type=Path, required=True, help="JSON there")
    options = parser.parse_args()
    options.result.write_text(json.dumps(measure(options).as_json()))


def measure(options: argparse.Namespace) -> Measured:
    work: Path = options.work
    on_gpu = options.device == "gpu"
    count = write_model(work / "model", SIZES[options.size], in_bf16=on_gpu)
    write_conversations(work / "data", train=64, valid=1, length=options.length)
    ends: list[float] = []
    arm = _ours if options.arm == "ours" else _plain
    arm(options, lambda: ends.append(time.monotonic()))
    counted = ends[FIRST - 1 : -1]
    tokens = (len(counted) - 1) * options.batch * options.length
    return Measured(
        arm=options.arm,
        size=options.size,
        weights=count,
        device=device_name(options.device),
        precision="bf16" if on_gpu else "float32",
        batch=options.batch,
        length=options.length,
        recompute=options.recompute,
        iterations=options.iterations,
        tokens_per_s=tokens / (counted[-1] - counted[0]),
        process_mib=peak_mib(),
        gpu_mib=gpu_peak_mib(options.device),
        load=os.getloadavg()[0],
    )


def _ours(options: argparse.Namespace, ended: Callable[[], None]) -> None:
    work, device = options.work, options.device
    job = LoraJob(
        base_model="random",
        data="0" * 64,
        rank=RANK,
        alpha=ALPHA,
        iterations=options.iterations,
        batch_size=options.batch,
        sequence_length=options.length,
        save_every=options.iterations,
        evaluate_every=options.iterations,
    )
    trainer = trainer_of(_device(device), TrainerOptions(recompute=options.recompute))
    trainer(
        job,
        weights=work / "model",
        data=work / "data",
        work=work / "run",
        report=lambda progress: ended(),
        cancelled=lambda: False,
    )


def _device(name: Any) -> Device:
    return "gpu" if name == "gpu" else "cpu"


def _plain(options: argparse.Namespace, ended: Callable[[], None]) -> None:
    from kwsite.bench.lora.plain import train

    train(
        options.work / "model",
        options.work / "data" / "train.jsonl",
        options.work / "plain",
        on_gpu=options.device == "gpu",
        recompute=options.recompute,
        iterations=options.iterations,
        batch=options.batch,
        length=options.length,
        rank=RANK,
        alpha=ALPHA,
        ended=ended,
    )


if __name__ == "__main__":
    main()
