"""Open sockets on which another thread can end a blocking read.

That works even before the reply begins.

Closing a response does not wake the thread that reads it, and before its headers there is no response to close.
Shutting the socket down wakes it in both cases.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

from index.model_api.cancellation import interruptible

if TYPE_CHECKING:
    import httpx


def make_interruptible(client: httpx.Client) -> None:
    """Make the client open connections that `interruptible` can end, proxy or not."""
    for transport in (client._transport, *client._mounts.values()):
        pool: Any = getattr(transport, "_pool", None)  # httpx has no name for httpcore's `network_backend`
        if pool is not None:
            pool._network_backend = _Backend(pool._network_backend)


class _Backend:
    """Wrap httpcore's network backend so that it opens our streams."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, *address: Any, **options: Any) -> _Stream:
        return _Stream(self._backend.connect_tcp(*address, **options))

    def connect_unix_socket(self, *address: Any, **options: Any) -> _Stream:
        return _Stream(self._backend.connect_unix_socket(*address, **options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream:
    """Wrap httpcore's stream so that a thread that blocks in it can be woken."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        with interruptible(self._shut_down):
            return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with interruptible(self._shut_down):
            self._stream.write(buffer, timeout)

    def start_tls(self, *args: Any, **options: Any) -> _Stream:
        with interruptible(self._shut_down):
            return _Stream(self._stream.start_tls(*args, **options))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _shut_down(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
