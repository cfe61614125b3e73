"""The training itself, by mlx-lm's tuner: data, its loop with a callback, the adapter."""

import math
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
from mlx.utils import tree_flatten, tree_unflatten
from mlx_lm.cli_ui import make_console
from mlx_lm.tuner.callbacks import TrainingCallback
from mlx_lm.tuner.trainer import TrainingArgs, train

from training.lora.adapter_files import write_adapter
from training.lora.batches import batches
from training.lora.dataset import Dataset
from training.lora.job import LoraJob
from training.lora.loss_watch import LossWatch, require_finite
from training.lora.metadata import describe
from training.lora.mlx_model import add_adapter, load_base, pairs_of
from training.lora.progress import Losses, Pace, Telling
from training.lora.run_folder import (
    empty_draft,
    last_checkpoint,
    made_for,
    place_adapter,
    place_checkpoint,
    prepare,
)
from training.lora.schedule import warm_up
from training.lora.tokens import Tokens, first_lines, load_tokenizer, tokenize
from training.lora.trainer import (
    CHECKPOINTS,
    Asked,
    BadCheckpoint,
    Cancelled,
    Report,
    Trained,
)

NAME = "mlx"
MOST_NORM = 1.0  # of the gradient
VALIDATED = 64  # conversations
PAD_TO = 32  # tokens: each other length is compiled anew
STATE = "state.safetensors"
WEIGHT, OPTIMIZER, RANDOM = "weight.", "optimizer.", "random"


def fine_tune(
    job: LoraJob,
    dataset: Dataset,
    folder: Path,
    work: Path,
    *,
    report: Report,
    cancelled: Asked,
) -> Trained:
    """`folder` is a Hugging Face directory, or one that mlx-lm wrote. Raises TrainingFailed."""
    make_console().quiet = True  # the job's log says it
    if mx.default_device().type == mx.DeviceType.cpu:
        mx.disable_compile()  # by a C++ compiler, which takes longer than it saves
    prepare(work)
    origin = made_for(job, dataset, NAME, folder)
    checkpoint = last_checkpoint(work, origin)
    tokenizer = load_tokenizer(folder)
    train_side = tokenize(dataset.train, tokenizer, length=job.sequence_length, side="train")
    valid_side = tokenize(
        dataset.valid[:VALIDATED], tokenizer, length=job.sequence_length, side="valid"
    )
    mx.random.seed(job.seed)
    model = load_base(folder)
    add_adapter(model, job)
    optimizer = _ClippedAdamW(job)
    optimizer.init(model.trainable_parameters())
    training = _Training(job, work, origin, model, optimizer, cancelled)
    training.telling = Telling(report, first_lines(train_side, job))
    training.validated = list(_in_batches(valid_side.items, job.batch_size))
    done = training.begin(checkpoint)
    draft = empty_draft(work)
    if done < job.iterations:
        train(
            model,
            optimizer,
            train_dataset=train_side.items,
            args=TrainingArgs(
                batch_size=job.batch_size,
                iters=job.iterations - done,
                steps_per_report=1,
                steps_per_save=job.iterations + 1,
                max_seq_length=job.sequence_length,
                adapter_file=str(draft / STATE),
            ),
            loss=_loss,
            iterate_batches=training.batches,
            training_callback=training,
        )
        (draft / STATE).unlink()
    metadata = describe(
        job,
        dataset,
        weights=origin["weights"],
        trainer=NAME,
        device=f"mlx {mx.default_device().type.name}",
        versions={name: version(name) for name in ("mlx", "mlx-lm")},
        losses=training.losses,
    )
    write_adapter(draft, pairs_of(model), job=job, metadata=metadata)
    return Trained(place_adapter(draft, work), metadata)


class _ClippedAdamW(optim.AdamW):
    """Keeps the norm of the last gradient in its state, as it was before it was cut."""

    def __init__(self, job: LoraJob) -> None:
        super().__init__(_learning_rate(job), weight_decay=0.0, bias_correction=True)
        self.state["norm"] = mx.array(0.0)

    def apply_gradients(self, gradients: dict[str, Any], parameters: dict[str, Any]) -> Any:
        untyped: Any = optim
        gradients, norm = untyped.clip_grad_norm(gradients, MOST_NORM)
        self.state["norm"] = norm
        return super().apply_gradients(gradients, parameters)


