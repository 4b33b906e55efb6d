"""The search by meaning: a Chroma collection kept equal to the ledger.

The collection is updated in place under a dirty mark. After damage, for another model, or when a fifth of its rows was replaced, a new
one is filled from the ledger and published; readers in other processes see it at their next question. No text is paid for twice.
"""

from __future__ import annotations

from collections.abc import Collection as Group
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from index.embeddings.embedding_cache import as_bytes, cached, embedding_text
from index.errors import NoStore, StoreDamaged, StoreError
from index.models import Passage
from index.store.ledger import Ledger
from index.vectors.collection import Collection, Health, Server
from index.vectors.collection_versions import Generation, Generations
from index.vectors.vector_indexing import CALL, Filling, Progress

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder


FEW = 1_000  # passages that are compared one by one


class Vectors:
    """The vectors of one store, in its folder or on a Chroma server."""

    def __init__(
        self, ledger: Ledger, embedder: Embedder, server: Server | None = None, *, reembed: bool = False
    ) -> None:
        self._ledger = ledger
        self.embedder = embedder
        self._reembed = reembed
        self._generations = Generations(ledger, embedder, server)
        self._turn = RLock()
        self._open: Collection | None = None
        self._seen: tuple[int, int] | None = None  # number and edition of what is open

    def close(self) -> None:
        """Let go of Chroma. Whatever is asked next opens it again."""
        with self._turn:
            if self._open:
                self._open.close()
            self._open = self._seen = None

    # --- reading ---

    def search(self, question: str, limit: int, articles: Group[str] | None = None) -> list[tuple[str, float]]:
        """The passages nearest to a question: ids and cosine similarities in 0..1, best first."""
        self.published()  # before the question is paid for
        return self.nearest(self.embedder.embed([question], question=True)[0], limit, articles)

    def nearest(self, vector: Any, limit: int, articles: Group[str] | None = None) -> list[tuple[str, float]]:
        """The passages nearest to a vector, among the given articles (None: all).

        Raises NoStore where no vector is indexed yet, StoreError where they are of another model, StoreDamaged where Chroma's files are.
        """
        sought = as_bytes(vector)
        for attempt in range(3):
            generation = self.published()
            self._generations.same_length(generation, len(sought) // 4)
            try:
                with self._turn:
                    return self._among(self._opened(generation), sought, limit, articles, generation.rows)
            except StoreDamaged:
                self.close()
                if attempt and self._generations.pair().published == generation:  # and not merely replaced meanwhile
                    with suppress(StoreError):
                        self._generations.doubt(generation)
                    raise
        raise StoreDamaged("vectors.changing", store=self._ledger.store)

    def published(self) -> Generation:
        """The generation that readers read; NoStore where there is none, StoreError where it is of another model or elsewhere."""
        generation = self._generations.pair().published
        if generation is None:
            raise NoStore("vectors.none", store=self._ledger.store)
        self._generations.same_model(generation)
        if not self._generations.ours(generation):
            raise StoreError("vectors.elsewhere", store=self._ledger.store)
        return generation

    def _among(
        self, collection: Collection, vector: bytes, limit: int, articles: Group[str] | None, rows: int
    ) -> list[tuple[str, float]]:
        """A few allowed passages are compared one by one; of many, more and more is asked for until enough is allowed.

        A condition would cost Chroma far more: a third of a second at 100,000 rows.
        """
        if articles is not None and len(articles) <= FEW:
            ids = self._ledger.passage_ids(articles)
            if len(ids) <= FEW:
                with suppress(StoreDamaged):  # a row that came after what is open
                    return self._allowed(collection.call("among", vector, ids, limit), articles)
        ask = limit if articles is None else limit * 4
        while True:
            near = collection.call("query", vector, max(1, ask))
            kept = self._allowed(near, articles)
            if len(kept) >= limit or ask >= rows or len(near) < ask:
                return kept[:limit]
            ask *= 4

    def _allowed(self, near: list[tuple[str, float]], articles: Group[str] | None) -> list[tuple[str, float]]:
        """Those of the rows that the ledger still has, in the allowed articles, with their similarities."""
        places = self._ledger.passages([one for one, _ in near])
        return [
            (one, max(0.0, min(1.0, 1.0 - distance)))
            for one, distance in near
            if one in places and (articles is None or places[one][0] in articles)
        ]

    # --- writing ---

    def refresh(self, progress: Progress) -> None:
        """Take over what the ledger lists as pending, and replace what is damaged; for the one process that is writing.

        Raises StoreError where the vectors are of another model and re-embedding was not asked for, ProviderError where the model
        fails: what it gave is kept, and the next run goes on from there.
        """
        if self._ledger.pending("vectors") or not self._settled():
            self._write(progress, anew=False)

    def rebuild(self, progress: Progress) -> None:
        """Fill a new generation from the ledger, whatever the state of the present one. Raises what `refresh` does."""
        if present := self._generations.pair().published:
            self._same_model(present)  # nobody pays for another model by repairing
        self._write(progress, anew=True)

    def _write(self, progress: Progress, anew: bool) -> None:
        with self._turn:
            try:
                for attempt in range(3):
                    try:
                        found = None if anew or attempt == 2 else self._sound()
                        self._take_over(found or self._anew(), progress)
                        return
                    except StoreDamaged:
                        self.close()
                        if attempt == 2:
                            raise
            except BaseException:
                self.close()  # its reply may still be on the way
                raise

    def _settled(self) -> bool:
        """Whether there is nothing to do: this costs a look at the names and sizes of a few files."""
        pair = self._generations.pair()
        if pair.published is None:
            return not self._ledger.counts()["passages"]
        self._same_model(pair.published)
        self._generations.tidy()
        return pair.following is None and self._fit(pair.published) and self._generations.untouched(pair.published)

    def _fit(self, generation: Generation) -> bool:
        if self._reembed and generation.dimensions != self.embedder.dimensions:
            return False
        return self._generations.ours(generation) and not generation.worn()

    def _same_model(self, generation: Generation) -> None:
        if not self._reembed:
            self._generations.same_model(generation)

    def _sound(self) -> Generation | None:
        """The generation to write to, open, owned and found well; None where a new one is due."""
        pair = self._generations.pair()
        if pair.published and not (pair.following and self._generations.ours(pair.following)):
            self._same_model(pair.published)
        generation = pair.following or pair.published
        if generation is None or not self._fit(generation):
            return None
        try:
            collection = self._opened(generation, own=True)
            if not self._generations.untouched(generation) and not self._examined(collection).well:
                return None
            more = 0 if pair.following else collection.call("held", self._ledger.pending("vectors"))
        except StoreDamaged:
            return None
        return None if generation.worn(more) else generation

    def _anew(self) -> Generation:
        """A new generation, open and empty: everything is pending for it."""
        self.close()
        fresh = self._generations.begin()
        self._open = Collection(self._generations.home(fresh), own=True, create=self._generations.about(fresh))
        return fresh

    def _take_over(self, generation: Generation, progress: Progress) -> None:
        """Bring the pending articles into the generation that is open, then publish it."""
        assert self._open
        collection, generation = self._open, self._generations.soil(generation)
        pending = sorted(self._ledger.pending("vectors"))
        filled = Filling(self._ledger, self.embedder, collection, generation.dimensions).run(pending, progress)
        rows, error = collection.call("count"), filled.error()
        if error is None and rows != (expected := self._ledger.counts()["passages"]):
            raise StoreDamaged("vectors.wrong_count", rows=rows, expected=expected)
        if filled.failed is None or self._generations.pair().following is None:  # else it is not fit to be read yet
            self._publish(collection, replace(generation, replaced=generation.replaced + filled.dropped), rows)
        if error:
            raise error
        collection.call("disown")

    def _publish(self, collection: Collection, generation: Generation, rows: int) -> None:
        clean, left = self._generations.publish(generation, rows)
        self._seen = (clean.number, clean.edition)
        for one in left:
            if one.server == clean.server is not None:
                collection.call("discard", msgspec.to_builtins(self._generations.home(one)))

    # --- the state of things ---

    def examine(self) -> Health:
        """A look at every row of the published generation, by a fresh process: is its vector the one of its text?

        Raises what `nearest` does.
        """
        self.close()
        collection = self._opened(self.published())
        health = self._examined(collection)
        settled = self._ledger.settled("vectors")
        wrong = sum(self._wrong(collection, first, settled) for first in range(0, health.rows, CALL))
        return replace(health, wrong=wrong, faults=tuple(collection.call("faults")))

    def _wrong(self, collection: Collection, first: int, settled: Group[str]) -> int:
        """How many of a thousand rows do not point where their text does, as far as that can be told without paying."""
        import numpy as np

        ids, vectors = collection.call("rows", first, CALL)
        places = self._ledger.passages([item_id for item_id in ids if item_id in settled])
        articles = self._ledger.articles({place[0] for place in places.values()})
        texts = {}
        for one, (article, start, end) in ((key, place) for key, place in places.items() if place[0] in articles):
            passage = Passage(id=one, article_id=article, start=start, end=end, text=articles[article].text[start:end])
            texts[one] = embedding_text(articles[article], passage)
        right = cached(list(texts.values()), self.embedder, self._ledger)
        wrong = 0
        for one, found in zip(ids, np.frombuffer(vectors, "<f4").reshape(len(ids), -1), strict=True) if ids else ():
            if one in texts and texts[one] in right:
                expected = np.frombuffer(right[texts[one]], "<f4")
                wrong += bool(found @ expected < 0.999 * np.linalg.norm(found) * np.linalg.norm(expected))
        return wrong

    def _examined(self, collection: Collection) -> Health:
        """Every row looked at; one that should be there and is not counts as unreadable."""
        health = msgspec.convert(collection.call("health", True), Health)
        missing = self._ledger.settled("vectors")
        for first in range(0, health.rows, CALL):
            missing.difference_update(collection.call("ids", first, CALL))
        return replace(health, unreadable=health.unreadable + len(missing))

    def _opened(self, generation: Generation, *, own: bool = False) -> Collection:
        """A generation as of its edition. What a killed run left is never taken from memory, but read anew."""
        wanted = (generation.number, generation.edition)
        if self._open and self._open.alive and self._seen == wanted and not (own and generation.dirty):
            if own:
                self._open.own()
            return self._open
        self._seen, home = None, self._generations.home(generation)
        if own or not (self._open and self._open.follow(home)):
            self.close()
            self._open = Collection(home, own=own)
        if not self._open.health.well or self._open.about != self._generations.about(generation):
            raise StoreDamaged("vectors.damaged", home=home)
        self._seen = wanted
        return self._open
