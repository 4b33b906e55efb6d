"""Texts → vectors, each paid for once: what a model gave is kept in the ledger, by text and model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from index.errors import ProviderError
from index.ledger import Ledger
from index.records import Article, Passage
from index.text.hygiene import clean

if TYPE_CHECKING:
    from index.embedding import Embedder

BATCH = 100  # texts whose vectors are kept at once: what a failure can cost


def wording(article: Article, passage: Passage) -> str:
    """What stands for a passage before an embedding model: its headline, then its text, without what no reader sees."""
    return clean(f"{article.title}\n{passage.text}" if article.title else passage.text)


def embedded(texts: Sequence[str], embedder: Embedder, ledger: Ledger) -> Any:
    """One vector for each text, a (n, dimensions) float32 array. What a model was paid for before is not asked for again."""
    import numpy as np

    found = known(texts, embedder, ledger)
    missing = [text for text in dict.fromkeys(texts) if text not in found]
    for first in range(0, len(missing), BATCH):
        page = missing[first : first + BATCH]
        fresh = {text: as_bytes(vector) for text, vector in zip(page, embedder.embed(page), strict=True)}
        ledger.keep_vectors(embedder.name, fresh)
        found |= fresh
    return np.stack([np.frombuffer(found[text], dtype="<f4") for text in texts])


def known(texts: Sequence[str], embedder: Embedder, ledger: Ledger) -> dict[str, bytes]:
    """The vectors that cost nothing: those already paid for, or all of them where the model is free."""
    if embedder.paid:
        return ledger.vectors(embedder.name, texts)
    return {text: as_bytes(vector) for text, vector in zip(texts, embedder.embed(texts), strict=True)}


def as_bytes(vectors: Any) -> bytes:
    """Little-endian float32; ProviderError where a number is none."""
    import numpy as np

    rows = np.ascontiguousarray(vectors, dtype="<f4")
    if not np.isfinite(rows).all():
        raise ProviderError(
            "the embedding model gave a vector that is not made of numbers; try again, or another model"
        )
    return rows.tobytes()
