"""The script that people write who use TRL as its documentation begins: what to compare with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets import load_dataset
from peft import LoraConfig
from transformers import TrainerCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer


def train(
    model: Path,
    data: Path,
    out: Path,
    *,
    on_gpu: bool,
    recompute: bool,
    iterations: int,
    batch: int,
    length: int,
    rank: int,
    alpha: int,
    ended: Callable[[], None],
) -> None:
    """Calls `ended` after each iteration."""

    class Clock(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            ended()

    rows = load_dataset("json", data_files=str(data), split="train", cache_dir=str(out / "cache"))
    rows = rows.map(
        lambda row: {"prompt": row["messages"][:1], "completion": row["messages"][1:]},
        remove_columns=["messages"],
    )
    trainer = SFTTrainer(
        model=str(model),
        args=SFTConfig(
            output_dir=str(out),
            max_steps=iterations,
            per_device_train_batch_size=batch,
            max_length=length,
            learning_rate=2e-4,
            bf16=on_gpu,
            use_cpu=not on_gpu,
            gradient_checkpointing=recompute,
            model_init_kwargs={"dtype": "bfloat16" if on_gpu else "float32"},
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=rows,
        peft_config=LoraConfig(
            task_type="CAUSAL_LM", r=rank, lora_alpha=alpha, target_modules="all-linear"
        ),
        callbacks=[Clock()],
    )
    trainer.train()
