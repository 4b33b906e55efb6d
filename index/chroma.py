"""Chroma in a process of its own: the only home of chromadb.

A damaged HNSW file can kill the process that reads it, a full disk or a foreign lock can hold a call for minutes, and a second client
never sees what another process wrote. So a child process holds the client, and its parent holds a deadline: a child that dies, hangs
or grows stale is replaced, and the parent lives.
"""

from __future__ import annotations

import fcntl
import os
import random
import select
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import msgspec

from index.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from index.records import Value

PATIENCE = 10.0  # seconds that an opener waits for a lock before it says whose it is
DEADLINE = 120.0  # seconds for any one call; a call takes one at most
PAGE = 1_000  # rows a call
QUOTED = 64  # ids a condition names at once
EF_SEARCH = 400  # candidates of a query; Chroma's own 100 finds 74 of 100 neighbours at 100,000 rows
TENANT, DATABASE = "default_tenant", "default_database"


class Server(Value, frozen=True, kw_only=True):
    """A Chroma server, of one's own or in the cloud."""

    url: str
    tenant: str = TENANT
    database: str = DATABASE
    token: str | None = None

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
    """What a look at a collection found: `unreadable` rows have lost their vector, `lost` ones of `asked` do not find themselves."""

    rows: int
    unreadable: int = 0
    asked: int = 0
    lost: int = 0

    @property
    def well(self) -> bool:
        """Whether it can be searched. HNSW itself misses up to .5 % of its rows, so a few lost ones mean nothing."""
        return not self.unreadable and self.lost <= 1 + 0.02 * self.asked


class Chroma:
    """A collection, held by a child process. One call at a time, from any thread; every error is a StoreError."""

    def __init__(self, home: Home, *, writing: bool, create: dict[str, Any] | None = None) -> None:
        """Open a collection that exists, or make it, with `create` as its metadata.

        Raises StoreBusy within ten seconds where another program holds the folder, StoreDamaged where Chroma cannot read what is there.
        """
        self._lock = RLock()
        self._home = home
        package = str(Path(__file__).resolve().parent.parent)
        start = "import sys; sys.path.insert(0, sys.argv[1]); from index.chroma import serve; serve()"
        self._child = subprocess.Popen(
            (sys.executable, "-P", "-c", start, package),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(home.path).parent if home.path else None,  # chromadb reads a .env file where it starts
        )
        assert self._child.stdin and self._child.stdout
        self._requests, self._replies = self._child.stdin, self._child.stdout
        os.set_blocking(self._requests.fileno(), False)
        try:
            found = self.call("open", msgspec.to_builtins(home), writing, create)
            self.health = msgspec.convert(found, Health)
        except BaseException:
            self.close(0)
            raise

    def call(self, verb: str, *values: Any) -> Any:
        """What the child's method `verb` returns."""
        with self._lock:
            self.send(verb, *values)
            return self.receive()

    def send(self, verb: str, *values: Any) -> None:
        """Begin a call; go on with something else, then `receive()` its result."""
        frame = msgspec.msgpack.encode((verb, values))
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
        rest, until = memoryview(frame), time.monotonic() + DEADLINE
        while rest:
            if not select.select((), (self._requests,), (), max(0.0, until - time.monotonic()))[1]:
                raise self._hung()
            try:
                rest = rest[os.write(self._requests.fileno(), rest[:65_536]) :]
            except BrokenPipeError:
                raise self._dead() from None

    def _take(self, length: int) -> bytes:
        parts, until = [], time.monotonic() + DEADLINE
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
        return StoreBusy(f"Chroma in {self._home} did not answer within {DEADLINE:.0f} s; run again")

    def _dead(self) -> StoreError:
        self.close(1)
        code = self._child.returncode
        return StoreDamaged(f"Chroma died while reading {self._home} (exit {code}); run: isnad doctor --repair")


