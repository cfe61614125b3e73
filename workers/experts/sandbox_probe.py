"""Runs inside the sandbox: says that Python starts there, and that the network is not to be had."""

import os
import socket
import sys


def main() -> None:
    try:
        socket.socket()
    except PermissionError:
        try:
            os.fork()
        except PermissionError:
            sys.stdout.write("inside")
            return
    sys.stdout.write("the filter of system calls does not hold")


if __name__ == "__main__":
    main()
