"""The port that several processes share, and its sockets in this process.

gRPC keeps its sockets to itself and stops listening only when it stops serving; a call that comes
in at that moment is cancelled (github.com/grpc/grpc/issues/41785). A worker that is to be replaced
must stop listening and go on serving, so its sockets are looked up among the open files.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

OPEN_FILES = Path("/proc/self/fd")


@contextlib.contextmanager
def reserved(host: str, port: int) -> Iterator[int]:
    """Keeps a port for this process's workers, which may listen on it with SO_REUSEPORT.

    Sockets with SO_REUSEPORT share a port in silence, so two servers would too. The first bind is
    without it, and fails where anybody listens. A server of ours whose workers do not listen yet is
    known by a name that only one process can have, and that goes with it.

    Args:
        host: As `serve.host`.
        port: As `serve.port`; 0 takes a free one.

    Yields:
        The port.

    Raises:
        OSError: The address is taken, or none of this machine.
    """
    with contextlib.ExitStack() as held:
        try:
            bound = held.enter_context(_bound(host, port))
            taken = int(bound.getsockname()[1])
            held.enter_context(socket.socket(socket.AF_UNIX)).bind(f"\0matinee:{taken}")
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        except OSError as error:
            where = f"{host_before_port(host)}:{port}"
            raise OSError(
                f"{where}: cannot listen there; is the port taken? ({error.strerror})"
            ) from error
        yield taken


def _bound(host: str, port: int) -> socket.socket:
    """A socket that has the address and does not listen."""
    bare = host.removeprefix("[").removesuffix("]")
    family, kind, protocol, _, address = socket.getaddrinfo(
        bare, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    try:
        # As gRPC does: connections of a server that has just stopped do not count.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def host_before_port(host: str) -> str:
    """The host as it stands before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def stop_listening(port: int) -> None:
    """Takes no further connections; those there are stay."""
    for found in _sockets(port):
        if _listens(found):
            found.shutdown(socket.SHUT_RDWR)


def connections(port: int) -> int:
    """How many clients are connected."""
    return sum(_is_connected(found) for found in _sockets(port))


def _listens(found: socket.socket) -> bool:
    return bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _is_connected(found: socket.socket) -> bool:
    try:
        found.getpeername()
    except OSError:
        return False
    return True


def _sockets(port: int) -> Iterator[socket.socket]:
    """TCP sockets of this process whose own end is the port; each is closed after its turn."""
    for file in OPEN_FILES.iterdir():
        try:
            copy = os.dup(int(file.name))
        except OSError:
            continue  # closed meanwhile
        try:
            found = socket.socket(fileno=copy)
        except OSError:  # a file of another kind
            os.close(copy)
            continue
        with found:
            inet = found.family in (socket.AF_INET, socket.AF_INET6)
            if inet and found.type == socket.SOCK_STREAM and found.getsockname()[1] == port:
                yield found
