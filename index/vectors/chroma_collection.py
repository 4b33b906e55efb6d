"""A Chroma collection, held by a child process with a deadline for every call.

A child that dies or hangs is replaced, and the parent lives; see `chroma_process`.
"""

from __future__ import annotations

import os
import re
import select
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

import msgspec

from index.errors import StoreBusy, StoreDamaged, StoreError, StoreFull, UsageError
from index.models import Value

DEADLINE = 120.0  # seconds for a call …
DEADLINES = {"query": 30.0}  # … but for these
PATIENCE = 10.0  # seconds that a child is given to end a call that it has begun
NEEDED = re.compile(  # of the environment: chromadb takes settings from it, and must not see keys
    r"PATH|HOME|LANG|LC_.*|TZ|TMPDIR|LD_.*|DYLD_.*|PYTHON.*|VIRTUAL_ENV|OMP_.*|RAYON_.*|SSL_CERT_.*|(?i:https?|all|no)_proxy"
)
SCRIPT = "import sys; sys.path.insert(0, sys.argv[1]); from index.vectors.chroma_process import serve; serve()"


class Server(Value, frozen=True, kw_only=True):
    """The address of a database on a Chroma server."""

    url: str
    tenant: str = "default_tenant"
    database: str = "default_database"
    token: str | None = None

    @classmethod
    def at(cls, address: str, token: str | None = None) -> Server:
        """Parse an address: `http://host:8000`, `https://host/TENANT/DATABASE`.

        Raises UsageError for any other text.

        >>> Server.at("https://api.trychroma.com/my-tenant/news", token="ck-not-a-real-key")
        Server(https://api.trychroma.com my-tenant/news)
        """
        try:
            parts = urlsplit(address)
            names = [name for name in parts.path.split("/") if name]
            if (
                parts.scheme not in ("http", "https")
                or not parts.hostname
                or parts.username
                or len(names) not in (0, 2)
            ):
                raise ValueError
            url = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        except ValueError:
            raise UsageError("vectors.bad_address") from None
        return cls(url=url, token=token, **dict(zip(("tenant", "database"), names, strict=False)))

    def __repr__(self) -> str:
        return f"Server({self})"

    def __str__(self) -> str:
        return f"{self.url} {self.tenant}/{self.database}"


class Address(Value, frozen=True, kw_only=True):
    """Where a collection is: in a folder, or on a server."""

    collection: str
    path: str = ""
    server: Server | None = None

    def __str__(self) -> str:
        return self.path if self.server is None else f"{self.server.url} ({self.collection})"


class ChromaCollection:
    """An open collection. It takes a call at a time, from any thread.

    Every error is a StoreError.
    """

    def __init__(self, address: Address, create: dict[str, Any] | None = None) -> None:
        """Open a collection, or create it with `create` as its metadata.

        Raises StoreBusy where another program holds the folder, StoreDamaged where Chroma cannot read it.
        """
        self._lock = RLock()
        self._address = address
        package = str(Path(__file__).resolve().parents[2])
        self._child = subprocess.Popen(
            (sys.executable, "-P", "-c", SCRIPT, package),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(address.path).parent if address.path else os.sep,  # chromadb reads a .env file where it starts
            env={name: value for name, value in os.environ.items() if NEEDED.fullmatch(name)},
        )
        assert self._child.stdin and self._child.stdout
        self._requests, self._replies = self._child.stdin, self._child.stdout
        os.set_blocking(self._requests.fileno(), False)
        self._seconds = DEADLINE
        try:
            self.metadata: dict[str, Any] = self.call("open", msgspec.to_builtins(address), create)
        except BaseException:
            self.close(0)
            raise

    def call(self, verb: str, *values: Any) -> Any:
        """Return what the child's method `verb` returns."""
        with self._lock:
            frame = msgspec.msgpack.encode((verb, values))
            self._seconds = DEADLINES.get(verb, DEADLINE)
            self._deliver(struct.pack("<Q", len(frame)) + frame)
            (length,) = struct.unpack("<Q", self._take(8))
            fine, value = msgspec.msgpack.decode(self._take(length))
        if not fine:
            raise _store_error(*value, address=self._address)
        return value

    def close(self, seconds: float = PATIENCE) -> None:
        """End the child; it is given some seconds to finish its call."""
        for end in (self._requests, self._replies):
            with suppress(OSError):
                end.close()
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    @property
    def alive(self) -> bool:
        """Whether the child runs."""
        return self._child.poll() is None and not self._requests.closed

    def _deliver(self, frame: bytes) -> None:
        rest, until = memoryview(frame), time.monotonic() + self._seconds
        while rest:
            if not select.select((), (self._requests,), (), max(0.0, until - time.monotonic()))[1]:
                raise self._hung()
            try:
                rest = rest[os.write(self._requests.fileno(), rest[:65_536]) :]
            except BrokenPipeError:
                raise self._dead() from None

    def _take(self, length: int) -> bytes:
        parts, until = [], time.monotonic() + self._seconds
        while length:
            if not select.select((self._replies,), (), (), max(0.0, until - time.monotonic()))[0]:
                raise self._hung()
            part = os.read(self._replies.fileno(), min(length, 1 << 20))
            if not part:
                raise self._dead()
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _hung(self) -> StoreError:
        self.close(0)
        return StoreBusy("vectors.slow", home=self._address, seconds=self._seconds)

    def _dead(self) -> StoreError:
        self.close(1)
        return StoreDamaged("vectors.died", home=self._address, code=self._child.returncode)


def _store_error(kind: str, text: str, *, address: Address) -> StoreError:
    """Translate an error of Chroma into one that names the next step."""
    low = text.lower()
    if "database is locked" in low or "(code: 5)" in low:
        return StoreBusy("store.held", file=address)
    if "disk is full" in low or "no space left" in low or "(code: 13)" in low:
        return StoreFull("store.disk_full", store=address)
    if kind in ("PermissionError", "OSError"):
        return StoreError("vectors.unusable", home=address, error=text)
    if kind == "NotFoundError":
        return StoreDamaged("vectors.gone", home=address)
    if address.server and kind != "InternalError":
        return _server_error(address.server.url, kind, low)
    return StoreDamaged("vectors.unreadable", home=address, kind=kind, error=text[:200])


def _server_error(url: str, kind: str, text: str) -> StoreError:
    if any(word in text for word in ("unauthorized", "forbidden", "401", "403", "permission", "authentication")):
        return StoreError("vectors.key_refused", url=url)
    if kind.startswith(("Connect", "Read", "Remote", "Write", "Pool")) or "connect" in text:
        return StoreError("vectors.no_server", url=url)
    return StoreError("vectors.server_failed", url=url, kind=kind, error=text[:100])
