"""TCP ports on loopback: whether one is free, and which to take."""

import socket

from kwsite.stack.failure import StackFailure


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def require_free(port: int, host: str) -> None:
    if not 0 < port < 65536:
        raise StackFailure(f"web: KW_PORT={port} is no port: choose one from 1 to 65535")
    if not is_free(port, host):
        raise StackFailure(
            f"web: port {port} on {host} is in use. Stop what listens there, "
            f"or choose another port: KW_PORT={port + 1} make run"
        )
