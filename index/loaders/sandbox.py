"""Read the files of strangers in a child process with limits on time and memory.

Started anew when it dies.
"""

from __future__ import annotations

import atexit
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from threading import Lock

import msgspec

from index.loaders.encoding import Unreadable
from index.loaders.extraction import ExtractedText, extract
from index.loaders.member_files import Member, find_members
from index.loaders.metadata import UNKNOWN, Metadata, stated_metadata
from index.loaders.pdf import render_pdf_page
from index.messages.reason import Reason
from index.models import Value

SECONDS = 20.0  # of the processor, for a file
WALL = 6  # times as many seconds on the clock: other processes want the processor, too
MEMORY = 2_000_000_000  # bytes of address space; libraries take half of it before the first file

_HEAD = struct.Struct("!Q")


class _Task(Value, frozen=True, kw_only=True):
    kind: str
    data: bytes
    known: Metadata = UNKNOWN
    seconds: float
    many: bool = False  # the file holds many articles, which are to be found and not yet read
    page: int = 0  # of a PDF, that is to be rendered


class _Reply(Value, frozen=True, kw_only=True):
    extracted: ExtractedText | None = None
    members: list[Member] = []
    image: bytes = b""
    pages: int = 0
    reason: Reason | None = None


class Sandbox:
    """A child process that reads files, a single file at a time.

    Safe to share between threads.
    """

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.seconds, self.memory = seconds, memory
        self._child: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._turn = Lock()

    def extract(self, kind: str, data: bytes) -> ExtractedText:
        """Return the text of a file of a kind that `extract` knows.

        Raise Unreadable as `_run` does.
        """
        return self._text(_Task(kind=kind, data=data, seconds=self.seconds))

    def find_members(self, kind: str, data: bytes) -> list[Member]:
        """Return the articles in a file of many, each still to be read.

        Raise Unreadable as `_run` does.
        """
        return self._run(_Task(kind=kind, data=data, seconds=self.seconds, many=True)).members

    def render_page(self, data: bytes, number: int) -> tuple[bytes, int]:
        """Return the image of a page of a PDF and the number of its pages.

        Raise Unreadable as `_run` does.
        """
        reply = self._run(_Task(kind="page", data=data, seconds=self.seconds, page=number))
        return reply.image, reply.pages

    def stated_metadata(self, text: str, known: Metadata = UNKNOWN) -> Metadata:
        """Return `stated_metadata` of a text; raise Unreadable as `_run` does."""
        return self._text(_Task(kind="metadata", data=text.encode(), known=known, seconds=self.seconds)).metadata

    def _text(self, task: _Task) -> ExtractedText:
        extracted = self._run(task).extracted
        assert extracted is not None
        return extracted

    def _run(self, task: _Task) -> _Reply:
        """Have the child do a task.

        Raise Unreadable with the reason, also where it dies or takes too long.
        """
        with self._turn:
            try:
                self._start()
            except OSError as error:  # no more handles, processes or memory: no fault of the file
                raise Unreadable("loaders.no_process_because", error=error.strerror) from None
            try:
                reply = self._ask(task)
            except TimeoutError:
                self._end()
                raise Unreadable("loaders.too_slow", seconds=task.seconds) from None
            except (OSError, msgspec.DecodeError):
                if self._end() == -signal.SIGPROF:
                    raise Unreadable("loaders.too_slow", seconds=task.seconds) from None
                raise Unreadable("loaders.crashed") from None
        if reply.reason is not None:
            raise Unreadable(reply.reason.code, **reply.reason.params)
        return reply

    def close(self) -> None:
        """End the child, if it runs."""
        with self._turn:
            self._end()

    def _ask(self, task: _Task) -> _Reply:
        assert self._socket is not None
        until = time.monotonic() + WALL * task.seconds
        self._socket.settimeout(WALL * task.seconds)
        send(self._socket, msgspec.msgpack.encode(task))
        return msgspec.msgpack.decode(receive(self._socket, until), type=_Reply)

    def _start(self) -> None:
        """Start the child where none runs; raise OSError where the system allows none."""
        if self._socket is not None and self._child is not None and self._child.poll() is None:
            return
        self._end()
        ours, theirs = socket.socketpair()
        with theirs:
            number, null = theirs.fileno(), subprocess.DEVNULL
            command = [sys.executable, "-P", "-m", "index.loaders.sandbox", str(number), str(self.memory)]
            try:
                self._child = subprocess.Popen(
                    command, pass_fds=[number], env=clean_environment(), stdin=null, stdout=null, stderr=null
                )
            except OSError:
                ours.close()
                raise
        self._socket = ours

    def _end(self) -> int | None:
        """End the child, and return its exit status."""
        status = None
        if self._socket is not None:
            self._socket.close()
        if self._child is not None:
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(0.1)  # it may be about to end by itself, which says why
            self._child.kill()
            status = self._child.wait()
        self._socket = self._child = None
        return status


def clean_environment() -> dict[str, str]:
    """Return the environment of a child process.

    The paths of programs and modules, but no keys.
    """
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(sys.path)}


def send(peer: socket.socket, data: bytes) -> None:
    """Send a message."""
    peer.sendall(_HEAD.pack(len(data)) + data)


def receive(peer: socket.socket, until: float | None = None) -> bytes:
    """Return the next message.

    Raise TimeoutError after `until`, ConnectionError where the peer is gone.
    """
    (size,) = _HEAD.unpack(_bytes(peer, _HEAD.size, until))
    return _bytes(peer, size, until)


def _bytes(peer: socket.socket, size: int, until: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        if until is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            peer.settimeout(left)
        wanted = min(size - len(data), 1 << 20)
        piece = peer.recv(wanted, socket.MSG_WAITALL)  # in few pieces: other threads are at work
        if not piece:
            raise ConnectionError
        data += piece
    return bytes(data)


def _do(task: _Task) -> _Reply:
    if task.many:
        return _Reply(members=find_members(task.kind, task.data))
    if task.kind == "page":
        image, pages = render_pdf_page(task.data, task.page)
        return _Reply(image=image, pages=pages)
    if task.kind == "metadata":
        return _Reply(extracted=ExtractedText(text="", metadata=stated_metadata(task.data.decode(), task.known)))
    return _Reply(extracted=extract(task.kind, task.data))


def _reply(task: _Task) -> _Reply:
    try:
        return _do(task)
    except Unreadable as refused:
        return _Reply(reason=Reason.from_error(refused))
    except RecursionError:
        return _Reply(reason=Reason("loaders.nested_too_deep"))
    except MemoryError:
        return _Reply(reason=Reason("loaders.too_much_memory"))
    except Exception as error:  # a library's own failure on a file that is not sound
        return _Reply(reason=Reason.of("loaders.damaged", error=type(error).__name__))


def _serve(parent: socket.socket, memory: int) -> None:
    """Answer until the parent is gone.

    No file can be written, and memory and time are limited.

    A timer of processor time ends this process, whatever holds the interpreter, and though the parent may be gone.
    """
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # a tighter limit is in force, or the system knows none
            resource.setrlimit(limit, (value, value))
    while True:
        try:
            task = msgspec.msgpack.decode(receive(parent), type=_Task)
        except ConnectionError:
            return
        signal.setitimer(signal.ITIMER_PROF, task.seconds)
        reply = _reply(task)
        signal.setitimer(signal.ITIMER_PROF, 0)
        send(parent, msgspec.msgpack.encode(reply))


SANDBOX = Sandbox()
atexit.register(SANDBOX.close)

if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        _serve(parent, int(sys.argv[2]))
    os._exit(0)
