"""The vectors that an embedding model gave, kept by text and model.

No text is embedded twice.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from index.store.database import Database
from index.store.schema import store_error

JOINED = """
    FROM passages p LEFT JOIN vectors v ON v.text_sha256 = p.text_sha256 AND v.model = ?
    LEFT JOIN stand_ins i ON v.model IS NULL AND i.passage_id = p.id
    LEFT JOIN vectors s ON s.text_sha256 = i.text_sha256 AND s.model = ?
"""  # every passage with its own vector (v), else that of the passage that it replaced (s)


class VectorCache(Database):
    """The table `vectors`.

    It holds the SHA-256 of the embedded text, the model, little-endian float32 bytes and their CRC-32.
    """

    def __init__(self, store: Path, connection: sqlite3.Connection) -> None:
        super().__init__(store, connection)
        self._counts: dict[str, tuple[tuple[int, int], tuple[int, int, int]]] = {}  # model → data version, counts

    def keep_vectors(self, model: str, vectors: Mapping[str, bytes]) -> None:
        """Keep vectors, text → little-endian float32 bytes."""
        with self._transaction() as db:
            rows = ((text_digest(text), model, vector, zlib.crc32(vector)) for text, vector in vectors.items())
            db.executemany("INSERT OR REPLACE INTO vectors VALUES (?,?,?,?)", rows)

    def keep_rows(self, rows: Iterable[tuple[bytes, str, bytes, int]]) -> None:
        """Keep vectors given as (text digest, model, vector, CRC-32)."""
        with self._transaction() as db:
            db.executemany("INSERT OR REPLACE INTO vectors VALUES (?,?,?,?)", rows)

    def vectors(self, model: str, texts: Collection[str]) -> dict[str, bytes]:
        """Return the vectors that are kept of a model, by text.

        A damaged one counts as absent.
        """
        wanted = {text_digest(text): text for text in texts}
        query = "SELECT text_sha256, vector, crc FROM vectors WHERE model = ? AND text_sha256 IN"
        rows = self._read_in(query, list(wanted), model)
        return {wanted[digest]: vector for digest, vector, crc in rows if zlib.crc32(vector) == crc}

    def coverage(self, model: str) -> tuple[int, int]:
        """Return the number of passages with a vector of a model, and of all."""
        return self._coverage(model)[0], self._coverage(model)[2]

    def searchable(self, model: str) -> tuple[int, int]:
        """Return how many passages have a vector, their own or a stand-in, and all.

        A stand-in is the vector of the passage that a passage replaced.
        """
        return self._coverage(model)[1:]

    def _coverage(self, model: str) -> tuple[int, int, int]:
        """Count vectors, vectors with stand-ins, and passages.

        They are counted anew only after a write, as every question asks for them.
        """
        if self._format < 2:
            return 0, 0, self._read("SELECT count(*) FROM passages")[0][0]
        with self._lock:
            version = self.version()
            if model not in self._counts or self._counts[model][0] != version:
                query = f"SELECT count(v.model), count(s.model) + count(v.model), count(*) {JOINED}"
                row = self._read(query, (model, model))[0]
                self._counts[model] = version, (row[0], row[1], row[2])
            return self._counts[model][1]

    def missing_vectors(self, model: str) -> list[str]:
        """Return the ids of the passages without a vector of a model.

        In the order in which to embed them.

        The first passages of all articles come before the others, newest articles first.
        """
        query = """
            SELECT p.id FROM (
                SELECT *, row_number() OVER (PARTITION BY article_id ORDER BY "start") > 1 AS later FROM passages) p
            JOIN articles a ON a.id = p.article_id
            LEFT JOIN vectors v ON v.text_sha256 = p.text_sha256 AND v.model = ?
            WHERE v.model IS NULL ORDER BY p.later, a.published DESC, a.id, p."start"
        """
        return [row[0] for row in self._read(query, (model,))]

    def passage_vectors(self, model: str, articles: Collection[str] | None = None) -> list[tuple[str, str, bytes]]:
        """Return (passage id, article id, vector) of the passages with undamaged vectors.

        A passage without a vector of its own has that of the passage that it replaced. `articles`: only theirs.
        """
        if self._format < 2:
            return []
        query = f"""
            SELECT p.id, p.article_id, coalesce(v.vector, s.vector) AS vector, coalesce(v.crc, s.crc) {JOINED}
            WHERE length(coalesce(v.vector, s.vector)) > 0"""
        if articles is None:
            rows = self._read(query, (model, model))
        else:
            rows = self._read_in(f"{query} AND p.article_id IN", articles, model, model)
        return [(key, article_id, vector) for key, article_id, vector, crc in rows if zlib.crc32(vector) == crc]

    def vectors_of(self, model: str, passages: Collection[str]) -> dict[str, bytes]:
        """Return passage id → vector of a model.

        For those of the passages that have an undamaged one.
        """
        query = (
            "SELECT p.id, v.vector, v.crc FROM passages p "
            "JOIN vectors v ON v.text_sha256 = p.text_sha256 AND v.model = ? WHERE p.id IN"
        )
        rows = self._read_in(query, passages, model)
        return {key: vector for key, vector, crc in rows if zlib.crc32(vector) == crc}

    def forget_other_lengths(self, model: str, size: int) -> None:
        """Drop the vectors of a model that do not have `size` bytes."""
        with self._transaction() as db:
            db.execute("DELETE FROM vectors WHERE model = ? AND length(vector) <> ?", (model, size))

    def damaged_vectors(self) -> list[bytes]:
        """Return the text digests of the vectors that are not what was written."""
        try:
            rows = self._db.execute("SELECT text_sha256, vector, crc FROM vectors")
            return [digest for digest, vector, crc in rows if zlib.crc32(vector) != crc]
        except sqlite3.Error as error:
            raise store_error(error, self.store) from error

    def forget_vectors(self, digests: Iterable[bytes]) -> None:
        """Drop vectors by their text digests."""
        with self._transaction() as db:
            db.executemany("DELETE FROM vectors WHERE text_sha256 = ?", ((digest,) for digest in digests))


def text_digest(text: str) -> bytes:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()
