"""What a client is told when a request cannot be answered."""

from __future__ import annotations

import grpc

_LONGEST_VALUE = 80

REQUEST_ID = "request-id"
"""Trailing metadata of every error that the service itself answers with."""


class RequestError(Exception):
    """Why a request is not answered, with the gRPC status that its client gets.

    Attributes:
        code: gRPC status code.
    """

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class BackendError(RequestError):
    """Not the client's fault: what runs the models gave no answer, or none that can be used.

    The message says nothing of what the request holds, so that it can be logged.
    """


def invalid(field: str, expected: str, got: object) -> RequestError:
    """INVALID_ARGUMENT that names the field, what was expected and what came."""
    return RequestError(
        grpc.StatusCode.INVALID_ARGUMENT, f"{field}: expected {expected}, got {shown(got)}"
    )


def shown(value: object) -> str:
    """A value as it appears in a message.

    Cut, because gRPC sends the message as a header and a long one makes the whole answer fail.
    """
    text = f"{value:g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."
