"""The training itself, by TRL and PEFT: data, one loop with callbacks, the adapter."""

import shutil
import time
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import torch
from datasets import Dataset as Rows
from transformers import (
    PrinterCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
)
from transformers.utils import logging as transformers_logging
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from training.lora.adapter_files import write_adapter
from training.lora.batches import batches
from training.lora.dataset import Dataset
from training.lora.gpu import device_name
from training.lora.job import LoraJob
from training.lora.loss_watch import LossWatch, require_finite
from training.lora.metadata import describe
from training.lora.peft_model import (
    load_model,
    pairs_of,
    require_all_finite,
    set_weights,
    with_adapter,
)
from training.lora.progress import Losses, Pace, Telling
from training.lora.run_folder import (
    ADAPTER,
    empty_draft,
    last_checkpoint,
    made_for,
    place_adapter,
    place_checkpoint,
    prepare,
)
from training.lora.schedule import warm_up
from training.lora.tokens import Tokenized, first_lines, load_tokenizer, tokenize
from training.lora.trainer import (
    CHECKPOINTS,
    DRAFT,
    Asked,
    Cancelled,
    Report,
    Trained,
    TrainingFailed,
)

NAME = "peft"
MOST_NORM = 1.0  # of the gradient
VALIDATED = 64  # conversations: measuring takes time that training could have
# What a checkpoint is resumed from; the tokenizer and pickled settings are saved beside it.
RESUMED = ("adapter_", "optimizer", "scheduler", "rng_state", "trainer_state")


@dataclass(frozen=True)
class Machine:
    device: Literal["cpu", "gpu"] = "cpu"
    processes: int = 1
    recompute: bool = False


def fine_tune(
    job: LoraJob,
    dataset: Dataset,
    folder: Path,
    work: Path,
    machine: Machine,
    *,
    report: Report,
    cancelled: Asked,
) -> Trained:
    """`folder` is a Hugging Face directory. Raises TrainingFailed."""
    _be_quiet()
    args = settings(job, work, machine)
    with args.main_process_first():
        if args.process_index == 0:
            prepare(work)
    origin = made_for(job, dataset, NAME, folder)
    checkpoint = last_checkpoint(work, origin)
    args.eval_on_start = checkpoint is None
    tokenizer = load_tokenizer(folder)
    train = tokenize(dataset.train, tokenizer, length=job.sequence_length, side="train")
    valid = tokenize(dataset.valid[:VALIDATED], tokenizer, length=job.sequence_length, side="valid")
    torch.manual_seed(job.seed)
    model = with_adapter(load_model(folder, machine.device), job)
    watching = _Watching(job, work, origin, Telling(report, first_lines(train, job)), cancelled)
    trainer = _Trainer(
        model=model,
        args=args,
        train_dataset=_rows(train, _places(job, len(train.items))),
        eval_dataset=_rows(valid, list(range(len(valid.items)))),
        processing_class=tokenizer,
        callbacks=[watching],
    )
    trainer.remove_callback(PrinterCallback)
    if checkpoint:
        watching.resume(checkpoint)
    if checkpoint and int(checkpoint.name) >= job.iterations:
        set_weights(model, checkpoint)
    else:
        _run(trainer, checkpoint)
    watching.telling.flush()
    metadata = describe(
        job,
        dataset,
        weights=origin["weights"],
        trainer=NAME,
        device=device_name(machine.device),
        versions={name: version(name) for name in ("torch", "transformers", "peft", "trl")},
        losses=watching.losses,
    )
    if args.process_index == 0:
        shutil.rmtree(work / CHECKPOINTS / DRAFT, ignore_errors=True)
        draft = empty_draft(work)
        write_adapter(draft, pairs_of(model), job=job, metadata=metadata)
        place_adapter(draft, work)
    return Trained(work / ADAPTER, metadata)


def settings(job: LoraJob, work: Path, machine: Machine) -> SFTConfig:
    """bf16 on CUDA, float32 on the CPU. The order of the rows is the order of training."""
    on_gpu = machine.device == "gpu"
    return SFTConfig(
        output_dir=str(work / CHECKPOINTS / DRAFT),
        max_steps=job.iterations,
        per_device_train_batch_size=job.batch_size // machine.processes,
        per_device_eval_batch_size=job.batch_size // machine.processes,
        train_sampling_strategy="sequential",
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        learning_rate=job.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=warm_up(job.iterations),
        optim="adamw_torch",
        weight_decay=0.0,
        max_grad_norm=MOST_NORM,
        seed=job.seed,
        bf16=on_gpu,
        use_cpu=not on_gpu,
        gradient_checkpointing=machine.recompute,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=on_gpu,
        logging_steps=1,
        logging_nan_inf_filter=False,
        eval_strategy="steps",
        eval_steps=job.evaluate_every,
        save_strategy="steps",
        save_steps=job.save_every,
        report_to="none",
        disable_tqdm=True,
    )


