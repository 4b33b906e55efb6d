"""Pending articles into an open collection: read from the ledger, embedded, upserted, noted as done, a thousand passages at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from index.embeddings.embedding_cache import embed_cached, embedding_text
from index.errors import ProviderError, ProviderRefused, StoreError
from index.messages.reason import Reason
from index.models import Value
from index.store.ledger import Ledger
from index.vectors.collection import Collection
from index.vectors.disk_space import require

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

CALL = 1_000  # passages a call
PAGE = 500  # articles read at once
SPARE = 2_000_000  # bytes that a call may need beyond three times its vectors

Progress = Callable[[str, int, int | None], None]
Rows = list[tuple[str, str, str]]  # article id, passage id, what the model is shown


class Filled(Value, frozen=True, kw_only=True):
    """What came of it: rows that gave way to others, and why something is still pending."""

    dropped: int = 0
    failed: ProviderError | None = None
    refused: dict[str, Reason] = {}  # article id -> why the model does not take a passage of it

    def error(self) -> ProviderError | None:
        """What the user has to be told."""
        if self.failed or not self.refused:
            return self.failed
        articles = [*list(self.refused)[:5], *["…"] * (len(self.refused) > 5)]
        why = next(iter(self.refused.values()))
        return ProviderRefused("embeddings.texts_not_taken", articles=articles, why=why)


class Chunk(Value, frozen=True, kw_only=True):
    """Whole articles, and of each passage its article, its id and its vector."""

    articles: list[str]
    owners: list[str]
    ids: list[str]
    vectors: bytes


class Filling:
    """One run of it."""

    def __init__(self, ledger: Ledger, embedder: Embedder, collection: Collection, dimensions: int) -> None:
        self._ledger = ledger
        self._embedder = embedder
        self._collection = collection
        self._dimensions = dimensions
        self._refused: dict[str, Reason] = {}
        self._dropped = 0

    def run(self, pending: Sequence[str], progress: Progress) -> Filled:
        """Take over these articles. A chunk is embedded while Chroma takes the one before it."""
        empty, done, failed = not self._collection.call("count"), 0, None
        flight: list[str] = []
        chunks = self._chunks(pending)
        while True:
            try:
                chunk = next(chunks, None)
            except ProviderError as error:  # what came before it stays
                chunk, failed = None, error
            if flight:
                self._dropped += self._collection.receive()
                self._ledger.settle("vectors", flight)
                done += len(flight)
                progress("vectors", done, len(pending))
            if chunk is None:
                return Filled(dropped=self._dropped, failed=failed, refused=self._refused)
            require(self._ledger.store, SPARE + 3 * len(chunk.vectors))
            gone = [] if empty else chunk.articles
            self._collection.send("replace", gone, chunk.owners, chunk.ids, chunk.vectors)
            flight = chunk.articles

    def _chunks(self, pending: Sequence[str]) -> Iterator[Chunk]:
        articles, rows = list[str](), Rows()
        for first in range(0, len(pending), PAGE):
            page = pending[first : first + PAGE]
            there = self._ledger.articles(page)
            for one in page:
                articles.append(one)
                if article := there.get(one):
                    rows += [
                        (one, each.id, embedding_text(article, each)) for each in self._ledger.passages_of(article)
                    ]
                if len(rows) >= CALL or len(articles) >= CALL:
                    yield self._chunk(articles, rows)
                    articles, rows = [], []
        if articles:
            yield self._chunk(articles, rows)

    def _chunk(self, articles: list[str], rows: Rows) -> Chunk:
        """The chunk, without the articles that the model refuses."""
        texts = [text for _, _, text in rows]
        vectors, refused = embed_cached(texts, self._embedder, self._ledger, self._dimensions)
        if refused:
            self._refused |= {owner: refused[text] for owner, _, text in rows if text in refused}
            rows = [row for row in rows if row[0] not in self._refused]
            articles = [article for article in articles if article not in self._refused]
        packed = b"".join(vectors[text] for _, _, text in rows)
        if len(packed) != 4 * self._dimensions * len(rows):
            raise StoreError("embeddings.wrong_length", model=self._embedder.name, length=self._dimensions)
        owners, ids = [owner for owner, _, _ in rows], [one for _, one, _ in rows]
        return Chunk(articles=articles, owners=owners, ids=ids, vectors=packed)