class _Training(TrainingCallback):
    """What mlx-lm's loop asks for and tells: batches, losses; checkpoints and cancelling."""

    telling: Telling
    validated: list[tuple[mx.array, mx.array]]

    def __init__(
        self,
        job: LoraJob,
        work: Path,
        origin: dict[str, str],
        model: Any,
        optimizer: _ClippedAdamW,
        cancelled: Asked,
    ) -> None:
        self.losses = Losses()
        self._job, self._work, self._origin = job, work, origin
        self._model, self._optimizer, self._cancelled = model, optimizer, cancelled
        self._watch, self._pace = LossWatch(), Pace()
        self._done = 0

    def begin(self, checkpoint: Path | None) -> int:
        """Restores the checkpoint, or measures the base model. Returns the iterations done."""
        self._require_wanted()
        if checkpoint:
            self._done = int(checkpoint.name)
            self.losses = Losses.load(checkpoint, iteration=self._done)
            _restore(checkpoint / STATE, self._model, self._optimizer)
            self.telling.add_line(f"resumed from iteration {self._done}")
        else:
            loss = self._validation_loss("The validation loss of the base model")
            self.losses.valid[0] = loss
            self.telling.add_line(f"validation loss of the base model {loss:.4f}")
        self._watch = LossWatch(self.losses.train, began=self.losses.began)
        return self._done

    def batches(self, dataset: Sequence[Tokens], **_: Any) -> Iterator[tuple[mx.array, mx.array]]:
        """Those after what is done, as mlx-lm's loop iterates over them."""
        job = self._job
        places = batches(
            len(dataset),
            seed=job.seed,
            size=job.batch_size,
            iterations=job.iterations,
            begin=self._done,
        )
        for batch in places:
            items = [dataset[place] for place in batch]
            self._pace.add(sum(len(one.ids) for one in items))
            yield _padded(items)

    def on_train_loss_report(self, train_info: dict[str, Any]) -> None:
        job, loss = self._job, float(train_info["train_loss"])
        self._done += 1
        self._pace.add_seconds(1 / float(train_info["iterations_per_second"]))
        require_finite(
            float(self._optimizer.state["norm"]), f"The gradient of iteration {self._done}"
        )
        self._watch.see(self._done, loss)
        self.losses.train.append(loss)
        self.telling.iteration(self._done, loss, self._pace.tokens_per_s)
        ends = self._done == job.iterations
        if ends or self._done % job.evaluate_every == 0:
            found = self._validation_loss(f"The validation loss of iteration {self._done}")
            self.losses.valid[self._done] = found
            self.telling.validated(found)
        if ends or self._done % job.save_every == 0:
            self.telling.saved(self._save())
        self.telling.flush()
        if not ends:
            self._require_wanted()

    def _validation_loss(self, what: str) -> float:
        self._model.eval()
        total, count = 0.0, 0
        for ids, learned in self.validated:
            self._require_wanted()
            loss, tokens = _loss(self._model, ids, learned)
            total += float(loss) * int(tokens)
            count += int(tokens)
        self._model.train()
        require_finite(total / count, what)
        return total / count

    def _save(self) -> Path:
        draft = empty_draft(self._work / CHECKPOINTS)
        random: Any = mx.random.state
        state = {
            **_named(WEIGHT, self._model.trainable_parameters()),
            **_named(OPTIMIZER, self._optimizer.state),
            RANDOM: random[0],
        }
        mx.save_safetensors(str(draft / STATE), state)
        self.losses.save(draft)
        return place_checkpoint(draft, self._work, self._done, self._origin)

    def _require_wanted(self) -> None:
        if self._cancelled():
            raise Cancelled()


def _learning_rate(job: LoraJob) -> Callable[[mx.array], mx.array]:
    rising = warm_up(job.iterations)
    falling = optim.cosine_decay(job.learning_rate, max(1, job.iterations - rising))
    if not rising:
        return falling
    return optim.join_schedules(
        [optim.linear_schedule(0, job.learning_rate, rising), falling], [rising]
    )


def _loss(model: Any, ids: mx.array, learned: mx.array) -> tuple[mx.array, mx.array]:
    """Nats a learned token, and how many of them there are."""
    logits = model(ids[:, :-1]).astype(mx.float32)
    taken = learned[:, 1:]
    each = nn.losses.cross_entropy(logits, ids[:, 1:]) * taken
    count = taken.sum()
    return each.sum() / count, count


def _in_batches(items: Sequence[Tokens], size: int) -> Iterator[tuple[mx.array, mx.array]]:
    for start in range(0, len(items), size):
        yield _padded(items[start : start + size])


def _padded(items: Sequence[Tokens]) -> tuple[mx.array, mx.array]:
    """Ids and which are learned, both (items, tokens)."""
    longest = max(len(one.ids) for one in items)
    shape = (len(items), 1 + PAD_TO * math.ceil((longest - 1) / PAD_TO))
    ids, learned = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
    for row, one in enumerate(items):
        ids[row, : len(one.ids)] = one.ids
        learned[row, : len(one.ids)] = one.learned
    return mx.array(ids), mx.array(learned)


def _named(prefix: str, tree: Any) -> dict[str, mx.array]:
    flat: Any = tree_flatten(tree)
    return {prefix + name: value for name, value in flat}


def _restore(file: Path, model: Any, optimizer: _ClippedAdamW) -> None:
    """Raises BadCheckpoint."""
    try:
        state: Any = mx.load(str(file))
    except (OSError, RuntimeError, ValueError) as error:
        raise BadCheckpoint(f"The checkpoint cannot be read: {error}") from error
    weights = _with_prefix(state, WEIGHT)
    if set(weights) != set(dict(tree_flatten(model.trainable_parameters()))):
        raise BadCheckpoint("The checkpoint is of another model.")
    model.load_weights(list(weights.items()), strict=False)
    optimizer.state = tree_unflatten(list(_with_prefix(state, OPTIMIZER).items()))
    high, low = state[RANDOM].tolist()
    mx.random.seed(high << 32 | low)  # the key is the seed's two halves


def _with_prefix(state: Any, prefix: str) -> dict[str, mx.array]:
    return {
        name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)
    }
