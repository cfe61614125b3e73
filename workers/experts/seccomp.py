"""A filter of system calls for untrusted code: no new processes, sockets, or memory without limits.

Written as a classic BPF program, which bubblewrap loads (`--seccomp`). Threads are allowed.
"""

import platform
import struct
from dataclasses import dataclass

# linux/filter.h, linux/seccomp.h, linux/audit.h
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _MACHINE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x00010000
_X32_BIT = 0x40000000


@dataclass(frozen=True)
class _Machine:
    """Numbers of system calls on one kind of processor."""

    audit: int
    clone: int
    clone3: int
    refused: tuple[int, ...]


_SHARED_NUMBERS = (
    *(425, 426, 427),  # io_uring
    *(428, 429, 430, 431, 432, 433, 442),  # mounting
)
_MACHINES = {
    "x86_64": _Machine(
        audit=0xC000003E,
        clone=56,
        clone3=435,
        refused=(
            *(57, 58, 41),  # fork, vfork, socket
            *(319, 29, 323),  # memory that no limit counts: memfd_create, shmget, userfaultfd
            *(101, 310, 311, 298),  # other processes: ptrace, process_vm_*, perf_event_open
            *(165, 272, 308, 321, 248, 249, 250),  # mount, unshare, setns, bpf, keys
            *_SHARED_NUMBERS,
        ),
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        clone=220,
        clone3=435,
        refused=(
            198,  # socket
            *(279, 194, 282),
            *(117, 270, 271, 241),
            *(40, 97, 268, 280, 217, 218, 219),
            *_SHARED_NUMBERS,
        ),
    ),
}


def program() -> bytes | None:
    """The filter for this machine's processor; None where its numbers are not known here."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return None
    refuse = _ERROR | _EPERM
    code = [
        _step(_LOAD, _MACHINE_AT),
        _step(_EQUAL, machine.audit, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
        _step(_AT_LEAST, _X32_BIT, 0, 1),
        _step(_RETURN, _KILL),
        _step(_EQUAL, machine.clone3, 0, 1),
        _step(_RETURN, _ERROR | _ENOSYS),  # the C library then tries clone
        _step(_EQUAL, machine.clone, 0, 4),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_ANY_BIT, _CLONE_THREAD, 0, 1),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, refuse),
    ]
    for number in machine.refused:
        code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, refuse)]
    code.append(_step(_RETURN, _ALLOW))
    return b"".join(code)


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, if_true, if_false, value)
