"""The sockets of the model's server, each of whose waits another thread can end: also one for a reply that never began.

Closing a response does not wake the thread that reads it, and before its headers there is no response; shutting the socket down does.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

from index.model_api.cancellation import interruptible

if TYPE_CHECKING:
    import httpx


def watched(client: httpx.Client) -> None:
    """Have the client open its connections, through a proxy or not, as sockets that `waiting.interruptible` knows how to end."""
    for transport in (client._transport, *client._mounts.values()):
        pool: Any = getattr(transport, "_pool", None)  # httpx has no name for httpcore's `network_backend`
        if pool is not None:
            pool._network_backend = _Backend(pool._network_backend)


class _Backend:
    """httpcore's way to open a connection, with streams of ours."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, *where: Any, **options: Any) -> _Stream:
        return _Stream(self._backend.connect_tcp(*where, **options))

    def connect_unix_socket(self, *where: Any, **options: Any) -> _Stream:
        return _Stream(self._backend.connect_unix_socket(*where, **options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream:
    """httpcore's stream: whoever blocks in it can be woken."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        with interruptible(self._hang_up):
            return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with interruptible(self._hang_up):
            self._stream.write(buffer, timeout)

    def start_tls(self, *how: Any, **options: Any) -> _Stream:
        with interruptible(self._hang_up):
            return _Stream(self._stream.start_tls(*how, **options))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
