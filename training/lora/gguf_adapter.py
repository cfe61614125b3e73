"""An adapter in PEFT's format as a GGUF file that llama.cpp loads beside the base model.

llama.cpp names weights its own way (gguf's tensor map), and of some architectures it stores the
rows of the query and key projections in another order: the two halves of each head that rotary
embeddings turn together lie interleaved. B's rows are put into that order, too. Of what
architecture the base is, with how many heads, its own GGUF file says, and each matrix must fit a
weight of it: an adapter of another model is refused, not served.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import gguf
import numpy as np

from training.lora.adapter_files import AdapterFiles, Array, BadAdapter, read_adapter
from trajectories.errors import KernelWeaveError

# By whether the halves of each head are interleaved when such a model is converted.
INTERLEAVED = {
    **dict.fromkeys(("llama", "granite", "smollm3", "arcee"), True),
    **dict.fromkeys(("qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi3", "starcoder2"), False),
}


class CannotConvert(KernelWeaveError):
    """The adapter cannot be converted for llama.cpp."""


@dataclass(frozen=True)
class _Base:
    """What the base model's GGUF file says. `shapes` are (out, in), by llama.cpp's names."""

    architecture: str
    blocks: int
    heads: int
    key_heads: int
    shapes: dict[str, tuple[int, int]]

    def place_of(self, module: str) -> str:
        """llama.cpp's name of a module's weight. Raises CannotConvert."""
        kinds = {name: kind for kind, name in gguf.MODEL_ARCH_NAMES.items()}
        names = gguf.get_tensor_name_map(kinds[self.architecture], self.blocks)
        name = names.get_name(f"{module}.weight", try_suffixes=(".weight",))
        if name is None or name not in self.shapes:
            raise CannotConvert(f"llama.cpp has no weight for {module} of this model.")
        return name


def convert(folder: Path, out: Path, *, base: Path) -> Path:
    """Writes `out` for the base model in the GGUF file `base`; it is there as a whole or not.

    Raises CannotConvert.
    """
    try:
        adapter = read_adapter(folder)
    except BadAdapter as error:
        raise CannotConvert(error.detail) from error
    model = _base(base)
    tensors: dict[str, Array] = {}
    for module, pair in adapter.pairs.items():
        name = model.place_of(module)
        if model.shapes[name] != (pair.up.shape[0], pair.down.shape[1]):
            raise CannotConvert(f"The adapter is of another model: {module} has other sizes.")
        tensors[f"{name}.lora_a"] = pair.down
        tensors[f"{name}.lora_b"] = _reordered(pair.up, name, model)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.draft")
    _write(draft, tensors, adapter, model.architecture)
    return draft.replace(out)


def _reordered(up: Array, name: str, model: _Base) -> Array:
    """`up` (out, rank), with its rows in llama.cpp's order."""
    kind = name.removesuffix(".weight").rsplit(".", 1)[-1]
    heads = {"attn_q": model.heads, "attn_k": model.key_heads}.get(kind)
    if heads is None or not INTERLEAVED[model.architecture]:
        return up
    halves = up.reshape(heads, 2, up.shape[0] // heads // 2, up.shape[1])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(up.shape))


def _base(file: Path) -> _Base:
    try:
        return _read_base(file, file.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise CannotConvert(f"The base model {file.name} cannot be read: {error}") from error


@lru_cache(maxsize=4)
def _read_base(file: Path, changed: int) -> _Base:
    """Reading its header takes seconds, so a file is read again only once it has changed."""
    reader = gguf.GGUFReader(file)
    architecture = str(reader.fields[gguf.Keys.General.ARCHITECTURE].contents())
    if architecture not in INTERLEAVED:
        raise CannotConvert(
            f"Adapters of the architecture {architecture} cannot be converted; known are "
            f"{', '.join(sorted(INTERLEAVED))}."
        )
    blocks = _number(reader, f"{architecture}.block_count")
    heads = _number(reader, f"{architecture}.attention.head_count")
    key_heads = _number(reader, f"{architecture}.attention.head_count_kv", heads)
    shapes = {
        one.name: (int(one.shape[1]), int(one.shape[0]))
        for one in reader.tensors
        if len(one.shape) == 2
    }
    return _Base(architecture, blocks, heads, key_heads, shapes)


def _number(reader: gguf.GGUFReader, key: str, otherwise: int | None = None) -> int:
    field = reader.fields.get(key)
    if field is None and otherwise is not None:
        return otherwise
    return int(reader.fields[key].contents())


def _write(file: Path, tensors: dict[str, Array], adapter: AdapterFiles, architecture: str) -> None:
    writer = gguf.GGUFWriter(file, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, adapter.alpha)
    for name in sorted(tensors):
        writer.add_tensor(name, tensors[name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
