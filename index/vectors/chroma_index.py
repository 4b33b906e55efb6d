"""Keep the Chroma collection of a store: vectors, documents and metadata.

It serves HNSW search and other programs. Any Chroma client can open it:
`chromadb.PersistentClient(STORE/chroma).get_collection("isnad")`. It is updated in place under a mark in the ledger;
after damage, a kill in the middle, for another model, or when a fifth of its rows was replaced, a new collection is
filled and takes its place.
"""

from __future__ import annotations

import os
import random
import shutil
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from threading import RLock
from typing import Any
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from index.errors import NoStore, StoreDamaged, StoreError
from index.models import Article, Value
from index.store.ledger import Ledger
from index.vectors.chroma_collection import Address, ChromaCollection, Server
from index.vectors.disk_space import require
from index.vectors.exact_search import Match, as_matrix, unit
from index.vectors.filling import SPARE, Progress

FORMAT = 2  # of what is stored in a collection
ROWS = 1_000  # rows of a call
ARTICLES = 500  # articles read at once
SYNCED = 1_000  # rows from which on Chroma keeps an index in files
CHURN = 0.2  # share of replaced rows at which HNSW begins to miss some of them
FEW = 200  # replaced rows that never matter
ALIKE = 0.05  # cosine distance of near-doubles, of which HNSW returns one or another; unrelated news is .15 apart
DATABASE = "chroma.sqlite3"
LINK = "chroma"  # in the store's folder: points to the folder of the collection


class Health(Value, frozen=True, kw_only=True):
    """The result of comparing a collection with the ledger."""

    rows: int
    missing: int = 0  # passages whose vector Chroma does not have
    wrong: int = 0  # rows with the vector of another text, or of a damaged file
    surplus: int = 0  # rows of no passage
    asked: int = 0
    lost: int = 0  # of those asked: rows for whose own vector a search returns neither them nor any row like them
    faults: tuple[str, ...] = ()  # of the database, in SQLite's words

    @property
    def well(self) -> bool:
        """Whether all of it can be searched."""
        return not (self.missing or self.wrong or self.surplus or self.faults or self.forgetful)

    @property
    def forgetful(self) -> bool:
        """Whether more rows are lost than HNSW loses by itself.

        Up to .5 %, and chance allows.
        """
        return self.lost > 3 + 0.02 * self.asked


class Record(Value, frozen=True, kw_only=True):
    """What the ledger knows of the collection."""

    model: str
    dimensions: int
    name: str = "isnad"
    folder: str = ""  # in the store; "" on a server
    server: str | None = None
    edition: int = 0  # raised by every run that changed it
    rows: int = 0
    replaced: int = 0  # rows dropped since it was filled
    dirty: bool = True  # a run is writing it, or was killed while it did
    format: int = FORMAT
    files: dict[str, tuple[int, int]] = {}  # index files of a folder: bytes and CRC-32
    previous: tuple[str, ...] = ()  # collections of a server that this one replaces


