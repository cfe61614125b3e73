"""Loads the encoder while the web server starts, so that no request waits for it."""

from threading import Thread

from kernels.encoder import warm


def warm_in_background() -> None:
    """Starts loading; a request that comes earlier waits for the same load."""
    Thread(target=warm, name="warm-encoder", daemon=True).start()
