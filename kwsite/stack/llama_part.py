"""Starts an embedded model server as a child and waits until it answers."""

import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from kwsite.stack.child import Child
from kwsite.stack.llama_model import LlamaModel

START_S = 240.0


def llama_url(*, port: int) -> str:
    return f"http://127.0.0.1:{port}/v1"


def start_llama(
    *,
    home: Path,
    port: int,
    model: LlamaModel,
    environment: Mapping[str, str],
    adapters: Sequence[Path] = (),
    name: str = "llama",
) -> Child:
    """Starts the server; the key is KW_LLM_API_KEY of `environment`. It is not ready yet.

    `adapters` are GGUF files; their numbers are their places.
    """
    chosen: list[str | Path] = ["--gguf", model.file] if model.file else []
    for file in adapters:
        chosen += ["--lora", file]
    return Child(
        name,
        [sys.executable, "-m", "kwsite.stack.llama", "--port", str(port), *chosen],
        environment=environment,
        logs=home / "logs",
    )


def wait_for_llama(server: Child, *, port: int) -> None:
    health = f"http://127.0.0.1:{port}/health"
    server.wait_until(lambda: answers_ok(health), within_s=START_S)


def answers_ok(url: str) -> bool:
    """Whether a GET of `url` gives 200 now."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            status: int = reply.status
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return status == 200