def _readable(kind: str, text: str, *, home: Home) -> StoreError:
    """What Chroma says, in words with a next step."""
    place, low, url = str(home), text.lower(), home.server and home.server.url
    if kind == "StoreBusy" or "database is locked" in low or "(code: 5)" in low:
        return StoreBusy(text if kind == "StoreBusy" else f"another program holds {place}; close it and run again")
    if "disk is full" in low or "no space left" in low or "(code: 13)" in low or kind == "StoreFull":
        return StoreFull(f"the disk of {place} is full; make room and run again, nothing acknowledged is lost")
    if url and (kind.startswith(("Connect", "Read", "Remote", "Write")) or "connect" in low):
        return StoreError(f"no Chroma server answers at {url} ({kind}); start it and run again: nothing is lost")
    if url and any(word in low for word in ("unauthorized", "forbidden", "401", "403", "permission")):
        return StoreError(f"the Chroma server at {url} does not accept the key; check ISNAD_CHROMA_KEY")
    if kind == "NotFoundError":
        return StoreMissing(f"{place} holds no collection {home.collection}; run: isnad index")
    return StoreDamaged(f"Chroma cannot read {place} ({kind}: {text[:200]}); run: isnad doctor --repair")


class StoreMissing(StoreDamaged):
    """The collection is not there."""


# --- the child ---


def serve() -> None:
    """Answer calls on standard input until it ends: the child's whole life. Ctrl-C is the parent's affair."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)  # nothing that a library prints may reach the parent as a reply
    room = _Room()
    while len(head := requests.read(8)) == 8:
        frame = requests.read(struct.unpack("<Q", head)[0])
        try:
            verb, values = msgspec.msgpack.decode(frame)
            reply = (True, getattr(room, verb)(*values))
        except BaseException as error:  # a panic of the Rust side is no Exception
            reply = (False, (type(error).__name__, str(error)))
        if not _answer(replies, msgspec.msgpack.encode(reply)):
            break
    os._exit(0)  # the client's threads may not want to end


def _answer(replies: BinaryIO, frame: bytes) -> bool:
    try:
        replies.write(struct.pack("<Q", len(frame)) + frame)
        replies.flush()
        return True
    except BrokenPipeError:
        return False


class _Room:
    """The child's side: the client, and what can be asked of it. Every public method is a call."""

    def __init__(self) -> None:
        self._collection: Any = None
        self._folder: Path | None = None
        self._size = PAGE

    def open(self, home: dict[str, Any], writing: bool, create: dict[str, Any] | None) -> dict[str, Any]:
        """Open or make the collection, and look at 20 of its rows.

        This loads the index, under the lock that keeps its files from being rewritten meanwhile.
        """
        where = msgspec.convert(home, Home)
        if where.path:
            self._folder = Path(where.path)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if writing:
                _flock(self._folder / "owner.lock", fcntl.LOCK_EX)  # for as long as this process lives
            _nobody_writes(self._folder / "chroma.sqlite3")
        with self._alone(fcntl.LOCK_EX if create else fcntl.LOCK_SH):
            client = _client(where)
            if create is None:
                self._collection = client.get_collection(where.collection, embedding_function=None)
            else:
                self._collection = client.get_or_create_collection(
                    where.collection,
                    metadata=create,
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine", "ef_search": EF_SEARCH}},
                )
            self._size = min(int(client.get_max_batch_size()), PAGE)
            return self.health(False)

    def metadata(self) -> dict[str, Any]:
        return dict(self._collection.metadata or {})

    def count(self) -> int:
        return int(self._collection.count())

    def replace(self, gone: list[str], articles: list[str], ids: list[str], vectors: bytes) -> int:
        """Drop the rows of the articles in `gone`, put rows in; the number that was dropped. `articles` is parallel to `ids`."""
        with self._alone(fcntl.LOCK_EX):
            dropped = self._drop(gone)
            rows = _rows(vectors, len(ids))
            for first in range(0, len(ids), self._size):
                page = slice(first, first + self._size)
                self._collection.upsert(
                    ids=ids[page], embeddings=rows[page], metadatas=[{"article": one} for one in articles[page]]
                )
            return dropped

    def _drop(self, articles: Sequence[str]) -> int:
        dropped = 0
        for first in range(0, len(articles), QUOTED):
            where = {"article": {"$in": list(articles[first : first + QUOTED])}}
            ids = self._collection.get(where=where, include=[])["ids"]
            for start in range(0, len(ids), self._size):
                self._collection.delete(ids=ids[start : start + self._size])
            dropped += len(ids)
        return dropped

    def query(self, vector: bytes, limit: int) -> list[tuple[str, float]]:
        """The nearest rows and their cosine distances, nearest first."""
        found = self._collection.query(query_embeddings=_rows(vector, 1), n_results=limit, include=["distances"])
        return list(zip(found["ids"][0], map(float, found["distances"][0]), strict=True))

    def ids(self, offset: int, limit: int) -> list[str]:
        """A page of the ids."""
        return list(self._collection.get(limit=limit, offset=offset, include=[])["ids"])

    def health(self, every: bool) -> dict[str, Any]:
        """A look at the collection: 20 rows; or every vector, the last 500 rows and 500 others asked for themselves."""
        rows = self.count()
        size = self._size if every else 5
        starts = range(0, rows, size) if every else sorted({max(0, rows - size), *_any_of(rows, 3)})
        unreadable = asked = lost = 0
        for start in starts:
            expected = min(size, rows - start)
            ids, vectors = self._page(start, size)
            unreadable += expected - len(ids)
            for place, (one, vector) in enumerate(zip(ids, vectors, strict=True), start):
                if not every or place >= rows - 500 or random.random() < 500 / rows:
                    asked += 1
                    lost += not self._finds(one, vector)
        return {"rows": rows, "unreadable": unreadable, "asked": asked, "lost": lost}

    def _page(self, start: int, size: int) -> tuple[list[str], Any]:
        """Ids and vectors of some rows; of none where one of them has no vector."""
        from chromadb.errors import InternalError

        try:
            found = self._collection.get(limit=size, offset=start, include=["embeddings"])
        except InternalError:
            return [], []
        return found["ids"], found["embeddings"]

    def _finds(self, one: str, vector: Any) -> bool:
        """Whether a row is among its own ten nearest, or the ten are its doubles. An empty text has no direction to be found by."""
        if not vector.any():
            return True
        near = self.query(vector.astype("<f4").tobytes(), 10)
        return any(other == one for other, _ in near) or (len(near) == 10 and near[-1][1] < 1e-4)

    def discard(self, home: dict[str, Any]) -> None:
        """Delete a collection of a server; the open one stays open."""
        from chromadb.errors import NotFoundError

        where = msgspec.convert(home, Home)
        with suppress(NotFoundError):
            _client(where).delete_collection(where.collection)

    @contextmanager
    def _alone(self, kind: int) -> Iterator[None]:
        """Hold the lock of the folder: nobody loads an index while its files are rewritten. A server sees to that itself."""
        if self._folder is None:
            yield
            return
        lock = _flock(self._folder / "files.lock", kind)
        try:
            yield
        finally:
            os.close(lock)


