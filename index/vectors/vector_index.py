"""Search by meaning over the vectors in the ledger.

Compared exactly or, in a large store, by Chroma's HNSW index.

The ledger has every vector, so that whatever is wrong with Chroma costs speed and never an answer: exact search takes
its place, and the next run fills a new collection.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from threading import RLock
from typing import TYPE_CHECKING, Any

import msgspec

from index.embeddings.embedding_cache import as_bytes
from index.errors import NoStore, StoreDamaged, StoreError
from index.models import Value
from index.search.fusion import E5_WEIGHT
from index.store.ledger import Ledger
from index.vectors.chroma_collection import Server
from index.vectors.chroma_index import ChromaIndex, Health
from index.vectors.exact_search import ExactSearch, Match
from index.vectors.filling import Progress, fill, fill_gently

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

READY = 0.95  # share of passages with a vector below which meaning is not used: the others would lose unfairly
EXACT = 20_000  # passages up to which every vector is compared
LARGEST_EXACT = 300_000  # passages up to which exact search stands in for a damaged Chroma: 460 MB at 384 dimensions
REPLACED = ("hashed-1",)  # models of earlier versions whose vectors nobody misses


class StoreModel(Value, frozen=True, kw_only=True):
    """The embedding model whose vectors a store is searched by."""

    name: str
    dimensions: int


class Vectors:
    """The vectors of a store. Safe to use from several threads.

    `server` is where Chroma runs, if not in the store's folder.
    """

    def __init__(
        self, ledger: Ledger, embedder: Embedder, server: Server | None = None, *, reembed: bool = False
    ) -> None:
        self._ledger = ledger
        self.embedder = embedder
        self._reembed = reembed
        self._chroma = ChromaIndex(ledger, server)
        self._exact: ExactSearch | None = None
        self._lock = RLock()

    def close(self) -> None:
        """End Chroma's process; it is started again if need be."""
        self._chroma.close()

    # --- reading ---

    def search(self, question: str, limit: int, articles: Collection[str] | None = None) -> list[Match]:
        """Return (passage id, cosine) of the passages nearest to a question, best first.

        Among `articles` (None: all).

        Raises NoStore while too few passages have a vector, StoreError where they are of another model, ProviderError
        where the model fails.
        """
        try:
            self._check_model()
        except StoreError as error:
            if self.embedder.name.startswith("e5-small-"):  # nobody chose it: words answer, and status tells why
                raise NoStore(error.code, **error.params) from error
            raise
        if not self.ready():
            done, passages = self.coverage()
            raise NoStore("vectors.not_ready", store=self._ledger.store, done=done, passages=passages)
        return self.nearest(self.embedder.embed([question], question=True)[0], limit, articles)

    def nearest(self, vector: Any, limit: int, articles: Collection[str] | None = None) -> list[Match]:
        """Return (passage id, cosine) of the passages nearest to a vector.

        Raises StoreError as `search` does.
        """
        model = self._check_model()
        if model is None:
            raise NoStore("vectors.none", store=self._ledger.store)
        if len(vector) != model.dimensions:
            raise StoreError(
                "vectors.other_length",
                store=self._ledger.store,
                model=model.name,
                length=model.dimensions,
                now=len(vector),
            )
        passages = self.coverage()[1]
        if passages > EXACT and (articles is None or len(articles) > EXACT // 10):
            try:
                return self._chroma.nearest(as_bytes(vector), limit, articles, model.name)
            except StoreDamaged:
                if passages > LARGEST_EXACT:
                    raise
        with self._lock:
            if self._exact is None:
                self._exact = ExactSearch(self._ledger, model.name, model.dimensions)
        return self._exact.nearest(vector, limit, articles)

    def sentence_encoder(self) -> Embedder | None:
        """Return the carried embedder if the search by meaning is in use, else None.

        The cosines of other models mean other things.
        """
        return self.embedder if self._is_e5() and self.ready() else None

    def ready(self) -> bool:
        """Return whether enough passages have a vector, or that of the text they replaced."""
        done, passages = self._ledger.searchable(self.embedder.name)
        return bool(passages) and done >= READY * passages

    def coverage(self) -> tuple[int, int]:
        """Return the number of passages with a vector of this model, and of all."""
        return self._ledger.coverage(self.embedder.name)

    def weight(self) -> float:
        """Return the weight of the cosine beside the lexical share.

        0 for a model that finds much less than words.

        Raises StoreError where the vectors are of another model.
        """
        if self._is_e5():
            return E5_WEIGHT
        self._check_model()
        learned = self._ledger.state(f"vector_weight:{self.embedder.name}")
        return float(learned) if learned else 0.0

    def _is_e5(self) -> bool:
        return self.embedder.name.startswith("e5-small-") or "multilingual-e5-small" in self.embedder.name

    def _learn_weight(self) -> None:
        """Keep the weight of a model that is not known by name."""
        from index.search.weight_learning import learn_weight

        key = f"vector_weight:{self.embedder.name}"
        if not self._is_e5() and self._ledger.state(key) is None:
            self._ledger.set_state(key, str(learn_weight(self._ledger, self.embedder)))

    def trouble(self) -> str | None:
        """Return what is wrong with the vectors or with Chroma, in words, or None."""
        try:
            self._check_model()
        except StoreError as error:
            return str(error)
        if self._ledger.state(f"vector_weight:{self.embedder.name}") == "0.0":
            return f"not used: {self.embedder.name} finds much less of these articles than words do"
        if (caution := getattr(self.embedder, "caution", None)) is not None:
            return str(caution)
        return self._chroma.trouble()

    # --- writing ---

    def fill(self, progress: Progress) -> None:
        """Embed what has no vector yet. Raises what `index.vectors.filling.fill` does."""
        if not self._ledger.counts()["passages"]:
            return
        if self._reembed:
            self._claim()
        if self.coverage()[0] < self.coverage()[1]:
            fill(self._ledger, self.embedder, self._claim().dimensions, progress)
            self._learn_weight()

    def fill_gently(self, stopped: Callable[[], bool]) -> None:
        """Embed what has no vector yet, then have Chroma follow if nobody is writing.

        Raises what `fill` does.
        """
        done, passages = self.coverage()
        if done < passages:
            fill_gently(self._ledger, self.embedder, self._claim().dimensions, stopped)
            self._learn_weight()
        if not stopped() and self._ledger.pending("vectors"):
            with self._ledger.writing():
                self.export(lambda *_: None)

    def refresh(self, progress: Progress) -> None:
        """Embed what has no vector yet, then bring Chroma up to the ledger.

        For the process that is `writing()`.

        What Chroma cannot take is tried in a new collection. Raises StoreError where the vectors are of another model
        and re-embedding was not asked for, ProviderError where the model fails: what it gave is kept.
        """
        try:
            self.fill(progress)
        finally:
            self.export(progress)

    def export(self, progress: Progress, *, anew: bool = False) -> None:
        """Bring Chroma up to the ledger, for the process that is `writing()`.

        `anew`: into a new collection.
        """
        if (model := self._check_model()) and self._ledger.coverage(model.name)[0]:
            self._chroma.refresh(model.name, model.dimensions, progress, anew=anew)

    def rebuild(self, progress: Progress) -> None:
        """Fill a new Chroma collection from the ledger. Raises what `refresh` does."""
        try:
            self.fill(progress)
        finally:
            self.export(progress, anew=True)

    def examine(self) -> Health:
        """Compare every row of Chroma with the ledger.

        Raises NoStore if there is no collection, StoreError as `nearest` does.
        """
        model = self._check_model()
        if model is None:
            raise NoStore("vectors.none", store=self._ledger.store)
        return self._chroma.examine(model.name)

    def _store_model(self) -> StoreModel | None:
        written = self._ledger.state("embedding_model")
        model = msgspec.json.decode(written, type=StoreModel) if written else self._legacy_model()
        return None if model is None or model.name in REPLACED else model

    def _legacy_model(self) -> StoreModel | None:
        """Return the model that a store of format 1 names."""
        written = self._ledger.state("vectors")
        record = (msgspec.json.decode(written).get("published") if written else None) or {}
        if {"model", "dimensions"} <= record.keys():
            return StoreModel(name=record["model"], dimensions=record["dimensions"])
        return None

    def _check_model(self) -> StoreModel | None:
        """Return the store's model, None before any vector.

        Raises StoreError if it is another than the embedder.
        """
        model = self._store_model()
        if model and model.name != self.embedder.name and not self._reembed:
            if not self._ledger.coverage(model.name)[0]:  # it never gave a vector
                return None
            raise StoreError(
                "vectors.other_model", store=self._ledger.store, model=model.name, embedder=self.embedder.name
            )
        return model

    def _claim(self) -> StoreModel:
        """Make the embedder the store's model."""
        model = self._check_model()
        if model is None or model.name != self.embedder.name or self._reembed:
            model = StoreModel(name=self.embedder.name, dimensions=self.embedder.dimensions)
            self._ledger.set_state("embedding_model", msgspec.json.encode(model).decode())
            self._ledger.forget_other_lengths(model.name, 4 * model.dimensions)
            self._exact, self._reembed = None, False
        return model