class ChromaIndex:
    """The collection of a store, in its folder or on a server."""

    def __init__(self, ledger: Ledger, server: Server | None) -> None:
        self._ledger, self._server = ledger, server
        self._lock = RLock()
        self._open: ChromaCollection | None = None
        self._seen: tuple[str, int] | None = None  # folder or name, and edition, of what is open

    def close(self) -> None:
        """End Chroma's process."""
        with self._lock:
            if self._open:
                self._open.close()
            self._open = self._seen = None

    # --- reading ---

    def nearest(self, vector: bytes, limit: int, articles: Collection[str] | None, model: str) -> list[Match]:
        """Return (passage id, cosine) of the nearest passages, of `articles` or all.

        More and more rows are asked for until enough are allowed: a condition would cost Chroma a third of a second at
        100,000 rows. Raises StoreDamaged where the collection cannot be read, is being written, or is of another model.
        """
        record = self._record()
        if record is None or record.dirty or record.model != model or self._suspect(record):
            raise StoreDamaged("vectors.not_current", store=self._ledger.store)
        for attempt in range(2):  # a process that died is replaced once
            try:
                with self._lock:
                    return self._query(self._opened(record), vector, limit, articles, record.rows)
            except StoreError as error:
                self.close()
                if attempt or not isinstance(error, StoreDamaged):
                    if isinstance(error, StoreDamaged) and self._record() == record:
                        self._ledger.set_state("chroma-suspect", f"{record.folder or record.name}.{record.edition}")
                    raise StoreDamaged(error.code, **error.params) from error
        raise StoreDamaged("vectors.not_current", store=self._ledger.store)

    def _query(
        self, collection: ChromaCollection, vector: bytes, limit: int, articles: Collection[str] | None, rows: int
    ) -> list[Match]:
        ask = limit if articles is None else limit * 4
        while True:
            near = collection.call("query", vector, max(1, ask))
            kept = self._allowed(near, articles)
            if len(kept) >= limit or ask >= rows or len(near) < ask:
                return kept[:limit]
            ask *= 4

    def _allowed(self, near: list[tuple[str, float]], articles: Collection[str] | None) -> list[Match]:
        """Return the allowed passages with their cosines.

        Of a changed article, which Chroma has yet to follow, all passages stand for each of its rows.
        """
        ids = [key for key, _ in near]
        successors = self._ledger.successors(ids)
        places = self._ledger.passages([*ids, *(key for keys in successors.values() for key in keys)])
        matches = dict[str, float]()
        for key, distance in near:
            for current in successors.get(key, [key]):
                if current in places and (articles is None or places[current][0] in articles):
                    matches.setdefault(current, max(0.0, min(1.0, 1.0 - distance)))
        return list(matches.items())

    def examine(self, model: str) -> Health:
        """Compare every row with the ledger.

        Raises NoStore if there is no collection, StoreError if it is unreadable.
        """
        record = self._record()
        if record is None or record.model != model:
            raise NoStore("vectors.none", store=self._ledger.store)
        self.close()
        with self._lock:
            return self._examined(self._opened(record), model)

    def _examined(self, collection: ChromaCollection, model: str) -> Health:
        import numpy as np

        settled = self._ledger.settled("vectors")
        expected = {key: vector for key, _, vector in self._ledger.passage_vectors(model) if key in settled}
        rows = collection.call("count")
        seen, wrong, surplus, asked, lost = set[str](), 0, 0, 0, 0
        for first in range(0, rows, ROWS):
            ids, packed = collection.call("rows", first, ROWS)
            vectors = as_matrix(packed, len(ids))
            surplus += len(ids) - len(self._ledger.passages(ids))
            for key, row in zip(ids, vectors, strict=True):
                if key in expected:
                    seen.add(key)
                    wrong += not _same_direction(row, np.frombuffer(expected[key], "<f4"))
            for place in range(0, len(ids), max(1, len(ids) // 20)):
                near = collection.call("query", vectors[place].tobytes(), 10)
                asked += 1
                lost += ids[place] not in dict(near) and near[0][1] > ALIKE
        return Health(
            rows=rows,
            missing=len(expected.keys() - seen),
            wrong=wrong,
            surplus=surplus,
            asked=asked,
            lost=lost,
            faults=tuple(collection.call("faults")),
        )

    def trouble(self) -> str | None:
        """Return what the ledger knows to be wrong with the collection, or None.

        The next index run mends it.
        """
        record = self._record()
        if record is None or record.dirty or (self._exists(record) and not self._suspect(record)):
            return None
        return "the Chroma collection is damaged; exact search stands in, and the next isnad index fills it anew"

    # --- writing ---

    def refresh(self, model: str, dimensions: int, progress: Progress, *, anew: bool = False) -> None:
        """Take over the articles that the ledger lists as pending.

        For the process that is `writing()`.
        """
        with self._lock:
            for attempt in range(2):
                record = None if anew or attempt else self._usable(model, dimensions)
                if record and not self._ledger.pending("vectors"):
                    return
                try:
                    self._update(record or self._begin(model, dimensions), progress)
                    return
                except StoreDamaged:
                    if attempt or record is None:
                        raise
                finally:
                    self.close()

    def _usable(self, model: str, dimensions: int) -> Record | None:
        """Return the record of a collection that can be updated in place.

        None if a new one is due.
        """
        record = self._record()
        place = str(self._server) if self._server else None
        if record is None or record.dirty or self._suspect(record):
            return None
        if (record.model, record.dimensions, record.server, record.format) != (model, dimensions, place, FORMAT):
            return None
        if record.replaced > max(FEW, CHURN * record.rows) or not (self._exists(record) and self._untouched(record)):
            return None
        return record

    def _begin(self, model: str, dimensions: int) -> Record:
        """Record a new, empty collection, for which every article is pending."""
        self._ledger.mark_all("vectors")
        suffix, old = uuid4().hex[:12], self._record()
        if self._server is None:
            return Record(model=model, dimensions=dimensions, folder=f"chroma-{suffix}")
        place = str(self._server)
        previous = (*old.previous, old.name) if old and old.server == place else ()
        name = f"isnad-{suffix}"
        return Record(model=model, dimensions=dimensions, name=name, server=place, previous=previous)

    def _update(self, record: Record, progress: Progress) -> None:
        fresh = record.dirty
        about = {"model": record.model, "dimension": record.dimensions, "space": "cosine", "format": record.format}
        self._open = collection = ChromaCollection(self._address(record), about if fresh else None)
        self._save(replace(record, dirty=True))  # a kill from here on has the next run begin anew
        pending = self._ledger.pending("vectors")
        dropped = put = done = 0
        if not fresh:
            self._check(collection, record)
        for first in range(0, len(pending), ARTICLES):
            page = pending[first : first + ARTICLES]
            if not fresh:
                dropped += collection.call("drop", page)
            for ids, vectors, documents, metadatas in self._rows(record, page):
                require(self._ledger.store, SPARE + 3 * len(vectors))
                collection.call("put", ids, vectors, documents, metadatas)
                put += len(ids)
            self._ledger.settle("vectors", page)
            done += len(page)
            progress("chroma", done, len(pending))
        rows, expected = collection.call("count"), record.rows - dropped + put
        if rows != expected:
            raise StoreDamaged("vectors.wrong_count", rows=rows, expected=expected)
        self._publish(replace(record, rows=rows, replaced=record.replaced + dropped, edition=record.edition + 1))

    def _publish(self, record: Record) -> None:
        """Make a complete collection the one that readers open.

        And remove those that it replaces.
        """
        for name in record.previous:
            assert self._open
            self._open.call("discard", msgspec.to_builtins(Address(collection=name, server=self._server)))
        self.close()  # what it has in memory is then in its files
        self._save(replace(record, dirty=False, previous=(), files=self._files(record)))
        if record.server is None:
            link, fresh = self._ledger.store / LINK, self._ledger.store / f"{LINK}.new"
            if link.is_dir() and not link.is_symlink():  # the store was copied by a program that follows links
                shutil.rmtree(link)
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(record.folder)
            os.replace(fresh, link)
        elif (self._ledger.store / LINK).is_symlink():
            (self._ledger.store / LINK).unlink()
        self.tidy()

    def tidy(self) -> None:
        """Remove the folders that a replacement, a kill or an earlier version left."""
        record = self._record()
        for folder in (*self._ledger.store.glob("chroma-*"), *self._ledger.store.glob("vectors-*")):
            if record is None or folder.name != record.folder:
                shutil.rmtree(folder, ignore_errors=True)

    def _rows(
        self, record: Record, ids: list[str]
    ) -> Iterator[tuple[list[str], bytes, list[str], list[dict[str, str | int]]]]:
        """Yield the rows of articles: ids, vectors, documents and metadata."""
        articles = self._ledger.articles(ids)
        places = self._ledger.passages(self._ledger.passage_ids(ids))
        kept = (row for row in self._ledger.passage_vectors(record.model, ids) if len(row[2]) == 4 * record.dimensions)
        rows = [row for row in kept if row[1] in articles and row[0] in places]
        for first in range(0, len(rows), ROWS):
            page = rows[first : first + ROWS]
            spans = [places[key] for key, _, _ in page]
            yield (
                [key for key, _, _ in page],
                unit(as_matrix(b"".join(vector for _, _, vector in page), len(page))).astype("<f4").tobytes(),
                [articles[article_id].text[start:end] for article_id, start, end in spans],
                [_metadata(articles[article_id], start, end) for article_id, start, end in spans],
            )

    # --- the record ---

    def _record(self) -> Record | None:
        written = self._ledger.state("chroma")
        record = msgspec.json.decode(written, type=Record) if written else None
        if record and record.format > FORMAT:
            raise StoreError("vectors.newer", store=self._ledger.store)
        return record

    def _save(self, record: Record) -> None:
        self._ledger.set_state("chroma", msgspec.json.encode(record).decode())

    def _suspect(self, record: Record) -> bool:
        """Return whether a reader could not read this edition."""
        return self._ledger.state("chroma-suspect") == f"{record.folder or record.name}.{record.edition}"

    def _exists(self, record: Record) -> bool:
        return record.server is not None or (self._ledger.store / record.folder / DATABASE).exists()

    def _untouched(self, record: Record) -> bool:
        """Return whether the files of a folder are as they were left.

        Whoever opens the database may add to it.
        """
        files = self._files(record)
        return files.keys() == record.files.keys() and all(
            files[name] == left or (name == DATABASE and files[name] > left) for name, left in record.files.items()
        )

    def _files(self, record: Record) -> dict[str, tuple[int, int]]:
        """Return size and CRC-32 of the index files, and the size of the database.

        Nothing on a server, nor of a small collection: any reader of it writes its index files again, from the
        database.
        """
        if record.server is not None or record.rows < SYNCED:
            return {}
        folder = self._ledger.store / record.folder
        files = {str(path.relative_to(folder)): _checksum(path) for path in sorted(folder.glob("*/*"))}
        return files | {path.name: (path.stat().st_size, 0) for path in folder.glob(DATABASE)}

    def _address(self, record: Record) -> Address:
        if record.server is not None:
            return Address(collection=record.name, server=self._server)
        return Address(collection=record.name, path=str((self._ledger.store / record.folder).resolve()))

    def _opened(self, record: Record) -> ChromaCollection:
        """Return the open collection of a record.

        One that is open shows nothing that was written since.
        """
        seen = (record.folder or record.name, record.edition)
        if not (self._open and self._open.alive and self._seen == seen):
            self.close()
            self._open = ChromaCollection(self._address(record))
            self._check(self._open, record)
            self._seen = seen
        return self._open

    def _check(self, collection: ChromaCollection, record: Record) -> None:
        """Raise StoreDamaged if a collection is not the one that the ledger records."""
        rows = collection.call("count")
        starts = {max(0, rows - 5), *(random.randrange(rows) for _ in range(3))} if rows else set()
        ids, packed = zip(*(collection.call("rows", start, 5) for start in starts), strict=True) if rows else ((), ())
        keys = [key for page in ids for key in page]
        vectors = as_matrix(b"".join(packed), len(keys))
        kept = self._ledger.vectors_of(record.model, keys)
        pending, places = set(self._ledger.pending("vectors")), self._ledger.passages(keys)
        changed = {key for key in keys if key in places and places[key][0] in pending}  # may have another vector by now
        sound = all(
            key not in kept or key in changed or _same_direction(row, as_matrix(kept[key], 1)[0])
            for key, row in zip(keys, vectors, strict=True)
        )
        if collection.metadata.get("model") != record.model or not sound:
            raise StoreDamaged("vectors.damaged", home=self._address(record))


def _checksum(path: Path) -> tuple[int, int]:
    """Return the size and the CRC-32 of a file."""
    crc, size = 0, 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            crc, size = zlib.crc32(block, crc), size + len(block)
    return size, crc


def _metadata(article: Article, start: int, end: int) -> dict[str, str | int]:
    """Return what Chroma keeps of a passage beside its text.

    `published_on` is the day as a number, for ranges.
    """
    fields: dict[str, Any] = {
        "article": article.id,
        "title": article.title,
        "published": article.published.isoformat() if article.published else None,
        "published_on": int(article.published.strftime("%Y%m%d")) if article.published else None,
        "publisher": article.publisher,
        "language": article.language,
        "url": article.url,
        "start": start,
        "end": end,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _same_direction(row: Any, expected: Any) -> bool:
    """Return whether two vectors point the same way and the first has length one."""
    import numpy as np

    length, other = float(np.linalg.norm(row)), float(np.linalg.norm(expected))
    if not length or not other:
        return length == other == 0.0
    return abs(length - 1) < 1e-3 and float(row @ expected) > 0.999 * length * other