def _any_of(rows: int, number: int) -> list[int]:
    return [random.randrange(rows) for _ in range(number)] if rows else []


def _rows(vectors: bytes, number: int) -> Any:
    import numpy as np

    return np.frombuffer(vectors, dtype="<f4").reshape(number, -1)


def _flock(path: Path, kind: int) -> int:
    """A descriptor that holds the lock until it is closed; StoreBusy after ten seconds."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(lock)
                raise StoreBusy(f"another process is writing to {path.parent}; wait for it and run again") from None
            time.sleep(0.02)


def _nobody_writes(database: Path) -> None:
    """StoreBusy where a foreign program holds a lock: Chroma itself would wait for it up to a quarter of an hour."""
    if not database.exists():
        return
    db = sqlite3.connect(database, timeout=5, isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
        db.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StoreBusy(f"another program holds {database}; close it and run again") from None
        raise
    finally:
        db.close()


def _client(home: Home) -> Any:
    import chromadb
    from chromadb.config import Settings

    quiet = Settings(anonymized_telemetry=False)
    if (server := home.server) is None:
        return chromadb.PersistentClient(home.path, settings=quiet)
    parts, token = urlsplit(server.url), server.token
    headers = {"x-chroma-token": token, "Authorization": f"Bearer {token}"} if token else {}
    return chromadb.HttpClient(
        host=parts.hostname or "",
        port=parts.port or (443 if parts.scheme == "https" else 80),
        ssl=parts.scheme == "https",
        headers=headers,
        settings=quiet,
        tenant=server.tenant,
        database=server.database,
    )
