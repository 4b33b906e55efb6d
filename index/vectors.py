"""The search by meaning: a Chroma collection kept equal to the ledger.

The collection lives in a generation, a folder `vectors-N` of the store (or a collection of a server), which is updated in place under a
dirty mark. After damage, for another model, or when a fifth of its rows was replaced, a new generation is filled from the ledger and
published by one write of the ledger's state; readers in other processes see it at their next question. No text is embedded twice.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from index.chroma import Chroma, Health, Home, Server
from index.errors import NoStore, ProviderError, StoreDamaged, StoreError, StoreFull
from index.ledger import Ledger
from index.records import Article, Passage, Value
from index.text.hygiene import clean

if TYPE_CHECKING:
    from index.embedding import Embedder

FORMAT = 1  # of the collection; raise it when what is stored in it changes
CALL = 1_000  # passages a call
CHURN = 0.2  # share of replaced rows at which HNSW begins to miss some
ROOM = 500_000_000  # bytes that must be free before anything is written
PAID = 100  # texts whose vectors are kept at once
PAGE = 500  # articles read at once
NAME = "vectors"

Progress = Callable[[str, int, int | None], None]


class Generation(Value, frozen=True, kw_only=True):
    """What the ledger knows of a collection."""

    number: int
    server: str | None  # None: a folder of the store
    collection: str = "isnad"
    model: str
    dimensions: int
    edition: int = 0  # raised by every run that changed it
    rows: int = 0
    replaced: int = 0  # rows dropped from it since it was filled
    dirty: bool = False  # a run is writing it, or was killed while it did
    doubted: bool = False  # a reader could not read it
    format: int = FORMAT
    files: dict[str, int] = {}  # the index files of a folder and their sizes


class Vectors:
    """The vectors of one store. `server` is the place on a Chroma server, if not in the store's folder."""

    def __init__(
        self, ledger: Ledger, embedder: Embedder, server: Server | None = None, *, reembed: bool = False
    ) -> None:
        self._ledger = ledger
        self._embedder = embedder
        self._server = server
        self._place = str(server) if server else None
        self._reembed = reembed
        self._chroma: Chroma | None = None
        self._seen: tuple[int, int, bool] | None = None  # generation, edition and purpose of what is open

    def close(self) -> None:
        """Let go of Chroma. Whatever is asked next opens it again."""
        if self._chroma:
            self._chroma.close()
        self._chroma = self._seen = None

    # --- reading ---

    def search(self, question: str, limit: int, articles: Collection[str] | None = None) -> list[tuple[str, float]]:
        """The passages nearest to a question: ids and cosine similarities in 0..1, best first."""
        return self.nearest(self._embedder.embed([question])[0], limit, articles)

    def nearest(self, vector: Any, limit: int, articles: Collection[str] | None = None) -> list[tuple[str, float]]:
        """The passages nearest to a vector, among the given articles (None: all).

        Raises NoStore where no vector is indexed yet, StoreError where they are of another model, StoreDamaged where Chroma's files are.
        """
        sought = _bytes(vector)
        for attempt in (1, 2, 3):
            generation = self._published()
            try:
                chroma = self._open(generation, writing=False)
                return self._among(chroma, sought, limit, articles, generation.rows)
            except StoreDamaged:
                self.close()
                if attempt > 1 and self._state("vectors") == generation:  # and not merely swapped under our hands
                    self._save("vectors", replace(generation, doubted=True))
                    raise
        raise StoreDamaged(f"the vectors of {self._ledger.store} change too fast to be read; ask again")

    def _among(
        self, chroma: Chroma, vector: bytes, limit: int, articles: Collection[str] | None, rows: int
    ) -> list[tuple[str, float]]:
        """Ask for more and more until enough of the answers are among the allowed articles: a condition would cost Chroma far more."""
        ask = limit if articles is None else limit * 4
        while True:
            near = chroma.call("query", vector, max(1, ask))
            places = self._ledger.passages([one for one, _ in near])
            kept = [
                (one, max(0.0, min(1.0, 1.0 - distance)))
                for one, distance in near
                if one in places and (articles is None or places[one][0] in articles)
            ]
            if len(kept) >= limit or ask >= rows or len(near) < ask:
                return kept[:limit]
            ask *= 4

    def _published(self) -> Generation:
        generation = self._state("vectors")
        if generation is None:
            raise NoStore(f"no vectors are indexed in {self._ledger.store} yet; run: isnad index")
        self._same_model(generation)
        if generation.server != self._place:
            raise StoreError(f"the vectors of {self._ledger.store} are not kept there; run: isnad index")
        return generation

    # --- writing ---

    def refresh(self, progress: Progress) -> None:
        """Take over what the ledger lists as pending, and repair what is damaged, by the one process that is writing.

        Raises StoreError where the vectors are of another model and re-embedding was not asked for, ProviderError where the embedding
        model fails: what it gave is kept, and the next run goes on from there.
        """
        if not self._ledger.pending("vectors") and self._settled():
            return
        failed: StoreDamaged | None = None
        for _ in range(3):
            try:
                building, generation = self._sound() or self._anew()
                self._take_over(generation, building, progress)
                return
            except StoreDamaged as error:
                failed = error
                self.close()
        assert failed
        raise failed

    def rebuild(self, progress: Progress) -> None:
        """Fill a new generation from the ledger, whatever the state of the present one."""
        self._anew()
        self.refresh(progress)

    def _settled(self) -> bool:
        """Whether there is nothing to do: all this costs is a look at the names and sizes of the files."""
        now = self._state("vectors")
        if now is None:
            return not self._ledger.counts()["passages"]
        return not (
            now.dirty
            or now.doubted
            or self._state("vectors-next")
            or self._outdated(now)
            or self._files(now) != now.files
        )

    def _outdated(self, generation: Generation) -> bool:
        self._same_model(generation)
        return (
            generation.format != FORMAT
            or generation.model != self._embedder.name
            or generation.server != self._place
            or generation.replaced > CHURN * max(generation.rows, CALL)
        )

    def _sound(self) -> tuple[bool, Generation] | None:
        """The generation to write to, opened and found well, and whether it is yet to be published; None where a new one is due."""
        following = self._state("vectors-next")
        generation = following or self._state("vectors")
        if generation is None or self._outdated(generation):
            return None
        try:
            health = self._open(generation, writing=True).health
            if generation.dirty or generation.doubted or self._files(generation) != generation.files:
                health = self.examine()
        except StoreDamaged:
            return None
        return (following is not None, generation) if health.well else None

    def _anew(self) -> tuple[bool, Generation]:
        """Begin a generation: everything is pending for it."""
        self.close()
        old = [one for name in ("vectors", "vectors-next") if (one := self._state(name))]
        number = max((one.number for one in old), default=0) + 1
        shutil.rmtree(self._ledger.store / f"{NAME}-{number}", ignore_errors=True)
        model, dimensions = self._embedder.name, self._embedder.dimensions
        generation = Generation(
            number=number,
            server=self._place,
            collection=f"isnad-{uuid4().hex[:12]}" if self._server else "isnad",
            model=model,
            dimensions=dimensions,
            dirty=True,
        )
        self._ledger.mark_all("vectors")
        self._save("vectors-next", generation)
        about = {"model": model, "dimension": dimensions, "space": "cosine", "format": FORMAT}
        self._chroma = Chroma(self._home(generation), writing=True, create=about)
        self._seen = (number, 0, True)
        return True, generation

    def _take_over(self, generation: Generation, building: bool, progress: Progress) -> None:
        """Bring the pending articles into a generation, then publish it."""
        chroma = self._open(generation, writing=True)
        key = "vectors-next" if building else "vectors"
        generation = replace(generation, dirty=True)
        self._save(key, generation)
        pending = sorted(self._ledger.pending("vectors"))
        empty = chroma.call("count") == 0
        done, dropped, flight = 0, 0, list[str]()

        def land() -> None:
            nonlocal done, dropped, flight
            if flight:
                dropped += chroma.receive()
                self._ledger.settle("vectors", flight)
                done, flight = done + len(flight), []
                progress("vectors", done, len(pending))

        try:
            for articles, owners, ids, vectors in self._chunks(pending):
                land()
                self._room(3 * len(vectors))
                chroma.send("replace", [] if empty else articles, owners, ids, vectors)
                flight = articles
            land()
        except ProviderError:  # what came before it stays
            land()
            if not building:
                self._publish(replace(generation, replaced=generation.replaced + dropped), chroma.call("count"))
            raise
        rows = chroma.call("count")
        if rows != (expected := self._ledger.counts()["passages"]):
            raise StoreDamaged(
                f"{self._home(generation)} holds {rows} passages, not {expected}; run: isnad doctor --repair"
            )
        self._publish(replace(generation, replaced=generation.replaced + dropped), rows)

    def _publish(self, generation: Generation, rows: int) -> None:
        """Make a generation the one that readers open, and clear away the others."""
        old = self._state("vectors")
        edition = generation.edition + 1
        fresh = replace(
            generation, edition=edition, rows=rows, dirty=False, doubted=False, files=self._files(generation)
        )
        self._save("vectors", fresh)
        self._save("vectors-next", None)
        self._seen = (fresh.number, edition, True)
        if old and old.number != fresh.number and old.server and old.server == self._place:
            self._chroma and self._chroma.call("discard", msgspec.to_builtins(self._home(old)))
        for folder in self._ledger.store.glob(f"{NAME}-*"):
            if fresh.server or folder.name != f"{NAME}-{fresh.number}":
                shutil.rmtree(folder, ignore_errors=True)

    def _chunks(self, pending: Sequence[str]) -> Iterator[tuple[list[str], list[str], list[str], bytes]]:
        """Whole articles, about a thousand passages at a time: their ids, and of each passage its article, id and vector."""
        articles, rows = list[str](), list[tuple[str, str, str]]()
        for first in range(0, len(pending), PAGE):
            page = pending[first : first + PAGE]
            there = self._ledger.articles(page)
            for one in page:
                articles.append(one)
                if article := there.get(one):
                    rows += [
                        (one, passage.id, wording(article, passage)) for passage in self._ledger.passages_of(article)
                    ]
                if len(rows) >= CALL or len(articles) >= CALL:
                    yield articles, *self._embedded(rows)
                    articles, rows = [], []
        if articles:
            yield articles, *self._embedded(rows)

    def _embedded(self, rows: list[tuple[str, str, str]]) -> tuple[list[str], list[str], bytes]:
        owners, ids, texts = map(list, zip(*rows, strict=True)) if rows else ([], [], [])
        return owners, ids, _bytes(embedded(texts, self._embedder, self._ledger)) if rows else b""

    # --- state ---

    def examine(self) -> Health:
        """Every row of the published generation looked at, or of the one being filled."""
        generation = self._state("vectors-next") or self._published()
        chroma = self._open(generation, writing=True)
        health = msgspec.convert(chroma.call("health", True), Health)
        missing = self._ledger.settled("vectors")
        for first in range(0, health.rows, PAGE):
            missing.difference_update(chroma.call("ids", first, PAGE))
        return replace(health, unreadable=health.unreadable + len(missing))

    def _open(self, generation: Generation, *, writing: bool) -> Chroma:
        """The collection of a generation as of its edition."""
        wanted = (generation.number, generation.edition, writing)
        if self._chroma and self._seen == wanted and self._chroma.alive:
            return self._chroma
        self.close()
        chroma = Chroma(self._home(generation), writing=writing)
        if not writing and not chroma.health.well:
            chroma.close()
            raise StoreDamaged(f"{self._home(generation)} is damaged; run: isnad doctor --repair")
        self._chroma, self._seen = chroma, wanted
        return chroma

    def _home(self, generation: Generation) -> Home:
        if self._server:
            return Home(collection=generation.collection, server=self._server)
        return Home(
            collection=generation.collection, path=str((self._ledger.store / f"{NAME}-{generation.number}").resolve())
        )

    def _files(self, generation: Generation) -> dict[str, int]:
        """The index files of a folder and their sizes: whoever changes one in passing is noticed."""
        folder = self._ledger.store / f"{NAME}-{generation.number}"
        return {str(one.relative_to(folder)): one.stat().st_size for one in sorted(folder.glob("*/*"))}

    def _room(self, needed: int) -> None:
        free = shutil.disk_usage(self._ledger.store).free
        if free < needed:
            raise StoreFull(
                f"the disk of {self._ledger.store} has {free / 1e6:.0f} MB left, {needed / 1e6:.0f} are needed; "
                "make room and run again, nothing acknowledged is lost"
            )

    def _same_model(self, generation: Generation) -> None:
        if generation.format > FORMAT:
            raise StoreError(f"the vectors of {self._ledger.store} were written by a newer isnad; upgrade isnad")
        one, other = generation.model, self._embedder.name
        if one != other and not self._reembed:
            raise StoreError(
                f"the vectors of {self._ledger.store} were made by {one}, not by {other}: "
                f"set ISNAD_EMBEDDING_MODEL back, or embed every article anew with: isnad index --reembed"
            )

    def _state(self, key: str) -> Generation | None:
        written = self._ledger.state(key)
        return msgspec.json.decode(written, type=Generation) if written else None

    def _save(self, key: str, generation: Generation | None) -> None:
        self._ledger.set_state(key, msgspec.json.encode(generation).decode() if generation else "")


def wording(article: Article, passage: Passage) -> str:
    """What stands for a passage before an embedding model: its headline, then its text, without what no reader sees."""
    return clean(f"{article.title}\n{passage.text}" if article.title else passage.text)


def embedded(texts: Sequence[str], embedder: Embedder, ledger: Ledger) -> Any:
    """One vector for each text, a (n, dimensions) float32 array. What a model was paid for before is not asked for again."""
    import numpy as np

    if not embedder.paid:
        return embedder.embed(texts)
    known = ledger.vectors(embedder.name, texts)
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    for first in range(0, len(missing), PAID):
        page = missing[first : first + PAID]
        fresh = {text: _bytes(vector) for text, vector in zip(page, embedder.embed(page), strict=True)}
        ledger.keep_vectors(embedder.name, fresh)
        known |= fresh
    return np.stack([np.frombuffer(known[text], dtype="<f4") for text in texts])


def _bytes(vectors: Any) -> bytes:
    """Little-endian float32."""
    import numpy as np

    rows = np.ascontiguousarray(vectors, dtype="<f4")
    if not np.isfinite(rows).all():
        raise ProviderError(
            "the embedding model gave a vector that is not made of numbers; try again, or another model"
        )
    return rows.tobytes()
