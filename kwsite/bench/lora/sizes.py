"""Sizes of llama models: of SmolLM2-135M, Llama 3.2 1B, Llama 3 8B, and one to try the bench."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """As llama's configuration names them."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    vocab_size: int


SIZES = {
    "tiny": Size(64, 96, 2, 4, 2, 512),
    "135m": Size(576, 1536, 30, 9, 3, 49_152),
    "1b": Size(2048, 8192, 16, 32, 8, 128_256),
    "8b": Size(4096, 14_336, 32, 32, 8, 128_256),
}
