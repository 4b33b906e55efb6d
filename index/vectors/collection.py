"""A Chroma collection, held by a child process with a deadline for every call.

A damaged HNSW file can kill the process that reads it, a full disk or a foreign lock can hold a call for minutes, and a client never
sees what another process wrote after it. So the client lives in a child (`index.vectors.chroma_process`): one that dies, hangs or grows stale is
replaced, and the parent lives.
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

DEADLINE = 120.0  # seconds for any one call …
DEADLINES = {"query": 30.0}  # … but for these
PATIENCE = 10.0  # seconds that a child is given to end a call that it has begun
NEEDED = re.compile(  # of the environment: chromadb takes settings from it, and no key of ours is its business
    r"PATH|HOME|LANG|LC_.*|TZ|TMPDIR|LD_.*|DYLD_.*|PYTHON.*|VIRTUAL_ENV|OMP_.*|RAYON_.*|SSL_CERT_.*|(?i:https?|all|no)_proxy"
)
SCRIPT = "import sys; sys.path.insert(0, sys.argv[1]); from index.vectors.chroma_process import serve; serve()"


class Server(Value, frozen=True, kw_only=True):
    """A Chroma server, of one's own or in the cloud."""

    url: str
    tenant: str = "default_tenant"
    database: str = "default_database"
    token: str | None = None

    @classmethod
    def at(cls, address: str, token: str | None = None) -> Server:
        """The server at `http://host:8000`, or `https://host/TENANT/DATABASE` as in Chroma's cloud. UsageError where that is no address.

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


class Home(Value, frozen=True, kw_only=True):
    """Where a collection lives: in a folder, or on a server."""

    collection: str
    path: str = ""
    server: Server | None = None

    def __str__(self) -> str:
        return self.path if self.server is None else f"{self.server.url} ({self.collection})"


class Health(Value, frozen=True, kw_only=True):
    """What a look at a collection found.

    `unreadable` rows have lost their vector, `wrong` ones have another text's; `lost` of those `asked` do not find themselves.
    """

    rows: int
    unreadable: int = 0
    asked: int = 0
    lost: int = 0
    wrong: int = 0
    faults: tuple[str, ...] = ()  # of the database, in SQLite's words

    @property
    def well(self) -> bool:
        """Whether all of it can be searched."""
        return not (self.unreadable or self.wrong or self.faults or self.forgetful)

    @property
    def forgetful(self) -> bool:
        """Whether more rows are lost than HNSW loses by itself, up to .5 %, and chance allows."""
        return self.lost > 3 + 0.02 * self.asked


class Collection:
    """An open collection. One call at a time, from any thread; every error is a StoreError."""

    def __init__(self, home: Home, *, own: bool, create: dict[str, Any] | None = None) -> None:
        """Open a collection that exists, or make it, with `create` as its metadata; `own` it to write.

        Raises StoreBusy within ten seconds where another program holds the folder, StoreDamaged where Chroma cannot read what is there.
        """
        self._lock = RLock()
        self._home = home
        package = str(Path(__file__).resolve().parents[2])
        self._child = subprocess.Popen(
            (sys.executable, "-P", "-c", SCRIPT, package),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(home.path).parent if home.path else os.sep,  # chromadb reads a .env file where it starts
            env={name: value for name, value in os.environ.items() if NEEDED.fullmatch(name)},
        )
        assert self._child.stdin and self._child.stdout
        self._requests, self._replies = self._child.stdin, self._child.stdout
        os.set_blocking(self._requests.fileno(), False)
        self._wrote, self._seconds = own, DEADLINE
        try:
            self._look(self.call("open", msgspec.to_builtins(home), own, create))
        except BaseException:
            self.close(0)
            raise

    def follow(self, home: Home) -> bool:
        """Read a collection anew, or another one, in the same child; False where the child is gone or has written itself."""
        if self._wrote or not self.alive:
            return False
        self._home = home
        self._look(self.call("open", msgspec.to_builtins(home), False, None))
        return True

    def _look(self, opened: tuple[dict[str, Any], dict[str, Any]]) -> None:
        """What the collection says of itself, and how twenty of its rows are."""
        self.about = opened[0]
        self.health = msgspec.convert(opened[1], Health)

    def own(self) -> None:
        """Become the one that writes; StoreBusy after ten seconds where an orphan of another run still does."""
        self._wrote = True
        self.call("own")

    def call(self, verb: str, *values: Any) -> Any:
        """What the child's method `verb` returns."""
        with self._lock:
            self.send(verb, *values)
            return self.receive()

    def send(self, verb: str, *values: Any) -> None:
        """Begin a call; go on with something else, then `receive()` its result."""
        frame = msgspec.msgpack.encode((verb, values))
        self._seconds = DEADLINES.get(verb, DEADLINE)
        self._deliver(struct.pack("<Q", len(frame)) + frame)

    def receive(self) -> Any:
        """The result of the call that was begun."""
        (length,) = struct.unpack("<Q", self._take(8))
        fine, value = msgspec.msgpack.decode(self._take(length))
        if not fine:
            raise _readable(*value, home=self._home)
        return value

    def close(self, seconds: float = PATIENCE) -> None:
        """End the child: it finishes a call that it has begun, for some seconds at most."""
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
        return StoreBusy("vectors.slow", home=self._home, seconds=self._seconds)

    def _dead(self) -> StoreError:
        self.close(1)
        code = self._child.returncode
        return StoreDamaged("vectors.died", home=self._home, code=code)


def _readable(kind: str, text: str, *, home: Home) -> StoreError:
    """What Chroma says, in words with a next step."""
    low = text.lower()
    if kind == "StoreBusy":
        return StoreBusy(text)
    if "database is locked" in low or "(code: 5)" in low:
        return StoreBusy("store.held", file=home)
    if "disk is full" in low or "no space left" in low or "(code: 13)" in low:
        return StoreFull("store.disk_full", store=home)
    if kind in ("PermissionError", "OSError"):
        return StoreError("vectors.unusable", home=home, error=text)
    if kind == "NotFoundError":
        return StoreDamaged("vectors.gone", home=home)
    if home.server and kind != "InternalError":
        return _of_server(home.server.url, kind, low)
    return StoreDamaged("vectors.unreadable", home=home, kind=kind, error=text[:200])


def _of_server(url: str, kind: str, said: str) -> StoreError:
    if any(word in said for word in ("unauthorized", "forbidden", "401", "403", "permission", "authentication")):
        return StoreError("vectors.key_refused", url=url)
    if kind.startswith(("Connect", "Read", "Remote", "Write", "Pool")) or "connect" in said:
        return StoreError("vectors.no_server", url=url)
    return StoreError("vectors.server_failed", url=url, kind=kind, error=said[:100])
