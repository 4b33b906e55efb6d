"""Vectors that cost next to nothing, for measurements of stores in which what a vector means does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSIONS = 1024


def hashed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return vectors of length one, shape (len(texts), 1024).

    Each word counts at a place, with a sign, by its hash.
    """
    rows = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.split():
            code = crc32(word.encode())
            row[code % DIMENSIONS] += 1 if code & 0x80000000 else -1
        if not (length := float(np.linalg.norm(row))):
            row[0] = length = 1.0
        row /= length
    return rows


class HashedEmbedder:
    """These vectors as an embedding model."""

    name, dimensions = "hashed words", DIMENSIONS

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), 1024)."""
        return hashed(texts)
