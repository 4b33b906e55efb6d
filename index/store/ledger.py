"""The ledger: one SQLite file with articles, passages, kept vectors and state.

Every index is derived from it. A write is one transaction, committed to the disk (WAL, synchronous=FULL) before it
is acknowledged. The same transaction lists in `pending` what the indexes have yet to take over.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from index.store.articles import ArticleTable, Location
from index.store.outbox import INDEXES, Outbox
from index.store.sources import SourceTable
from index.store.vector_cache import VectorCache

__all__ = ["INDEXES", "Ledger", "Location"]


class Ledger(ArticleTable, Outbox, SourceTable, VectorCache):
    """The ledger of one store folder.

    >>> from pathlib import Path
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ledger = Ledger.create(Path(folder))
    ...     ledger.counts()
    ...     ledger.close()
    {'articles': 0, 'passages': 0, 'vectors': 0}
    """

    def __init__(self, store: Path, connection: sqlite3.Connection) -> None:
        super().__init__(store, connection)
        self._languages: tuple[tuple[int, int], dict[str | None, int]] | None = None  # data version and its counts

    def counts(self) -> dict[str, int]:
        """Return the number of articles, passages and kept vectors."""
        return {name: self._read(f"SELECT count(*) FROM {name}")[0][0] for name in ("articles", "passages", "vectors")}

    def languages(self) -> dict[str | None, int]:
        """Return language → number of articles.

        Counted again only after a write, as every question asks for it.
        """
        with self._lock:
            version = self.version()
            if self._languages is None or self._languages[0] != version:
                counts = self._read("SELECT language, count(*) FROM articles GROUP BY language")
                self._languages = version, dict(counts)
            return dict(self._languages[1])
