"""Exact nearest neighbours: every vector of the ledger compared, in numpy."""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock
from typing import TYPE_CHECKING, Any

from index.store.ledger import Ledger

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Match = tuple[str, float]  # passage id, cosine similarity clipped to 0..1


class ExactSearch:
    """Search the vectors of a model exactly, held as a matrix.

    The matrix is read again after every write. Safe to use from several threads.
    """

    def __init__(self, ledger: Ledger, model: str, dimensions: int) -> None:
        self._ledger, self._model, self._dimensions = ledger, model, dimensions
        self._lock = Lock()
        self._version: tuple[int, int] | None = None
        self._ids: list[str] = []
        self._articles: list[str] = []
        self._rows: NDArray[np.float32]

    def nearest(self, vector: NDArray[np.float32], limit: int, articles: Collection[str] | None = None) -> list[Match]:
        """Return (passage id, cosine) of the nearest passages, best first.

        Among `articles` (None: all).
        """
        ids, owners, rows = self._current()
        if articles is not None:
            allowed = frozenset(articles)
            places = [place for place, owner in enumerate(owners) if owner in allowed]
            return nearest([ids[place] for place in places], rows[places], vector, limit)
        return nearest(ids, rows, vector, limit)

    def _current(self) -> tuple[list[str], list[str], Any]:
        with self._lock:
            version = self._ledger.version()
            if version != self._version:
                stored = self._ledger.passage_vectors(self._model)
                stored = [row for row in stored if len(row[2]) == 4 * self._dimensions]
                self._ids = [key for key, _, _ in stored]
                self._articles = [article_id for _, article_id, _ in stored]
                self._rows = unit(as_matrix(b"".join(vector for _, _, vector in stored), len(stored)))
                self._version = version
            return self._ids, self._articles, self._rows


def nearest(ids: list[str], rows: Any, vector: Any, limit: int) -> list[Match]:
    """Return the (id, cosine) of the rows of length one that are nearest to a vector.

    Equal ones in order of id.
    """
    import numpy as np

    if not ids or limit < 1:
        return []
    cosines = np.clip(rows @ unit(np.asarray(vector, np.float32)), 0, 1)
    best = np.argpartition(-cosines, min(limit, len(ids)) - 1)[:limit]
    return sorted(((ids[place], float(cosines[place])) for place in best), key=lambda match: (-match[1], match[0]))


def as_matrix(vectors: bytes, rows: int) -> Any:
    """Return little-endian float32 bytes as an array of so many rows."""
    import numpy as np

    return np.frombuffer(vectors, "<f4").reshape(rows, len(vectors) // 4 // rows if rows else 0)


def unit(rows: Any) -> Any:
    """Return vectors scaled to length one; a vector of zeros stays one."""
    import numpy as np

    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)