class _Trainer(SFTTrainer):
    """Stops at once for what is no number, and tells nobody outside of what it does."""

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        loss: torch.Tensor = super().training_step(*args, **kwargs)  # type: ignore[no-untyped-call]
        require_finite(float(loss), f"The loss of iteration {self.state.global_step + 1}")
        return loss

    def _clip_grad_norm(self, model: Any) -> Any:
        norm = super()._clip_grad_norm(model)  # type: ignore[no-untyped-call]
        require_finite(float(norm), f"The gradient of iteration {self.state.global_step + 1}")
        return norm

    def _send_telemetry(self) -> None:
        return

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        return


class _Watching(TrainerCallback):
    """Watches the losses, tells them, places checkpoints, and asks whether to go on."""

    def __init__(
        self, job: LoraJob, work: Path, origin: dict[str, str], telling: Telling, cancelled: Asked
    ) -> None:
        self.losses = Losses()
        self.telling = telling
        self._watch = LossWatch()
        self._job, self._work, self._origin, self._cancelled = job, work, origin, cancelled
        self._pace = Pace()
        self._began = 0.0
        self._tokens = 0

    def resume(self, checkpoint: Path) -> None:
        """With what the checkpoint had seen."""
        self.losses = Losses.load(checkpoint, iteration=int(checkpoint.name))
        self._watch = LossWatch(self.losses.train, began=self.losses.began)
        self.telling.add_line(f"resumed from iteration {checkpoint.name}")

    def on_step_begin(
        self, args: Any, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.telling.flush()
        self._require_wanted()
        self._began = time.monotonic()

    def on_step_end(
        self, args: Any, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        self._pace.add_seconds(time.monotonic() - self._began)
        if state.global_step >= self._job.iterations:
            control.should_evaluate = True
        return control

    def on_log(
        self,
        args: Any,
        state: TrainerState,
        control: TrainerControl,
        **given: Any,
    ) -> None:
        logs: dict[str, float] = given["logs"]
        if "loss" not in logs:
            return
        self._pace.add(int(logs["num_tokens"]) - self._tokens)
        self._tokens = int(logs["num_tokens"])
        self._watch.see(state.global_step, logs["loss"])
        self.losses.train.append(logs["loss"])
        self.telling.iteration(state.global_step, logs["loss"], self._pace.tokens_per_s)

    def on_prediction_step(self, *_: Any, **__: Any) -> None:
        self._require_wanted()

    def on_evaluate(
        self,
        args: Any,
        state: TrainerState,
        control: TrainerControl,
        **given: Any,
    ) -> None:
        loss = float(given["metrics"]["eval_loss"])
        self.losses.valid[state.global_step] = loss
        if state.global_step:
            require_finite(loss, f"The validation loss of iteration {state.global_step}")
            self.telling.validated(loss)
            return
        require_finite(loss, "The validation loss of the base model")
        self._watch = LossWatch(began=loss)
        self.telling.add_line(f"validation loss of the base model {loss:.4f}")

    def on_save(
        self, args: Any, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        args.distributed_state.wait_for_everyone()  # each writes its random numbers' state
        if args.process_index:
            return
        require_all_finite(given["model"], state.global_step)
        draft = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        for file in draft.iterdir():
            if not file.name.startswith(RESUMED):
                file.unlink()
        self.losses.save(draft)
        self.telling.saved(place_checkpoint(draft, self._work, state.global_step, self._origin))

    def _require_wanted(self) -> None:
        if self._cancelled():
            raise Cancelled()


def _run(trainer: SFTTrainer, checkpoint: Path | None) -> None:
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except torch.OutOfMemoryError as error:
        raise TrainingFailed(
            "The GPU's memory does not suffice: a smaller batch or sequence length may help."
        ) from error


def _places(job: LoraJob, count: int) -> list[int]:
    each = batches(count, seed=job.seed, size=job.batch_size, iterations=job.iterations)
    return [place for batch in each for place in batch]


def _rows(side: Tokenized, places: list[int]) -> Rows:
    rows = {
        "input_ids": [list(one.ids) for one in side.items],
        "labels": [one.labels for one in side.items],
    }
    return Rows.from_dict(rows).select(places)


def _be_quiet() -> None:
    """The job's log says what matters; bars and warnings would fill that of the node."""
    quiet: Any = transformers_logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    # TRL asks transformers for what its next version will not have.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"(transformers|trl)\b")
