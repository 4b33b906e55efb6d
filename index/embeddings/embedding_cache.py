"""Texts → vectors, each computed once.

What a model gave is kept in the ledger, by text and model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from index.chunking import embedding_text
from index.errors import ProviderError
from index.messages.reason import Reason
from index.models import Article, Passage, Value
from index.store.ledger import Ledger

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

BATCH = 256  # texts whose vectors are kept at once: what a kill can cost


class CostEstimate(Value, frozen=True, kw_only=True):
    """Texts that are yet to be embedded, and their tokens.

    Tokens are those of o200k_base; models count a little differently.
    """

    texts: int = 0
    tokens: int = 0

    def __add__(self, other: CostEstimate) -> CostEstimate:
        return CostEstimate(texts=self.texts + other.texts, tokens=self.tokens + other.tokens)

    def cost(self, price: float) -> float:
        """Return the cost in the currency of `price`, which is for a million tokens.

        >>> CostEstimate(texts=2, tokens=500_000).cost(0.02)
        0.01
        """
        return self.tokens * price / 1_000_000


def estimate_cost(
    entries: Iterable[tuple[Article, Sequence[Passage]]], embedder: Embedder | None, ledger: Ledger
) -> CostEstimate:
    """Count what indexing these articles would have to embed.

    Nothing without an embedder.
    """
    from index.token_count import count

    total = CostEstimate()
    for article, passages in entries if embedder else ():
        assert embedder
        texts = {embedding_text(article, passage) for passage in passages}
        missing = texts - ledger.vectors(embedder.name, texts).keys()
        total += CostEstimate(texts=len(missing), tokens=sum(map(count, missing)))
    return total


def embed_cached(
    texts: Sequence[str], embedder: Embedder, ledger: Ledger, dimensions: int
) -> tuple[dict[str, bytes], dict[str, Reason]]:
    """Return the vector of each text, and the texts that the model refuses.

    Vectors are little-endian float32 bytes; refused texts come with the reason.
    Only texts without a kept vector are embedded; new vectors are kept before anything else happens.
    Raises ProviderError where the model fails or gives nonsense.
    """
    from index.embeddings.protocol import Incomplete

    known = ledger.vectors(embedder.name, texts)
    vectors = {text: vector for text, vector in known.items() if len(vector) == 4 * dimensions}
    missing = [text for text in dict.fromkeys(texts) if text not in vectors]
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
        vectors |= fresh
        if failed:
            raise failed
    return vectors, refused


def as_bytes(vectors: Any) -> bytes:
    """Return little-endian float32 bytes.

    Raises ProviderError where a number is not finite.
    """
    import numpy as np

    rows = np.ascontiguousarray(vectors, dtype="<f4")
    if not np.isfinite(rows).all():
        raise ProviderError("embeddings.not_numbers")
    return rows.tobytes()
