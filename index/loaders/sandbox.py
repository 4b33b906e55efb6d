"""Reading what strangers made, in a child process that can be lost: bounded in time and memory, started anew when it dies."""

from __future__ import annotations

import atexit
import os
import resource
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from threading import Lock

import msgspec

from index.loaders.encoding import Refused
from index.loaders.extraction import Extract, extract
from index.models import Value

SECONDS = 20.0  # for one file
MEMORY = 2_000_000_000  # bytes of address space; libraries take half of it before the first file

_HEAD = struct.Struct("!Q")


class _Task(Value, frozen=True, kw_only=True):
    kind: str
    data: bytes


class _Reply(Value, frozen=True, kw_only=True):
    extract: Extract | None = None
    trouble: str = ""


class Confined:
    """A child process that extracts text; one file at a time, safe to share between threads."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.seconds, self.memory = seconds, memory
        self._child: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._turn = Lock()

    def extract(self, kind: str, data: bytes) -> Extract:
        """The text of an `html`, `docx` or `pdf` file; Refused with the reason, also where the child died or took too long."""
        with self._turn:
            try:
                reply = self._ask(_Task(kind=kind, data=data))
            except TimeoutError:
                self._end()
                raise Refused(f"reading it takes more than {self.seconds:g} seconds") from None
            except (OSError, msgspec.DecodeError):
                self._end()
                raise Refused("reading it needs too much memory, or crashes the reader") from None
        if reply.extract is None:
            raise Refused(reply.trouble)
        return reply.extract

    def close(self) -> None:
        """End the child, if there is one."""
        with self._turn:
            self._end()

    def _ask(self, task: _Task) -> _Reply:
        line = self._started()
        until = time.monotonic() + self.seconds
        line.settimeout(self.seconds)
        send(line, msgspec.msgpack.encode(task))
        return msgspec.msgpack.decode(received(line, until), type=_Reply)

    def _started(self) -> socket.socket:
        if self._line is None or self._child is None or self._child.poll() is not None:
            self._end()
            self._line, theirs = socket.socketpair()
            with theirs:
                number = theirs.fileno()
                command = [sys.executable, "-P", "-m", "index.loaders.sandbox", str(number), str(self.memory)]
                null = subprocess.DEVNULL
                self._child = subprocess.Popen(
                    command, pass_fds=[number], env=no_secrets(), stdin=null, stdout=null, stderr=null
                )
        return self._line

    def _end(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._line = self._child = None


def no_secrets() -> dict[str, str]:
    """The environment of a child process: where programs are found, and Python's modules, as here; no keys."""
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(sys.path)}


def send(line: socket.socket, data: bytes) -> None:
    """Send a message."""
    line.sendall(_HEAD.pack(len(data)) + data)


def received(line: socket.socket, until: float | None = None) -> bytes:
    """The next message; TimeoutError after `until`, ConnectionError where the other side is gone."""
    (size,) = _HEAD.unpack(_bytes(line, _HEAD.size, until))
    return _bytes(line, size, until)


def _bytes(line: socket.socket, size: int, until: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        if until is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            line.settimeout(left)
        wanted = min(size - len(data), 1 << 20)
        piece = line.recv(wanted, socket.MSG_WAITALL)  # in few pieces: other threads are at work
        if not piece:
            raise ConnectionError
        data += piece
    return bytes(data)


def _reply(task: _Task) -> _Reply:
    try:
        return _Reply(extract=extract(task.kind, task.data))
    except Refused as refused:
        return _Reply(trouble=str(refused))
    except RecursionError:
        return _Reply(trouble="it is nested too deep")
    except MemoryError:
        return _Reply(trouble="reading it needs too much memory")
    except Exception as error:  # a library's own failure on a file that is not sound
        return _Reply(trouble=f"it is damaged ({type(error).__name__})")


def _serve(line: socket.socket, memory: int) -> None:
    """Answer until the parent is gone. No file can be written, and there is only so much memory."""
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # a tighter limit is in force, or the system knows none
            resource.setrlimit(limit, (value, value))
    while True:
        try:
            task = msgspec.msgpack.decode(received(line), type=_Task)
        except ConnectionError:
            return
        send(line, msgspec.msgpack.encode(_reply(task)))


SHARED = Confined()
atexit.register(SHARED.close)

if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        _serve(parent, int(sys.argv[2]))
    os._exit(0)
