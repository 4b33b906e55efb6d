"""Chroma itself, in a child process: the only home of chromadb.

The child reads calls on standard input and answers on standard output until its parent is gone (`index.vectors.collection` is the other end).
Two locks keep processes apart, which Chroma does not: `owner.lock` is held by whoever writes, `files.lock` while index files are
rewritten or loaded.
"""

from __future__ import annotations

import fcntl
import os
import random
import signal
import sqlite3
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import msgspec

from index.errors import StoreBusy
from index.vectors.collection import Home

WAIT = 10.0  # seconds that an opener waits for a lock before it says whose it is
PAGE = 1_000  # rows a call, where the server allows that many
QUOTED = 64  # articles that one condition names
EXACT = 2_000  # rows that are all compared: in so small an HNSW graph, texts much like each other can be cut off from the rest
GRAPH = {"space": "cosine", "ef_search": 400, "max_neighbors": 32}  # Chroma's own 100 and 16 lose too many neighbours


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
        self._client: Any = None
        self._collection: Any = None
        self._folder: Path | None = None
        self._size = PAGE
        self._owned: int | None = None
        self._all: tuple[list[str], Any] | None = None  # of a small collection
        self._changed = False  # by this process, since it was opened

    def open(self, home: dict[str, Any], own: bool, create: dict[str, Any] | None) -> tuple[Any, Any]:
        """Open or make the collection: what it says of itself, and how 20 of its rows are.

        This loads the index, under the lock that keeps its files from being rewritten meanwhile.
        """
        where = msgspec.convert(home, Home)
        if where.path:
            self._folder = Path(where.path)
            if create:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            elif not (self._folder / "chroma.sqlite3").exists():
                raise FileNotFoundError("its database is gone")
            if own:
                self.own()  # before anything is read: an orphan of a killed run may still be at its last call
            _nobody_writes(self._folder / "chroma.sqlite3")
        with self._alone(fcntl.LOCK_EX if create else fcntl.LOCK_SH):
            if self._client:
                self._client.close()  # its successor then reads the files anew
            self._client = client = _client(where)
            if create is None:
                self._collection = client.get_collection(where.collection, embedding_function=None)
            else:
                self._collection = client.get_or_create_collection(
                    where.collection,
                    metadata=create,
                    embedding_function=None,
                    configuration={"hnsw": GRAPH},
                )
            self._size = min(int(client.get_max_batch_size()), PAGE)
            self._remember()
            return dict(self._collection.metadata or {}), self.health(False)

    def own(self) -> None:
        """Become the one that writes, until `disown` or the end of this process."""
        if self._folder and self._owned is None:
            self._owned = _flock(self._folder / "owner.lock", fcntl.LOCK_EX)

    def disown(self) -> None:
        if self._owned is not None:
            os.close(self._owned)
            self._owned = None

    def count(self) -> int:
        return int(self._collection.count())

    def replace(self, gone: list[str], articles: list[str], ids: list[str], vectors: bytes) -> int:
        """Have these rows, and no others, for the articles in `gone`; the number that was dropped. `articles` is parallel to `ids`.

        A row that is there with this vector stays untouched: what a killed run did is not done again. Rows are kept at length one,
        so that one of any other length is known to be damaged.
        """
        with self._alone(fcntl.LOCK_EX):
            self._all, self._changed = None, True
            rows = _unit(_rows(vectors, len(ids)))
            stays = self._drop(gone, dict(zip(ids, rows, strict=True)))
            news = [place for place, item_id in enumerate(ids) if item_id not in stays]
            for first in range(0, len(news), self._size):
                page = news[first : first + self._size]
                self._collection.upsert(
                    ids=[ids[place] for place in page],
                    embeddings=rows[page],
                    metadatas=[{"article": articles[place]} for place in page],
                )
            return self._dropped

    def held(self, articles: list[str]) -> int:
        """How many rows it has of these articles."""
        return sum(len(found["ids"]) for found in self._rows_of(articles, [])) if self.count() else 0

    def _drop(self, articles: list[str], wanted: dict[str, Any]) -> set[str]:
        """Delete the rows of the articles, but for those that are as wanted; the ids of these."""
        stays: set[str] = set()
        self._dropped = 0
        for found in self._rows_of(articles, ["embeddings"]):
            same = {
                match
                for match, row in zip(found["ids"], found["embeddings"], strict=True)
                if match in wanted and _alike(row, wanted[match])
            }
            gone = [match for match in found["ids"] if match not in same]
            for start in range(0, len(gone), self._size):
                self._collection.delete(ids=gone[start : start + self._size])
            self._dropped += len(gone)
            stays |= same
        return stays

    def _rows_of(self, articles: list[str], include: list[str]) -> Iterator[Any]:
        for first in range(0, len(articles), QUOTED):
            where = {"article": {"$in": articles[first : first + QUOTED]}}
            yield self._collection.get(where=where, include=include)

    def query(self, vector: bytes, limit: int) -> list[tuple[str, float]]:
        """The nearest rows and their cosine distances, nearest first."""
        if everything := self._everything():
            return _nearest(*everything, vector, limit)
        found = self._collection.query(query_embeddings=_rows(vector, 1), n_results=limit, include=["distances"])
        return list(zip(found["ids"][0], map(float, found["distances"][0]), strict=True))

    def among(self, vector: bytes, allowed: list[str], limit: int) -> list[tuple[str, float]]:
        """The same among these rows, compared one by one: no neighbour is missed."""
        if everything := self._everything():
            ids, rows = everything
            chosen = set(allowed)
            places = [place for place, item_id in enumerate(ids) if item_id in chosen]
            return _nearest([ids[place] for place in places], rows[places], vector, limit)
        found = self._collection.get(ids=allowed, include=["embeddings"])
        return _nearest(found["ids"], _unit(found["embeddings"]), vector, limit)

    def _everything(self) -> tuple[list[str], Any] | None:
        """All rows of a small collection, at length one, as they were when it was opened or last written by this process.

        They are not fetched later: a reader would meet ids of which its index knows nothing.
        """
        if self._changed:
            self._remember()
        return self._all

    def _remember(self) -> None:
        self._all, self._changed = None, False
        if self.count() <= EXACT:
            found = self._collection.get(include=["embeddings"])
            self._all = found["ids"], _unit(found["embeddings"])

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
            unreadable += expected - len(ids) + _crooked(vectors)
            chosen = [
                place
                for place in range(len(ids))
                if not every or start + place >= rows - 500 or random.random() < 500 / rows
            ]
            for first in range(0, len(chosen), 50):
                some = chosen[first : first + 50]
                lost += self._lost([ids[place] for place in some], vectors[some])
            asked += len(chosen)
        return {"rows": rows, "unreadable": unreadable, "asked": asked, "lost": lost}

    def _page(self, start: int, size: int) -> tuple[list[str], Any]:
        """Ids and vectors of some rows; of none where one of them has no vector."""
        from chromadb.errors import InternalError

        try:
            found = self._collection.get(limit=size, offset=start, include=["embeddings"])
        except InternalError:
            return [], []
        return found["ids"], found["embeddings"]

    def _lost(self, ids: list[str], vectors: Any) -> int:
        """How many rows are not among their own ten nearest, where these are not just their doubles; of a small collection, how many
        point nowhere, as few texts do and a file of zeros does."""
        if self.count() <= EXACT:
            return sum(not vector.any() for vector in vectors)
        found = self._collection.query(query_embeddings=vectors, n_results=10, include=["distances"])
        return sum(
            item_id not in near and not (len(far) == 10 and far[-1] < 1e-4)
            for item_id, near, far in zip(ids, found["ids"], found["distances"], strict=True)
        )

    def faults(self) -> list[str]:
        """What SQLite finds wrong with the database of a folder."""
        if self._folder is None:
            return []
        with closing(sqlite3.connect(self._folder / "chroma.sqlite3", timeout=5)) as db:
            return [row[0] for row in db.execute("PRAGMA integrity_check(10)") if row[0] != "ok"]

    def rows(self, offset: int, limit: int) -> tuple[list[str], bytes]:
        """Some ids and their vectors, as Chroma keeps them: of length one."""
        ids, vectors = self._page(offset, limit)
        return list(ids), _little(vectors) if len(ids) else b""

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

    return np.frombuffer(vectors, dtype="<f4").reshape(number, len(vectors) // 4 // number if number else 0)


def _unit(vectors: Any) -> Any:
    """The rows at length one; a row of zeros stays one."""
    import numpy as np

    rows = np.asarray(vectors, np.float32)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def _crooked(vectors: Any) -> int:
    """How many rows have neither length one nor, as few texts have, none: Chroma keeps lengths in a file of their own."""
    import numpy as np

    lengths = np.linalg.norm(np.asarray(vectors, np.float64), axis=-1) if len(vectors) else np.empty(0)
    return int(np.sum(~((np.abs(lengths - 1) < 1e-3) | (lengths == 0))))


def _nearest(ids: list[str], rows: Any, vector: bytes, limit: int) -> list[tuple[str, float]]:
    """The rows nearest to a vector and their cosine distances."""
    import numpy as np

    if not ids:
        return []
    far = 1 - rows @ _unit(_rows(vector, 1))[0]
    near = np.argpartition(far, min(limit, len(ids)) - 1)[:limit]
    return [(ids[place], float(far[place])) for place in near[np.argsort(far[near], kind="stable")]]


def _alike(one: Any, other: Any) -> bool:
    """Whether two vectors point the same way: Chroma keeps them at length one."""
    lengths = float(one @ one) ** 0.5 * float(other @ other) ** 0.5
    return bool(one @ other > 0.99999 * lengths) if lengths else not (one.any() or other.any())


def _little(vectors: Any) -> bytes:
    import numpy as np

    return np.ascontiguousarray(vectors, dtype="<f4").tobytes()


def _flock(path: Path, kind: int) -> int:
    """A descriptor that holds the lock until it is closed; StoreBusy after ten seconds."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + WAIT
    while True:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(lock)
                raise StoreBusy("vectors.writing", store=path.parent) from None
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
            raise StoreBusy("store.held", file=database) from None
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
