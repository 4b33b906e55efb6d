"""Which Chroma collection of a store is the published one, which one is being filled, and what is known of each.

A generation is a folder `vectors-N` of the store, or a collection of a server. The ledger's state names the two in one value, so
that a new one takes the place of the old in one write: readers see the one or the other, whole.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from index.errors import StoreError
from index.models import Value
from index.store.ledger import Ledger
from index.vectors.collection import Home, Server

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

FORMAT = 1  # of what is stored in a collection; raise it when that changes
CHURN = 0.2  # share of replaced rows at which HNSW begins to miss some of them
DATABASE = "chroma.sqlite3"
FEW = 200  # replaced rows that never matter


class Generation(Value, frozen=True, kw_only=True):
    """One collection."""

    number: int
    model: str
    dimensions: int
    collection: str = "isnad"
    server: str | None = None  # None: a folder of the store
    edition: int = 0  # raised by every run that changed it
    rows: int = 0
    replaced: int = 0  # rows dropped from it since it was filled
    dirty: bool = True  # a run is writing it, or was killed while it did
    format: int = FORMAT
    files: dict[str, tuple[int, int]] = {}  # the index files of a folder: bytes, and when they were written

    def worn(self, more: int = 0) -> bool:
        """Whether so many rows were replaced, with `more` of them to come, that HNSW would begin to miss some."""
        return self.replaced + more > max(FEW, CHURN * self.rows)


class Pair(Value, frozen=True, kw_only=True):
    """The published generation, and the one that is being filled to replace it."""

    published: Generation | None = None
    following: Generation | None = None


class Generations:
    """The generations of one store, on one server or in its folder, for one model."""

    def __init__(self, ledger: Ledger, embedder: Embedder, server: Server | None) -> None:
        self._ledger = ledger
        self._embedder = embedder
        self._server = server
        self._place = str(server) if server else None

    def pair(self) -> Pair:
        """What the ledger says now. StoreError where a newer program wrote it."""
        written = self._ledger.state("vectors")
        pair = msgspec.json.decode(written, type=Pair) if written else Pair()
        if any(one and one.format > FORMAT for one in (pair.published, pair.following)):
            raise StoreError("vectors.newer", store=self._ledger.store)
        return pair

    def begin(self) -> Generation:
        """A new generation to be filled with everything. What was being filled is given up."""
        pair, dimensions = self.pair(), self._embedder.dimensions
        number = max((one.number for one in (pair.published, pair.following) if one), default=0) + 1
        name = f"isnad-{uuid4().hex[:12]}" if self._server else "isnad"
        fresh = Generation(
            number=number, model=self._embedder.name, dimensions=dimensions, collection=name, server=self._place
        )
        shutil.rmtree(self.folder(fresh), ignore_errors=True)
        self._ledger.mark_all("vectors")  # first: a kill between the two costs work, never rows
        self._save(replace(pair, following=fresh))
        return fresh

    def soil(self, generation: Generation) -> Generation:
        """The generation, marked as being written."""
        pair, dirty = self.pair(), replace(generation, dirty=True)
        filling = pair.following is not None and pair.following.number == generation.number
        self._save(replace(pair, following=dirty) if filling else replace(pair, published=dirty))
        return dirty

    def publish(self, generation: Generation, rows: int) -> tuple[Generation, list[Generation]]:
        """Make a generation, clean again, the one that readers open; with it, those that it leaves behind."""
        clean = replace(
            generation, edition=generation.edition + 1, rows=rows, dirty=False, files=self.files(generation)
        )
        pair = self.pair()
        self._save(Pair(published=clean))
        self.tidy()
        return clean, [one for one in (pair.published, pair.following) if one and one.number != clean.number]

    def tidy(self) -> None:
        """Clear away the folders that a swap, or a kill during one, left behind."""
        pair = self.pair()
        named = [self.folder(one) for one in (pair.published, pair.following) if one]
        for folder in self._ledger.store.glob("vectors-*"):
            if folder not in named:
                shutil.rmtree(folder, ignore_errors=True)

    def about(self, generation: Generation) -> dict[str, str | int]:
        """What the collection says of itself, to any program that opens it."""
        of = generation
        return {"model": of.model, "dimension": of.dimensions, "space": "cosine", "format": of.format}

    def ours(self, generation: Generation) -> bool:
        """Whether it is of this model and in this place."""
        return (generation.format, generation.model, generation.server) == (FORMAT, self._embedder.name, self._place)

    def same_model(self, generation: Generation) -> None:
        """StoreError, with the way out, where the vectors are of another model."""
        if generation.model != self._embedder.name:
            raise StoreError(
                "vectors.other_model",
                store=self._ledger.store,
                model=generation.model,
                embedder=self._embedder.name,
            )

    def same_length(self, generation: Generation, length: int) -> None:
        """The same where a model of the same name has vectors of another length."""
        if generation.dimensions != length:
            raise StoreError(
                "vectors.other_length",
                store=self._ledger.store,
                model=generation.model,
                length=generation.dimensions,
                now=length,
            )

    def untouched(self, generation: Generation) -> bool:
        """Whether it was left clean, its files are as they were left, and no reader doubts it."""
        doubted = self._ledger.state("vectors-doubted") == f"{generation.number}.{generation.edition}"
        then, now = generation.files, self.files(generation)
        return (
            not (generation.dirty or doubted)
            and then.keys() == now.keys()
            and all(now[name] == then[name] or (name == DATABASE and now[name] > then[name]) for name in then)
        )

    def doubt(self, generation: Generation) -> None:
        """Have the next run look at it closely: a reader could not read it."""
        self._ledger.set_state("vectors-doubted", f"{generation.number}.{generation.edition}")

    def home(self, generation: Generation) -> Home:
        """Where to open it."""
        if self._server:
            return Home(collection=generation.collection, server=self._server)
        return Home(collection=generation.collection, path=str(self.folder(generation).resolve()))

    def folder(self, generation: Generation) -> Path:
        return self._ledger.store / (f"vectors-{generation.number}" if generation.server is None else "vectors-none")

    def files(self, generation: Generation) -> dict[str, tuple[int, int]]:
        """The sizes and times of the index files of a folder, and the size of its database; none on a server.

        Only who writes touches the files; whoever opens a database may add to it.
        """
        folder = self.folder(generation)
        found = {str(path.relative_to(folder)): path.stat() for path in sorted(folder.glob("*/*"))}
        sizes = {name: (stat.st_size, stat.st_mtime_ns) for name, stat in found.items()}
        return sizes | {path.name: (path.stat().st_size, 0) for path in folder.glob(DATABASE)}

    def _save(self, pair: Pair) -> None:
        self._ledger.set_state("vectors", msgspec.json.encode(pair).decode())
