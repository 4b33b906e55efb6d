"""What each derived index has yet to take over from the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from index.store.database import Database

INDEXES = ("lexical", "vectors")


class Outbox(Database):
    """The table `pending`: pairs of an index and the id of a changed article.

    They are written by the transaction that changed the article.
    A run that was killed is so caught up by the next one.
    """

    def pending(self, derived: str) -> list[str]:
        """Return the ids of the articles that an index has yet to take over, or to drop."""
        return [row[0] for row in self._read("SELECT article_id FROM pending WHERE derived = ?", (derived,))]

    def enqueue(self, derived: str, ids: Iterable[str]) -> None:
        """Have an index take over these articles again."""
        with self._transaction() as db:
            db.executemany("INSERT OR IGNORE INTO pending VALUES (?,?)", ((derived, key) for key in ids))

    def settle(self, derived: str, ids: Iterable[str]) -> None:
        """Record that an index has taken these articles over."""
        with self._transaction() as db:
            rows = ((derived, article_id) for article_id in ids)
            db.executemany("DELETE FROM pending WHERE derived = ? AND article_id = ?", rows)

    def mark_all(self, derived: str) -> None:
        """Have an index take over every article again."""
        with self._transaction() as db:
            db.execute("DELETE FROM pending WHERE derived = ?", (derived,))
            db.execute("INSERT INTO pending SELECT ?, id FROM articles", (derived,))

    def settled(self, derived: str) -> set[str]:
        """Return the ids of the passages that an index should hold by now."""
        query = "SELECT id FROM passages WHERE article_id NOT IN (SELECT article_id FROM pending WHERE derived = ?)"
        return {row[0] for row in self._read(query, (derived,))}


def enqueue(db: sqlite3.Connection, article_id: str) -> None:
    """Note, inside a transaction, that an article changed."""
    db.executemany("INSERT OR IGNORE INTO pending VALUES (?,?)", ((derived, article_id) for derived in INDEXES))
