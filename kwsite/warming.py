"""Loads the encoder and what it made before while the web server starts, so no request waits."""

from threading import Thread

from kernels.encoder import warm
from kernels.kept_embeddings import keep_in_background


def warm_in_background() -> None:
    """Starts loading; a request that comes earlier waits for the same load of the encoder."""
    keep_in_background()
    Thread(target=warm, name="warm-encoder", daemon=True).start()
