"""Bytes that are no requests, on the wire."""

from __future__ import annotations

import contextlib
import random
import socket

import grpc

from benchmarks.fuzzing.calls import SERVICE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""How a client of HTTP/2 begins (RFC 9113, section 3.4)."""
SECONDS = 10.0


def send_bytes(target: str, connections: int, seed: int) -> None:
    """Opens connections one after the other, each with other bytes, and hangs up.

    Args:
        target: `host:port`.
        connections: How many.
        seed: Of the bytes.

    Raises:
        OSError: Nobody listens there any more.
    """
    draw = random.Random(seed)  # noqa: S311  nothing here is secret
    host, _, port = target.rpartition(":")
    for _ in range(connections):
        with socket.create_connection((host, int(port)), SECONDS) as connection:
            _say(connection, draw)


def _say(connection: socket.socket, draw: random.Random) -> None:
    """Some bytes; the server may hang up at any of them, which is its right."""
    with contextlib.suppress(ConnectionError, TimeoutError):
        connection.sendall(_bytes(draw))
        if draw.random() < 0.5:
            connection.settimeout(0.02)
            connection.recv(4_096)


def send_messages(channel: grpc.Channel, calls: int, seed: int) -> None:
    """Calls of the service whose messages are no messages; whatever comes back is right.

    Raises:
        TimeoutError: Nothing came back.
    """
    draw = random.Random(seed)  # noqa: S311
    for _ in range(calls):
        method = draw.choice(SERVICE.methods)
        path = f"/{SERVICE.full_name}/{method.name}"
        data = draw.randbytes(draw.choice((0, 1, 7, 300, 60_000)))
        try:
            if method.client_streaming:
                channel.stream_unary(path, bytes, bytes)(iter([data]), timeout=SECONDS)
            else:
                channel.unary_unary(path, bytes, bytes)(data, timeout=SECONDS)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                raise TimeoutError(f"{path}: no answer to {len(data)} bytes") from error


def _bytes(draw: random.Random) -> bytes:
    """Noise, noise behind the preface, or frames of HTTP/2 with noise in them."""
    noise = draw.randbytes(draw.choice((0, 1, 9, 100, 20_000)))
    kind = draw.randrange(4)
    if kind == 0:
        return noise
    if kind == 1:
        return PREFACE + noise
    if kind == 2:
        return b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + noise
    frames = (_frame(draw) for _ in range(draw.randrange(1, 20)))
    return PREFACE + _frame_of(0x4, 0, 0, b"") + b"".join(frames)


def _frame(draw: random.Random) -> bytes:
    payload = draw.randbytes(draw.choice((0, 5, 8, 100)))
    stream = draw.choice((0, 1, 2, 3, (1 << 31) - 1))
    return _frame_of(draw.randrange(12), draw.randrange(256), stream, payload)


def _frame_of(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """A frame (RFC 9113, section 4.1)."""
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
    return head + payload
