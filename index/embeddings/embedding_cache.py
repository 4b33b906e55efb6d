"""Texts → vectors, each paid for once: what a model gave is kept in the ledger, by text and model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from index.errors import ProviderError
from index.language.invisible_chars import clean
from index.messages.reason import Reason
from index.models import Article, Passage, Value
from index.store.ledger import Ledger

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

BATCH = 256  # texts whose vectors are kept at once: what a kill can cost


class Bill(Value, frozen=True, kw_only=True):
    """What is yet to be paid for: texts, and their tokens as o200k_base counts them (models count a little differently)."""

    texts: int = 0
    tokens: int = 0

    def __add__(self, other: Bill) -> Bill:
        return Bill(texts=self.texts + other.texts, tokens=self.tokens + other.tokens)

    def cost(self, price: float) -> float:
        """In the currency of `price`, which is for a million tokens.

        >>> Bill(texts=2, tokens=500_000).cost(0.02)
        0.01
        """
        return self.tokens * price / 1_000_000


def wording(article: Article, passage: Passage) -> str:
    """What stands for a passage before an embedding model: its headline, then its text, without what no reader sees."""
    return clean(f"{article.title}\n{passage.text}" if article.title else passage.text)


def bill(entries: Iterable[tuple[Article, Sequence[Passage]]], embedder: Embedder, ledger: Ledger) -> Bill:
    """What indexing these articles would have to pay for."""
    from index.token_count import count

    total = Bill()
    for article, passages in entries if embedder.paid else ():
        texts = {wording(article, passage) for passage in passages}
        missing = texts - ledger.vectors(embedder.name, texts).keys()
        total = Bill(texts=total.texts + len(missing), tokens=total.tokens + sum(map(count, missing)))
    return total


def embedded(
    texts: Sequence[str], embedder: Embedder, ledger: Ledger, dimensions: int
) -> tuple[dict[str, bytes], dict[str, Reason]]:
    """The vector of each text as little-endian float32, and the texts that the model refuses, each with its reason.

    What a model was paid for before is not asked for again; what it gives is kept before anything else happens. Raises ProviderError
    where it fails or gives nonsense.
    """
    from index.embeddings.protocol import Incomplete

    found = {text: one for text, one in known(texts, embedder, ledger).items() if len(one) == 4 * dimensions}
    missing = [text for text in dict.fromkeys(texts) if text not in found]
    refused: dict[str, Reason] = {}
    for first in range(0, len(missing), BATCH):
        page, failed = missing[first : first + BATCH], None
        try:
            fresh = {text: as_bytes(row) for text, row in zip(page, embedder.embed(page), strict=True)}
        except Incomplete as error:
            fresh = {page[place]: as_bytes(row) for place, row in error.vectors.items()}
            refused |= {page[place]: reason for place, reason in error.refused.items()}
            failed = error if len(fresh) + len(error.refused) < len(page) else None
        ledger.keep_vectors(embedder.name, fresh)
        found |= fresh
        if failed:
            raise failed
    return found, refused


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
        raise ProviderError("embeddings.not_numbers")
    return rows.tobytes()
