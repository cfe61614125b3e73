"""The embedded model server alone, for a benchmark of what the model writes."""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kwsite.env import CHECKOUT
from kwsite.stack.failure import StackFailure
from kwsite.stack.llama_model import MODEL
from kwsite.stack.llama_part import answers_ok
from kwsite.stack.ports import free_port
from workers.backends.dialects import Dialect

READY_S = 120.0
STOP_S = 10.0


@dataclass(frozen=True)
class ModelServer:
    """Where an OpenAI-compatible model server listens, and what it serves."""

    base_url: str
    api_key: str
    model: str
    dialect: Dialect = "llama.cpp"


@contextmanager
def embedded_model(gguf: Path | None = None) -> Iterator[ModelServer]:
    """Serves the embedded model, or that of a file, as long as the block lasts.

    Raises StackFailure.
    """
    if gguf is not None and not gguf.is_file():
        raise StackFailure(f"{gguf} is no file.")
    served = ["--gguf", str(gguf.absolute())] if gguf else []
    port, key = free_port(), secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory(prefix="kernelweave-model-") as folder:
        log = Path(folder) / "llama.log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "kwsite.stack.llama", "--port", str(port), *served],
                cwd=CHECKOUT,
                env={**os.environ, "KW_LLM_API_KEY": key},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait(process, f"http://127.0.0.1:{port}/health", log)
            name = gguf.stem if gguf else MODEL
            yield ModelServer(f"http://127.0.0.1:{port}/v1", key, name, "llguidance")
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], health: str, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while not answers_ok(health):
        if process.poll() is not None or time.monotonic() > deadline:
            raise StackFailure(f"The model server did not start: {log.read_text()[-2000:]}")
        time.sleep(0.1)
