"""Chroma in a child process: the only user of chromadb.

A damaged index file can kill the process that reads it, and a full disk or a foreign lock can hold a call for minutes.
The child reads calls on standard input and answers on standard output until its parent is gone; `chroma_collection` is
the other end.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import struct
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

PAGE = 1_000  # rows a call, if the server allows that many
GRAPH = {"space": "cosine", "ef_search": 800, "max_neighbors": 32}  # Chroma's own 100 and 16 lose too many neighbours


def serve() -> None:
    """Answer calls on standard input until it ends. Ctrl-C is for the parent."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)  # nothing that a library prints may reach the parent as a reply
    calls = _Calls()
    while len(head := requests.read(8)) == 8:
        frame = requests.read(struct.unpack("<Q", head)[0])
        try:
            verb, values = msgspec.msgpack.decode(frame)
            reply = (True, getattr(calls, verb)(*values))
        except BaseException as error:  # a panic of the Rust side is no Exception
            reply = (False, (type(error).__name__, str(error)))
        answer = msgspec.msgpack.encode(reply)
        try:
            replies.write(struct.pack("<Q", len(answer)) + answer)
            replies.flush()
        except BrokenPipeError:
            break
    os._exit(0)  # the client's threads may not want to end


class _Calls:
    """What the parent can call."""

    def __init__(self) -> None:
        self._collection: Any = None
        self._folder: Path | None = None
        self._size = PAGE

    def open(self, address: dict[str, Any], create: dict[str, Any] | None) -> dict[str, Any]:
        """Open a collection, or create it with `create` as its metadata.

        Return its metadata.
        """
        if address["path"]:
            self._folder = Path(address["path"])
            if create is None and not (self._folder / "chroma.sqlite3").exists():
                raise FileNotFoundError("its database is gone")
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_lock(self._folder / "chroma.sqlite3")
        client = _client(address)
        if create is None:
            self._collection = client.get_collection(address["collection"], embedding_function=None)
        else:
            self._collection = client.get_or_create_collection(
                address["collection"], metadata=create, embedding_function=None, configuration={"hnsw": GRAPH}
            )
        self._size = min(int(client.get_max_batch_size()), PAGE)
        return dict(self._collection.metadata or {})

    def count(self) -> int:
        """Return the number of rows."""
        return int(self._collection.count())

    def put(self, ids: list[str], vectors: bytes, documents: list[str], metadatas: list[dict[str, Any]]) -> None:
        """Insert rows, or replace those of the same ids.

        `add` would keep old rows without a word.
        """
        rows = _matrix(vectors, len(ids))
        for first in range(0, len(ids), self._size):
            page = slice(first, first + self._size)
            self._collection.upsert(
                ids=ids[page], embeddings=rows[page], documents=documents[page], metadatas=metadatas[page]
            )

    def drop(self, articles: list[str]) -> int:
        """Delete the rows of these articles; return how many there were."""
        dropped = 0
        for first in range(0, len(articles), 64):  # ids that a condition names
            where = {"article": {"$in": articles[first : first + 64]}}
            ids = self._collection.get(where=where, include=[])["ids"]
            for start in range(0, len(ids), self._size):
                self._collection.delete(ids=ids[start : start + self._size])
            dropped += len(ids)
        return dropped

    def query(self, vector: bytes, limit: int) -> list[tuple[str, float]]:
        """Return (id, cosine distance) of the nearest rows, nearest first."""
        result = self._collection.query(query_embeddings=_matrix(vector, 1), n_results=limit, include=["distances"])
        return list(zip(result["ids"][0], map(float, result["distances"][0]), strict=True))

    def rows(self, offset: int, limit: int) -> tuple[list[str], bytes]:
        """Return some ids and their vectors, which Chroma keeps at length one."""
        import numpy as np

        result = self._collection.get(limit=limit, offset=offset, include=["embeddings"])
        return list(result["ids"]), np.ascontiguousarray(result["embeddings"], "<f4").tobytes() if result[
            "ids"
        ] else b""

    def faults(self) -> list[str]:
        """Return what SQLite finds wrong with the database of a folder."""
        if self._folder is None:
            return []
        with closing(sqlite3.connect(self._folder / "chroma.sqlite3", timeout=5)) as db:
            return [row[0] for row in db.execute("PRAGMA integrity_check(10)") if row[0] != "ok"]

    def discard(self, address: dict[str, Any]) -> None:
        """Delete a collection of a server."""
        from chromadb.errors import NotFoundError

        with suppress(NotFoundError):
            _client(address).delete_collection(address["collection"])


def _check_lock(database: Path) -> None:
    """Raise OperationalError if another program locks a database.

    Chroma would wait for up to a quarter of an hour.
    """
    if database.exists():
        with closing(sqlite3.connect(database, timeout=5, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")


def _matrix(vectors: bytes, rows: int) -> Any:
    import numpy as np

    return np.frombuffer(vectors, dtype="<f4").reshape(rows, len(vectors) // 4 // rows if rows else 0)


def _client(address: dict[str, Any]) -> Any:
    import chromadb
    from chromadb.config import Settings

    quiet = Settings(anonymized_telemetry=False)
    if (server := address["server"]) is None:
        return chromadb.PersistentClient(address["path"], settings=quiet)
    parts, token = urlsplit(server["url"]), server["token"]
    headers = {"x-chroma-token": token, "Authorization": f"Bearer {token}"} if token else {}
    return chromadb.HttpClient(
        host=parts.hostname or "",
        port=parts.port or (443 if parts.scheme == "https" else 80),
        ssl=parts.scheme == "https",
        headers=headers,
        settings=quiet,
        tenant=server["tenant"],
        database=server["database"],
    )
