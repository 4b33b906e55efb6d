"""Embed the passages that have no vector yet; the ledger keeps the vectors.

Vectors are kept after every batch, so that a run that was killed is resumed. Nobody needs to be kept from writing
articles meanwhile: `filling_lock` only keeps two processes from embedding the same texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from index.chunking import embedding_text
from index.embeddings import embedding_cache
from index.embeddings.embedding_cache import embed_cached
from index.errors import ProviderRefused, StoreBusy, StoreError
from index.messages.reason import Reason
from index.models import Article, Passage
from index.store.file_lock import exclusive
from index.store.ledger import Ledger
from index.vectors.disk_space import require

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

FEW = 16  # passages that are embedded in the background before somebody else may: .4 s
SPARE = 2_000_000  # bytes that a batch may need beyond three times its vectors

Progress = Callable[[str, int, int | None], None]


def fill(ledger: Ledger, embedder: Embedder, dimensions: int, progress: Progress) -> None:
    """Embed all passages without a vector.

    First passages of the newest articles first.

    Raises ProviderError where the model fails; the vectors that it gave are kept. Raises ProviderRefused at the end if
    the model takes some texts at no time, StoreBusy where another process is filling the store.
    """
    with filling_lock(ledger):
        missing = ledger.missing_vectors(embedder.name)
        done, total = ledger.coverage(embedder.name)
        refused: dict[str, Reason] = {}  # article id -> reason
        for first in range(0, len(missing), embedding_cache.BATCH):
            page = missing[first : first + embedding_cache.BATCH]
            refused |= _fill_page(ledger, embedder, dimensions, page)
            done += len(page)
            progress("vectors", min(done, total), total)
        if refused:
            articles = [*list(refused)[:5], *["…"] * (len(refused) > 5)]
            raise ProviderRefused("embeddings.texts_not_taken", articles=articles, why=next(iter(refused.values())))


def fill_gently(ledger: Ledger, embedder: Embedder, dimensions: int, stopped: Callable[[], bool]) -> None:
    """Embed a few passages at a time until none is missing, or `stopped`.

    The lock is given up between them, so that `fill` in another process can take over. Raises as `fill` does.
    """
    missing = ledger.missing_vectors(embedder.name)
    for first in range(0, len(missing), FEW):
        if stopped():
            return
        with filling_lock(ledger):
            _fill_page(ledger, embedder, dimensions, missing[first : first + FEW])


def _fill_page(ledger: Ledger, embedder: Embedder, dimensions: int, page: list[str]) -> dict[str, Reason]:
    """Embed some passages, and have Chroma take them over.

    Return the articles whose texts the model refuses.
    """
    require(ledger.store, SPARE + 12 * dimensions * embedding_cache.BATCH)
    texts = {passage.id: (article.id, embedding_text(article, passage)) for article, passage in _of(ledger, page)}
    vectors, reasons = embed_cached([text for _, text in texts.values()], embedder, ledger, dimensions)
    if any(len(vector) != 4 * dimensions for vector in vectors.values()):
        raise StoreError("embeddings.wrong_length", model=embedder.name, length=dimensions)
    ledger.enqueue("vectors", {article_id for article_id, text in texts.values() if text in vectors})
    return {article_id: reasons[text] for article_id, text in texts.values() if text in reasons}


@contextmanager
def filling_lock(ledger: Ledger) -> Iterator[None]:
    """Be the only process that fills a store. Raises StoreBusy where another does."""
    with exclusive(ledger.store / "filling.lock", lambda _: StoreBusy("vectors.filling", store=ledger.store)):
        yield


def _of(ledger: Ledger, ids: list[str]) -> Iterator[tuple[Article, Passage]]:
    """Yield the passages of these ids, each with its article, in their order."""
    places = ledger.passages(ids)
    articles = ledger.articles({article_id for article_id, _, _ in places.values()})
    for key in ids:
        article_id, start, end = places.get(key, ("", 0, 0))
        if article := articles.get(article_id):
            passage = Passage(id=key, article_id=article_id, start=start, end=end, text=article.text[start:end])
            yield article, passage
