"""Adapters as GGUF files, for base models that are made here."""

import json
from pathlib import Path

import gguf
import numpy as np
import pytest

from training.lora.adapter_files import Pair, write_adapter
from training.lora.gguf_adapter import CannotConvert, convert
from training.lora.job import LoraJob

HEADS, KEY_HEADS, SIZE, HIDDEN = 4, 2, 8, 32  # SIZE: of a head
RANK = 3
JOB = LoraJob(base_model="tiny", data="0", rank=RANK, alpha=6)
Q = "model.layers.0.self_attn.q_proj"
K = "model.layers.0.self_attn.k_proj"
DOWN = "model.layers.1.mlp.down_proj"


def base(file: Path, architecture: str = "llama") -> Path:
    writer = gguf.GGUFWriter(file, architecture)
    writer.add_block_count(2)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    for block in range(2):
        for name, rows, columns in (
            ("attn_q", HEADS * SIZE, HIDDEN),
            ("attn_k", KEY_HEADS * SIZE, HIDDEN),
            ("ffn_down", HIDDEN, 96),
        ):
            writer.add_tensor(f"blk.{block}.{name}.weight", np.zeros((rows, columns), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def pair(rows: int, columns: int) -> Pair:
    random = np.random.default_rng(rows)
    return Pair(random.random((RANK, columns), np.float32), random.random((rows, RANK), np.float32))


PAIRS = {
    Q: pair(HEADS * SIZE, HIDDEN),
    K: pair(KEY_HEADS * SIZE, HIDDEN),
    DOWN: pair(HIDDEN, 96),
}


def adapter(folder: Path, pairs: dict[str, Pair] = PAIRS) -> Path:
    folder.mkdir()
    write_adapter(folder, pairs, job=JOB, metadata={})
    return folder


def test_matrices_are_under_the_names_of_llama_cpp(tmp_path: Path) -> None:
    out = convert(adapter(tmp_path / "a"), tmp_path / "a.gguf", base=base(tmp_path / "b.gguf"))
    reader = gguf.GGUFReader(out)
    said = {key: field.contents() for key, field in reader.fields.items()}
    assert said["general.type"] == "adapter"
    assert said["general.architecture"] == "llama"
    assert said["adapter.type"] == "lora"
    assert said["adapter.lora.alpha"] == 6
    found = {one.name: one.data for one in reader.tensors}
    assert set(found) == {
        f"blk.{place}.weight.lora_{side}"
        for place in ("0.attn_q", "0.attn_k", "1.ffn_down")
        for side in "ab"
    }
    assert np.array_equal(found["blk.1.ffn_down.weight.lora_a"], PAIRS[DOWN].down)
    assert np.array_equal(found["blk.1.ffn_down.weight.lora_b"], PAIRS[DOWN].up)


@pytest.mark.parametrize(
    ("architecture", "interleaved"), [("llama", True), ("qwen2", False), ("gemma3", False)]
)
def test_rows_of_queries_and_keys_are_in_the_order_of_the_architecture(
    tmp_path: Path, architecture: str, interleaved: bool
) -> None:
    out = convert(
        adapter(tmp_path / "a"),
        tmp_path / "a.gguf",
        base=base(tmp_path / "b.gguf", architecture),
    )
    found = {one.name: one.data for one in gguf.GGUFReader(out).tensors}
    for name, module, heads in (("attn_q", Q, HEADS), ("attn_k", K, KEY_HEADS)):
        up = PAIRS[module].up
        # Of each head: the first of one half, the first of the other, the second of one half ...
        order = [
            head * SIZE + half * SIZE // 2 + place
            for head in range(heads)
            for place in range(SIZE // 2)
            for half in range(2)
        ]
        assert np.array_equal(
            found[f"blk.0.{name}.weight.lora_b"], up[order] if interleaved else up
        )
        assert np.array_equal(found[f"blk.0.{name}.weight.lora_a"], PAIRS[module].down)


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ({Q: pair(HEADS * SIZE, HIDDEN + 1)}, "of another model"),
        ({K: pair(HEADS * SIZE, HIDDEN)}, "of another model"),
        ({"model.layers.7.mlp.down_proj": pair(HIDDEN, 96)}, "has no weight for"),
        ({"model.layers.0.odd": pair(HIDDEN, 96)}, "has no weight for"),
    ],
)
def test_an_adapter_of_another_model_is_refused(
    tmp_path: Path, pairs: dict[str, Pair], why: str
) -> None:
    with pytest.raises(CannotConvert, match=why):
        convert(adapter(tmp_path / "a", pairs), tmp_path / "a.gguf", base=base(tmp_path / "b.gguf"))
    assert not (tmp_path / "a.gguf").exists()


def test_an_architecture_whose_order_of_rows_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotConvert, match="architecture bloom cannot be converted"):
        convert(
            adapter(tmp_path / "a"),
            tmp_path / "a.gguf",
            base=base(tmp_path / "b.gguf", "bloom"),
        )


@pytest.mark.parametrize(
    "change",
    [
        {"use_dora": True},
        {"use_rslora": True},
        {"bias": "all"},
        {"peft_type": "LOHA"},
        {"r": 4},
        {"modules_to_save": ["lm_head"]},
        {"rank_pattern": {"q_proj": 2}},
    ],
)
def test_an_adapter_that_is_no_plain_lora_is_refused(
    tmp_path: Path, change: dict[str, object]
) -> None:
    folder = adapter(tmp_path / "a")
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(CannotConvert):
        convert(folder, tmp_path / "a.gguf", base=base(tmp_path / "b.gguf"))


@pytest.mark.parametrize("missing", ["adapter_model.safetensors", "adapter_config.json"])
def test_an_incomplete_adapter_is_refused(tmp_path: Path, missing: str) -> None:
    folder = adapter(tmp_path / "a")
    (folder / missing).unlink()
    with pytest.raises(CannotConvert, match="cannot be read"):
        convert(folder, tmp_path / "a.gguf", base=base(tmp_path / "b.gguf"))


def test_a_base_that_is_no_gguf_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.gguf").write_bytes(b"GGUF")
    with pytest.raises(CannotConvert, match="cannot be read"):
        convert(adapter(tmp_path / "a"), tmp_path / "a.gguf", base=tmp_path / "b.gguf")
