"""Where parts listen: which address is one, which port is free."""

import errno
import ipaddress
import socket

from kwsite.stack.failure import StackFailure


def is_free(port: int) -> bool:
    """Whether nobody listens on the port of 127.0.0.1."""
    try:
        _try_to_bind(port, "127.0.0.1")
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def require_address(host: str) -> None:
    """Raises StackFailure when `host` is no IPv4 address: the web server takes no names."""
    try:
        ipaddress.IPv4Address(host)
    except ValueError as error:
        raise StackFailure(
            f"web: KW_HOST={host} is no IPv4 address: {_HOSTS}, or unset it."
        ) from error


def require_free(port: int, host: str) -> None:
    """Raises StackFailure when the web server could not listen there."""
    try:
        _try_to_bind(port, host)
    except OSError as error:
        raise StackFailure(f"web: {_reason(error, port, host)}") from error


_HOSTS = "set it to 127.0.0.1, to 0.0.0.0 (every address of this machine) or to one of them"


def _reason(error: OSError, port: int, host: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is in use. Stop what listens there, "
            f"or choose another port: KW_PORT={port % 65_535 + 1} make run"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"KW_HOST={host} is no address of this machine: {_HOSTS}, or unset it."
    if error.errno == errno.EACCES:
        return f"KW_PORT={port} needs more rights than this user has: choose one from 1024 on."
    return f"cannot listen on port {port} of {host}: {error.strerror}."


def _try_to_bind(port: int, host: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
