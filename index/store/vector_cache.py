"""The vectors that an embedding model gave, kept by text and model.

No text is embedded twice.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Mapping

from index.store.database import Database
from index.store.schema import store_error


class VectorCache(Database):
    """The table `vectors`.

    It holds the SHA-256 of the embedded text, the model, little-endian float32 bytes and their CRC-32.
    """

    def keep_vectors(self, model: str, vectors: Mapping[str, bytes]) -> None:
        """Keep vectors, text → little-endian float32 bytes."""
        with self._transaction() as db:
            rows = ((text_digest(text), model, vector, zlib.crc32(vector)) for text, vector in vectors.items())
            db.executemany("INSERT OR REPLACE INTO vectors VALUES (?,?,?,?)", rows)

    def vectors(self, model: str, texts: Collection[str]) -> dict[str, bytes]:
        """Return the vectors that are kept of a model, by text.

        A damaged one counts as absent.
        """
        wanted = {text_digest(text): text for text in texts}
        query = "SELECT text_sha256, vector, crc FROM vectors WHERE model = ? AND text_sha256 IN"
        rows = self._read_in(query, list(wanted), model)
        return {wanted[digest]: vector for digest, vector, crc in rows if zlib.crc32(vector) == crc}

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
