"""The connection to a store's SQLite file that the tables share.

Locks, transactions, queries of any length.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Self

from index.errors import NoStore, StoreBusy, StoreError
from index.messages.reason import Reason
from index.store.file_lock import exclusive
from index.store.schema import connect, connect_readonly, store_error, transaction, writable

PARAMETERS = 10_000  # of one statement; SQLite takes 32,766


class Database:
    """The SQLite file of one store folder.

    Reading needs no lock; one process at a time may hold `writing()`.
    """

    def __init__(self, store: Path, connection: sqlite3.Connection) -> None:
        self.store = store
        self._db = connection
        self._format = int(
            connection.execute("PRAGMA user_version").fetchone()[0]
        )  # below 2 only where nobody may write
        self._lock = RLock()  # one thread at a time uses the connection, or closes it

    @classmethod
    def open(cls, store: Path) -> Self:
        """Open the ledger of a store that exists.

        A folder that may only be read is opened for reading.
        Raises NoStore where nothing has been indexed, StoreError where the file cannot be read.
        """
        path = store / "ledger.db"
        if not path.is_file():
            raise NoStore("store.missing", store=store)
        return cls(store, connect(path, cls._digest_passages) if writable(store) else connect_readonly(path))

    @classmethod
    def create(cls, store: Path) -> Self:
        """Open the ledger of a store, creating both where there are none."""
        try:
            store.mkdir(mode=0o700, parents=True, exist_ok=True)
            (store / "ledger.db").touch(mode=0o600)
        except OSError as error:
            raise StoreError("store.unwritable", store=store, error=error.strerror) from error
        return cls(store, connect(store / "ledger.db", cls._digest_passages))

    @staticmethod
    def _digest_passages(db: sqlite3.Connection) -> None:
        """Fill `passages.text_sha256` of every passage, inside a transaction.

        The articles' table does.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only process that writes. A lock of a process that died is free.

        Raises StoreBusy with the process id and start of the other writer, StoreClosed where the folder may only be
        read.
        """

        def busy(holder: str) -> StoreBusy:
            return StoreBusy("store.busy", store=self.store, holder=holder or Reason("store.another_process"))

        with exclusive(self.store / "writer.lock", busy):
            yield

    def version(self) -> tuple[int, int]:
        """Return a value that changes with every write, of this process or another."""
        with self._lock:
            return self._read("PRAGMA data_version")[0][0], self._db.total_changes

    def state(self, key: str) -> str | None:
        """Return a value that `set_state` kept, or None."""
        rows = self._read("SELECT value FROM state WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def set_state(self, key: str, value: str) -> None:
        """Keep a value under a key."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO state VALUES (?,?)", (key, value))

    def faults(self) -> list[str]:
        """Return what SQLite itself finds wrong with the file; the first hundred faults."""
        faults = [row[0] for row in self._read("PRAGMA integrity_check") if row[0] != "ok"]
        orphans = self._read("PRAGMA foreign_key_check")
        return faults + [f"row {row[1]} of {row[0]} belongs to nothing" for row in orphans]

    def checkpoint(self) -> None:
        """Write everything into the file itself, so that it can be moved without its log."""
        self._read("PRAGMA wal_checkpoint(TRUNCATE)")

    def reindex(self) -> None:
        """Rebuild SQLite's own indexes from the rows."""
        try:
            self._db.execute("REINDEX")
        except sqlite3.Error as error:
            raise store_error(error, self.store) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, transaction(self._db):
                yield self._db
        except sqlite3.Error as error:
            raise store_error(error, self.store) from error

    def _read(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise store_error(error, self.store) from error

    def _read_in(self, query: str, values: Collection[Any], *before: Any) -> list[tuple[Any, ...]]:
        """Return the rows of `query (?,?,…)` for any number of values.

        `before` fills the parameters ahead of them.
        """
        rows, listed = [], list(values)
        for first in range(0, len(listed), PARAMETERS):
            page = listed[first : first + PARAMETERS]
            rows += self._read(f"{query} ({','.join('?' * len(page))})", (*before, *page))
        return rows
