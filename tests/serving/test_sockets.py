import socket
import subprocess
import sys

import pytest

from schemas.artifacts import ROOT
from serving.sockets import connections, reserved, stop_listening


def shared(port, host="127.0.0.1"):
    """As a worker listens."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind((host, port))
    listening.listen()
    return listening


def reserve_elsewhere(port):
    """What another process says that wants to reserve the port."""
    code = f"from serving.sockets import reserved\nwith reserved('127.0.0.1', {port}): pass"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    ).stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]"])
def test_workers_share_a_reserved_port(host):
    with reserved(host, 0) as port:
        assert port
        bare = "::1" if ":" in host else "127.0.0.1"
        with shared(port, bare), shared(port, bare), socket.create_connection((bare, port)):
            pass


def test_a_second_server_is_refused():
    with reserved("127.0.0.1", 0) as port:
        # Before any worker listens, and while one does.
        assert f"127.0.0.1:{port}: cannot listen there" in reserve_elsewhere(port)
        with shared(port):
            assert f"127.0.0.1:{port}: cannot listen there" in reserve_elsewhere(port)
    assert reserve_elsewhere(port) == ""


def test_a_port_that_somebody_else_has():
    with shared(0) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(OSError, match=f"127.0.0.1:{port}: cannot listen"),
            reserved("127.0.0.1", port),
        ):
            pass


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_a_host_that_is_none_of_this_machine(host):
    with pytest.raises(OSError, match=f"{host}:0: cannot listen there"), reserved(host, 0):
        pass


def test_an_error_inside_the_block_is_not_one_of_the_port():
    with pytest.raises(OSError, match=r"^disk full$"), reserved("127.0.0.1", 0):
        raise OSError("disk full")


def test_connections_outlive_listening():
    with reserved("127.0.0.1", 0) as port, shared(port) as listening:
        assert connections(port) == 0
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = listening.accept()
            with accepted:
                assert connections(port) == 1
                stop_listening(port)
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", port))
                client.sendall(b"still there")
                assert accepted.recv(100) == b"still there"
            assert connections(port) == 0
