"""The embedded model server: llama.cpp with SmolLM2-135M-Instruct, OpenAI-compatible.

`python -m kwsite.stack.llama --port 8080`, with the key that clients must send in KW_LLM_API_KEY;
`--gguf FILE` serves another model, under the name of its file. Each `--lora FILE` is an adapter
that rests until a request names its number: `"lora": [{"id": 0, "scale": 1}]`.
"""

import argparse
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import xllamacpp

from kwsite.env import Environment
from kwsite.stack.llama_model import MODEL, weights

SLOTS = 4
CONTEXT_TOKENS = 16_384  # Of all slots together.
PROMPT_CACHE_MIB = 1024  # Of prompts that no slot holds any more; 8 GiB by default.


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--gguf", type=Path)
    parser.add_argument("--lora", type=Path, action="append", default=[])
    options = parser.parse_args()
    parameters = _parameters(options.port, os.environ["KW_LLM_API_KEY"], options.gguf)
    if options.lora:
        _add_adapters(parameters, options.lora)
    server = xllamacpp.Server(parameters)
    print(f"serving on {server.listening_address}", flush=True)
    signal.pause()


def _parameters(port: int, key: str, gguf: Path | None) -> xllamacpp.CommonParams:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(gguf or weights())
    parameters.model_alias = {gguf.stem if gguf else MODEL}
    parameters.port = port
    parameters.api_keys = [key]
    parameters.n_parallel = SLOTS
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.cache_ram_mib = PROMPT_CACHE_MIB
    parameters.use_jinja = True
    parameters.ui = False
    # One core stays free for the rest of the stack: llama.cpp's threads wait for one another by
    # spinning, so one that is held up by a busy core holds up all of them.
    told = Environment({})
    threads = told.integer("KW_LLM_THREADS", max(1, (os.cpu_count() or 2) - 1))
    parameters.cpuparams.n_threads = threads
    # For prompts, and for answers that are written at the same time.
    parameters.cpuparams_batch.n_threads = told.integer("KW_LLM_BATCH_THREADS", threads)
    parameters.verbosity = 2  # Warnings: the default also logs each request.
    return parameters


def _add_adapters(parameters: xllamacpp.CommonParams, files: Sequence[Path]) -> None:
    parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(file), 0.0) for file in files]
    # That cache finds prompts by their tokens alone: what one adapter has read would be taken for
    # what another reads. The slots know which adapter they worked for.
    parameters.cache_ram_mib = 0


if __name__ == "__main__":
    main()
