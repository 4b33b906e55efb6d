"""Texts → vectors: what an embedding model is, and the one that needs no key.

The hashed vectors need no training: each term of a text (`index.language.analyzer`: character grams and stems) is added to one of 1,024 places
with a sign, both given by its hash (Weinberger et al. 2009), weighted by (1 + log of its count) × the logarithm of its rarity. They
keep the vector collection filled and searchable; they add nothing to the lexical search, so their weight beside it is 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from index.errors import ProviderError, UsageError
from index.language.analyzer import MAX_WORD, terms
from index.messages.reason import Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSIONS = 1024
BUCKETS = 1 << 16  # of terms, each with the number of passages it was seen in
_BUCKET = 63 - 16  # hashes are non-negative int64: their highest bits name the bucket, the lowest the place
_RARITY = Path(__file__).with_name("hashed.npz")


class Embedder(Protocol):
    """A model that turns texts into vectors of length one.

    A model may have an attribute `paid`: False if its vectors are so cheap that they are not worth keeping.
    """

    @property
    def name(self) -> str:
        """The name of the model; vectors of different names cannot be compared."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector; the model may have to be asked for an example."""
        ...

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), dimensions); `question` tells questions from passages.

        Raises ProviderError where the model cannot be reached, Incomplete where it could not take some of the texts.
        """
        ...


def is_paid(embedder: Embedder) -> bool:
    """Return whether a model's vectors are worth keeping: unless it says otherwise, they are."""
    return bool(getattr(embedder, "paid", True))


def accepted(model: Any) -> Embedder:
    """Return a model with our interface as it is, and an embedding model of llama-index wrapped.

    Raises UsageError for anything else.

    >>> accepted(Hashed()).name
    'hashed-1'
    """
    if callable(getattr(model, "embed", None)) and hasattr(model, "name") and hasattr(model, "dimensions"):
        return model  # type: ignore[no-any-return]
    if callable(getattr(model, "get_text_embedding_batch", None)):
        from index.embeddings.llama_embedder import LlamaEmbedder

        return LlamaEmbedder(model)
    raise UsageError("embeddings.not_a_model", type=type(model).__name__)


class Incomplete(ProviderError):
    """Some texts have no vector.

    `vectors` holds the vectors that were given, `refused` the reasons why the model takes a text at no time; both by the text's
    position.
    """

    def __init__(
        self, code: str, vectors: dict[int, NDArray[np.float32]], refused: dict[int, Reason], /, **params: object
    ) -> None:
        super().__init__(code, **params)
        self.vectors = vectors
        self.refused = refused


class Hashed:
    """The stand-in for no key. Raise the name whenever a text gets another vector."""

    name = "hashed-1"
    dimensions = DIMENSIONS
    paid = False

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """`hashed(texts)`."""
        return hashed(texts)


def hashed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of the texts, shape (n, 1024), each of length one; a text without words gets the first axis. About 0.1 ms a passage.

    >>> one, same, other = hashed(["زار الوفد حلب", "زار وفدٌ حلبَ", "ارتفعت أسعار النفط"])
    >>> bool(one @ same > 0.6 > 0.3 > one @ other)
    True
    """
    rarity = _rarity()
    rows = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, text in zip(rows, texts, strict=True):
        parts = [_HASHES[chunk] for chunk in text.split()]
        found, counts = np.unique(np.concatenate(parts), return_counts=True) if parts else (_NONE, _NONE)
        if not len(found):
            row[0] = 1.0
            continue
        weights = (1 + np.log(counts)) * rarity[found >> _BUCKET] * np.where(found >> 20 & 1, 1.0, -1.0)
        row += np.bincount(found & (DIMENSIONS - 1), weights, DIMENSIONS)
        row /= np.linalg.norm(row)
    return rows


def buckets(text: str) -> NDArray[np.int64]:
    """The buckets of a text's terms, each once: what the table of rarity is counted in."""
    parts = [_HASHES[chunk] for chunk in text.split()]
    return np.unique(np.concatenate(parts) >> _BUCKET) if parts else _NONE


class _Hashes(dict[str, "NDArray[np.int64]"]):
    """The hashes of the terms of what stands between two spaces, worked out once."""

    ROOM = 60_000  # entries, about 0.3 kB each

    def __missing__(self, chunk: str) -> NDArray[np.int64]:
        found = terms(chunk)
        named = [f"c{term}" for term in found.ngrams] + [f"h{term}" for term in found.stems]
        hashes = np.fromiter(map(_hash, named), np.int64, len(named))
        if len(chunk) <= MAX_WORD:
            if len(self) >= self.ROOM:
                self.clear()
            self[chunk] = hashes
        return hashes


_HASHES = _Hashes()
_NONE = np.zeros(0, np.int64)


def _hash(term: str) -> int:
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "little") >> 1


@cache
def _rarity() -> NDArray[np.float64]:
    """By bucket, the logarithm of how rare its terms are (BM25's idf), from counts made by `python -m tools.make_rarity`."""
    with np.load(_RARITY) as table:
        seen, passages = table["seen"].astype(np.float64), int(table["passages"])
    rare: NDArray[np.float64] = np.log(1 + (passages - seen + 0.5) / (seen + 0.5))
    return rare
